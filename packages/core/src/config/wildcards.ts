/** Longest name that a pattern matches, because requested names are kept while they are in use. */
const LONGEST_NAME = 256;

/**
 * What a wildcard may match. The text becomes part of the path or body of an upstream request, so it must not contain
 * anything that has a meaning beyond a name (R-SEC-5).
 */
const NAME = '([A-Za-z0-9_.:@/+~=,-]+)';
const STEP_IN_PATH = /(?:^|\/)\.{1,2}(?:\/|$)/;

/** The text that each wildcard of a pattern matches in a name, in order; undefined if the whole name does not match. */
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

export function wildcardsIn(text: string): number {
  return text.split('*').length - 1;
}

/** The text with its wildcards replaced in order; surplus values are not used. */
export function expandWildcard(text: string, captures: readonly string[]): string {
  let next = 0;
  return text.replace(/\*/g, () => captures[next++] ?? '*');
}

/** The client names the vendor, so nothing about it is known at start. */
export function hasWildcardProvider(model: string): boolean {
  const slash = model.indexOf('/');
  return (slash < 0 ? model : model.slice(0, slash)).includes('*');
}
