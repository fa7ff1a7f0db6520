/** Adds the betas that a request needs: without them its fields are rejected as unknown. */
export const BETAS = 'anthropic-beta';

/** The betas in a value of the header. */
export function betasIn(value: string | undefined): readonly string[] {
  return (value ?? '').split(',').flatMap((part) => {
    const name = part.trim();
    return name === '' ? [] : [name];
  });
}

/** Headers with more betas, without duplicates. */
export function withBetas(
  headers: Readonly<Record<string, string>>,
  more: readonly string[],
): Readonly<Record<string, string>> {
  if (more.length === 0) return headers;
  return { ...headers, [BETAS]: [...new Set([...betasIn(headers[BETAS]), ...more])].join(',') };
}
