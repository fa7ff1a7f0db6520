/** Longest name that a pattern takes: what a client asks for is kept while it is in use. */
const LONGEST_NAME = 256;

/**
 * What a star may stand for. It ends up in the path or the body of an upstream request, so that nothing is let in that
 * would mean more there than a name does (R-SEC-5).
 */
const NAME = '([A-Za-z0-9_.:@/+~=,-]+)';
const STEP_IN_PATH = /(?:^|\/)\.{1,2}(?:\/|$)/;

/** What each star of a pattern stands for in a name, in order; undefined where the name does not fit from end to end. */
export type Captures = (name: string) => readonly string[] | undefined;

export function openCaptures(pattern: string): Captures {
  const literals = pattern.split('*').map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const expression = new RegExp(`^${literals.join(NAME)}$`);
  return (name) => {
    if (name.length > LONGEST_NAME) return undefined;
    const captures = expression.exec(name)?.slice(1);
    return captures?.some((capture) => STEP_IN_PATH.test(capture)) ? undefined : captures;
  };
}

export function starsIn(text: string): number {
  return text.split('*').length - 1;
}

/** The text with its stars replaced in order; those that are left over are not used. */
export function fillStars(text: string, captures: readonly string[]): string {
  let next = 0;
  return text.replace(/\*/g, () => captures[next++] ?? '*');
}

/** Which vendor a deployment is one of is told by the client: nothing can be known of it at boot. */
export function hasOpenVendor(model: string): boolean {
  const slash = model.indexOf('/');
  return (slash < 0 ? model : model.slice(0, slash)).includes('*');
}
