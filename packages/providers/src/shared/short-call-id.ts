/**
 * An id of nine letters and digits for a tool call, the only format that Mistral accepts. Two halves of an FNV-1a
 * hash, so that the same id becomes the same one in every turn and two of a conversation differ.
 */
export function shortCallId(id: string): string {
  if (/^[a-zA-Z\d]{9}$/.test(id)) return id;
  let low = 0x811c9dc5;
  let high = 0x811c9dc5 ^ id.length;
  for (let at = 0; at < id.length; at += 1) {
    low = Math.imul(low ^ id.charCodeAt(at), 0x01000193);
    high = Math.imul(high ^ id.charCodeAt(id.length - 1 - at), 0x01000193);
  }
  const digits = (half: number) => (half >>> 0).toString(36).padStart(7, '0');
  return digits(low).slice(-5) + digits(high).slice(-4);
}
