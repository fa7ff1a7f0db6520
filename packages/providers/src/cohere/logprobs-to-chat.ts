import { isJsonObject, type JsonObject } from '@portico/core';

/** Log probabilities, which the API sends for runs of tokens with the text of each run. */
export function logprobsToChat(logprobs: unknown): JsonObject | null {
  const runs: unknown[] = Array.isArray(logprobs) ? logprobs : [logprobs];
  const content = runs.filter(isJsonObject).flatMap(({ text, logprobs: values }) => {
    if (typeof text !== 'string' || !Array.isArray(values)) return [];
    const logprob = (values as unknown[]).reduce<number>((sum, one) => sum + (typeof one === 'number' ? one : 0), 0);
    return [{ token: text, logprob, bytes: null, top_logprobs: [] }];
  });
  return content.length === 0 ? null : { content, refusal: null };
}
