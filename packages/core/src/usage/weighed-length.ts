/** The last code unit of the Latin letters, of which three or four make a token. */
const LAST_LATIN = 0x024f;
/** From here on: scripts of India and South-East Asia, Chinese, Japanese, Korean, emoji. About one token each. */
const FIRST_DENSE = 0x0900;
/** Between the dense scripts: additional Latin and Greek letters, dashes and quotation marks. */
const FIRST_ADDITIONAL_LATIN = 0x1e00;
const LAST_PUNCTUATION = 0x206f;

const BEYOND_LATIN = /[\u0250-\uffff]/;

/**
 * The length of a text in characters of English: tokens per character depend on the script. Greek, Cyrillic, Hebrew
 * and Arabic count twice, dense scripts three times.
 */
export function weighedLength(text: string): number {
  if (!BEYOND_LATIN.test(text)) return text.length;
  let length = 0;
  for (let index = 0; index < text.length; index += 1) length += weightOf(text.charCodeAt(index));
  return length;
}

function weightOf(unit: number): number {
  if (unit <= LAST_LATIN) return 1;
  if (unit < FIRST_DENSE || (unit >= FIRST_ADDITIONAL_LATIN && unit <= LAST_PUNCTUATION)) return 2;
  return 3;
}
