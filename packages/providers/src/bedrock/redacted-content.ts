/**
 * Thinking that Claude redacted is text of base64 in Messages, and in Converse the base64 of that text. Told in the first
 * form, it can go back to Claude wherever that is served; what has another form stays as it is.
 */
export function redactedDataOf(redactedContent: string): string {
  const data = decoded(redactedContent);
  return data !== undefined && BASE64.test(data) && btoa(data) === redactedContent ? data : redactedContent;
}

/** The way back. */
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
