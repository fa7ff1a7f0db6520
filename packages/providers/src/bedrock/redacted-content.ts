/**
 * Thinking that Claude redacted is base64 text in Messages, and the base64 of that text in Converse. In the first
 * form it can go back to Claude at every host; other forms are kept unchanged.
 */
export function redactedDataOf(redactedContent: string): string {
  const data = decoded(redactedContent);
  return data !== undefined && BASE64.test(data) && btoa(data) === redactedContent ? data : redactedContent;
}

/** The reverse. */
export function redactedContentOf(data: string): string {
  const inside = decoded(data);
  const isConverse = inside !== undefined && BASE64.test(inside);
  return isConverse || !BASE64.test(data) ? data : btoa(data);
}

const BASE64 = /^[A-Za-z0-9+/]{4,}={0,2}$/;

function decoded(base64: string): string | undefined {
  try {
    return atob(base64);
  } catch {
    return undefined;
  }
}
