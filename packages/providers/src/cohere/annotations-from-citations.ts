import { isJsonObject, type JsonObject } from '@portico/core';

/** The web pages that an answer cites, as OpenAI's annotations. Other citations cannot be converted. */
export function annotationsFromCitations(citations: readonly JsonObject[]): JsonObject[] {
  return citations.flatMap(({ start, end, sources }) => {
    const known: unknown[] = Array.isArray(sources) ? sources : [];
    return known.filter(isJsonObject).flatMap((source) => {
      const document = source.document ?? source.tool_output;
      if (!isJsonObject(document) || typeof document.url !== 'string' || !/^https?:/i.test(document.url)) return [];
      const { url, title } = document;
      const place = { start_index: start, end_index: end };
      return [{ type: 'url_citation', url_citation: { ...place, url, title: typeof title === 'string' ? title : '' } }];
    });
  });
}
