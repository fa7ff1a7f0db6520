import { isJsonObject, type JsonObject } from '@portico/core';

/**
 * The web pages that a text block cites, as OpenAI's annotations. `start` is where the block's text begins in the
 * message, in UTF-16 units. Citations of documents cannot be converted; they stay in the block.
 */
export function annotationsFromCitations(block: JsonObject, start: number): JsonObject[] {
  const { citations, text } = block;
  if (!Array.isArray(citations) || typeof text !== 'string') return [];
  return (citations as unknown[]).filter(isJsonObject).flatMap((citation) => {
    const url = citation.url ?? citation.source;
    if (typeof url !== 'string' || !/^https?:/i.test(url)) return [];
    const place = { start_index: start, end_index: start + text.length };
    return [{ type: 'url_citation', url_citation: { ...place, url, title: citation.title ?? '' } }];
  });
}
