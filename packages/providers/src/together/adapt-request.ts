import type { JsonObject } from '@portico/core';

/**
 * Together has one number for whether and how many log probabilities to return (https://docs.together.ai/reference).
 */
export function adaptTogetherRequest(body: JsonObject): void {
  const { logprobs, top_logprobs: top } = body;
  if (typeof logprobs !== 'boolean') return;
  delete body.top_logprobs;
  if (logprobs) body.logprobs = typeof top === 'number' && top > 0 ? top : 1;
  else delete body.logprobs;
}
