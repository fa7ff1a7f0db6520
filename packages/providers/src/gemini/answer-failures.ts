import { GatewayError, isJsonObject, type JsonObject } from '@portico/core';

/** Why an answer without any candidate has none: the prompt was refused, or nobody knows. */
export function withoutCandidates({ promptFeedback: feedback }: JsonObject, who: string): GatewayError {
  const reason = isJsonObject(feedback) ? feedback.blockReason : undefined;
  if (!reason || reason === 'BLOCKED_REASON_UNSPECIFIED') {
    return new GatewayError('upstream_error', `${who} answered without any candidate.`, { upstreamStatus: 200 });
  }
  return new GatewayError('content_filtered', `${who} refused the prompt by its content filter${named(reason)}.`, {
    upstreamStatus: 200,
  });
}

/** An answer that holds nothing but a call which nobody can read. Another attempt may do better. */
export function unreadableCall(reason: unknown, who: string): GatewayError {
  return new GatewayError(
    'upstream_error',
    `The model of ${who} made a tool call that cannot be read${named(reason)}.`,
    {
      upstreamStatus: 200,
    },
  );
}

// One of the vendor's words, and nothing that only stands in its place.
function named(reason: unknown): string {
  return typeof reason === 'string' && /^\w{1,40}$/.test(reason) ? ` (${reason})` : '';
}
