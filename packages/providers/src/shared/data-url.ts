/** The content of a data URL: its bytes in plain base64 as APIs expect it, or text if it was not encoded. */
export interface InlineFile {
  /** Lower-case, without parameters; empty if there is none. */
  readonly mediaType: string;
  readonly data: { readonly base64: string } | { readonly text: string };
}

/**
 * Splits a data URL; undefined if the text is not one. Accepts what clients send: parameters, upper case, line
 * breaks, the URL-safe alphabet and missing padding.
 */
export function parseDataUrl(url: string): InlineFile | undefined {
  if (!/^data:/i.test(url)) return undefined;
  const comma = url.indexOf(',');
  if (comma < 0) return undefined;
  const head = url.slice('data:'.length, comma);
  const payload = url.slice(comma + 1);
  const isBase64 = /;\s*base64\s*$/i.test(head);
  return {
    mediaType: plainMediaType(head),
    data: isBase64 ? { base64: plainBase64(payload) } : { text: unescaped(payload) },
  };
}

/** Without parameters, lower-case, by its registered name. */
export function plainMediaType(mediaType: string): string {
  const [plain = ''] = mediaType.toLowerCase().split(';', 1);
  return plain.trim() === 'image/jpg' ? 'image/jpeg' : plain.trim();
}

/** Base64 in the standard alphabet, padded, on one line. */
export function plainBase64(text: string): string {
  let plain = text.includes('%') ? unescaped(text) : text;
  if (/\s/.test(plain)) plain = plain.replaceAll(/\s+/g, '');
  if (plain.includes('-') || plain.includes('_')) plain = plain.replaceAll('-', '+').replaceAll('_', '/');
  return plain.padEnd(Math.ceil(plain.length / 4) * 4, '=');
}

/** The text in base64; undefined if it is not base64 or not UTF-8. */
export function textOfBase64(base64: string): string | undefined {
  try {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
