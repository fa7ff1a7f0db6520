import { isJsonObject, type JsonObject } from '@portico/core';

/** `logprobsResult` as OpenAI's `logprobs`; null if there is none. */
export function logprobsToChat(result: unknown): JsonObject | null {
  const content = tokensOf(result);
  return content.length === 0 ? null : { content, refusal: null };
}

/** The chosen tokens, each with the most likely ones at its position. */
export function tokensOf(result: unknown): JsonObject[] {
  if (!isJsonObject(result) || !Array.isArray(result.chosenCandidates)) return [];
  const { topCandidates } = result;
  const tops = Array.isArray(topCandidates) ? (topCandidates as unknown[]) : [];
  return (result.chosenCandidates as unknown[]).map((chosen, index) => {
    const top = tops[index];
    const likeliest = isJsonObject(top) && Array.isArray(top.candidates) ? (top.candidates as unknown[]) : [];
    return { ...tokenOf(chosen), top_logprobs: likeliest.map(tokenOf) };
  });
}

function tokenOf(candidate: unknown): JsonObject {
  const { token, logProbability } = isJsonObject(candidate) ? candidate : {};
  return { token: typeof token === 'string' ? token : '', logprob: logProbability ?? 0, bytes: null };
}
