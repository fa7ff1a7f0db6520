/** Names the betas that a request makes use of: without them its fields are refused as unknown. */
export const BETAS = 'anthropic-beta';

/** The betas that a value of the header names. */
export function betasIn(value: string | undefined): readonly string[] {
  return (value ?? '').split(',').flatMap((part) => {
    const name = part.trim();
    return name === '' ? [] : [name];
  });
}

/** Headers with more betas; none is named twice. */
export function withBetas(
  headers: Readonly<Record<string, string>>,
  more: readonly string[],
): Readonly<Record<string, string>> {
  if (more.length === 0) return headers;
  return { ...headers, [BETAS]: [...new Set([...betasIn(headers[BETAS]), ...more])].join(',') };
}
