import { isJsonObject, type JsonObject } from '@portico/core';

/**
 * The pages on which an answer of Perplexity is based, as OpenAI's annotations. They are beside the choices, in the
 * order of the `[1]` in the text; `text` is undefined if it is not known, and then there are no positions.
 */
export function annotationsFromSources(answer: JsonObject, text: string | undefined): JsonObject[] {
  const { search_results: results, citations } = answer;
  const pages = Array.isArray(results) && results.length > 0 ? (results as unknown[]) : citations;
  if (!Array.isArray(pages)) return [];
  return (pages as unknown[]).flatMap((page, index) => {
    const { url, title } = isJsonObject(page) ? page : { url: page, title: undefined };
    if (typeof url !== 'string' || url === '') return [];
    const mark = `[${index + 1}]`;
    const start = text?.indexOf(mark) ?? -1;
    const place = start < 0 ? { start_index: 0, end_index: 0 } : { start_index: start, end_index: start + mark.length };
    return [{ type: 'url_citation', url_citation: { ...place, url, title: typeof title === 'string' ? title : '' } }];
  });
}

/** In a stream every chunk repeats all pages: the first keeps them, and the last sends them as annotations. */
export function sourcesInChunk(chunk: JsonObject, isFirst: boolean): void {
  const choice = Array.isArray(chunk.choices) ? (chunk.choices as unknown[])[0] : undefined;
  if (isJsonObject(choice) && choice.finish_reason && isJsonObject(choice.delta)) {
    const annotations = annotationsFromSources(chunk, undefined);
    if (annotations.length > 0) choice.delta.annotations = annotations;
  }
  if (isFirst) return;
  for (const name of REPEATED) delete chunk[name];
}

const REPEATED = ['citations', 'search_results', 'images', 'related_questions'];
