import type { AnswerMetadata } from '../answer-metadata.js';
import { asGatewayError } from '../errors.js';
import type { ErrorSpelling } from '../operation.js';
import type { WholeReply } from '../reply.js';
import type { TellRoad } from './tell-road.js';

/** The one error exit: whatever was thrown becomes one answer in the error shape of the caller's wire. */
export function refuse(
  error: unknown,
  requestId: string,
  spelling: ErrorSpelling,
  metadata: AnswerMetadata | undefined,
  told: readonly TellRoad[],
): WholeReply {
  const failure = asGatewayError(error);
  const headers = ['content-type', 'application/json', 'x-request-id', requestId, ...failure.headers];
  if (failure.retryAfterMs !== undefined)
    headers.push('retry-after', String(Math.max(1, Math.ceil(failure.retryAfterMs / 1000))));
  // Official clients ask again on every 429; an empty budget does not fill while they do.
  if (failure.kind === 'over_budget' || failure.kind === 'quota_exhausted') headers.push('x-should-retry', 'false');
  if (failure.kind === 'unauthenticated') headers.push('www-authenticate', 'Bearer');
  if (metadata !== undefined) for (const tell of told) headers.push(...tell(metadata));
  return { kind: 'whole', status: failure.status, headers, body: spelling.body(failure, requestId), metadata };
}
