import { GatewayError, isJsonObject, type JsonObject } from '@portico/core';

/** Why an answer has no candidate: the prompt was rejected, or the reason is not known. */
export function withoutCandidates({ promptFeedback: feedback }: JsonObject, providerName: string): GatewayError {
  const reason = isJsonObject(feedback) ? feedback.blockReason : undefined;
  if (!reason || reason === 'BLOCKED_REASON_UNSPECIFIED') {
    return new GatewayError('upstream_error', `${providerName} answered without any candidate.`, {
      upstreamStatus: 200,
    });
  }
  return new GatewayError(
    'content_filtered',
    `${providerName} refused the prompt by its content filter${named(reason)}.`,
    {
      upstreamStatus: 200,
    },
  );
}

/** An answer that contains only an unreadable call. Another attempt may succeed. */
export function unreadableCall(reason: unknown, providerName: string): GatewayError {
  return new GatewayError(
    'upstream_error',
    `The model of ${providerName} made a tool call that cannot be read${named(reason)}.`,
    {
      upstreamStatus: 200,
    },
  );
}

// One of the vendor's reasons, without its placeholder values.
function named(reason: unknown): string {
  return typeof reason === 'string' && /^\w{1,40}$/.test(reason) ? ` (${reason})` : '';
}
