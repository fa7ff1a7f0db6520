import { isJsonObject, type JsonObject } from '@portico/core';

/**
 * The web pages on which an answer is based, as OpenAI's annotations. Other sources cannot be converted; they stay in
 * the metadata.
 */
export function annotationsFromGrounding(grounding: unknown, text: string): JsonObject[] {
  if (!isJsonObject(grounding)) return [];
  const { groundingChunks: chunks, groundingSupports: supports } = grounding;
  if (!Array.isArray(chunks) || !Array.isArray(supports)) return [];
  const places = new Places(text);
  return (supports as unknown[]).filter(isJsonObject).flatMap(({ segment, groundingChunkIndices: indices }) => {
    if (!isJsonObject(segment) || !Array.isArray(indices)) return [];
    const place = { start_index: places.of(segment.startIndex), end_index: places.of(segment.endIndex) };
    return (indices as unknown[]).flatMap((index) => {
      const chunk: unknown = typeof index === 'number' ? chunks[index] : undefined;
      const web = isJsonObject(chunk) ? chunk.web : undefined;
      if (!isJsonObject(web) || typeof web.uri !== 'string') return [];
      return [{ type: 'url_citation', url_citation: { ...place, url: web.uri, title: web.title ?? '' } }];
    });
  });
}

/** Converts byte offsets in the UTF-8 of a text to offsets in the text. */
class Places {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  of(bytes: unknown): number {
    if (typeof bytes !== 'number' || bytes <= 0) return 0;
    let at = 0;
    for (let seen = 0; at < this.#text.length; ) {
      const code = this.#text.codePointAt(at) as number; // there is one below the length
      seen += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x1_0000 ? 3 : 4;
      if (seen > bytes) break;
      at += code < 0x1_0000 ? 1 : 2;
    }
    return at;
  }
}
