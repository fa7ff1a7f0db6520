import type { AnswerMetadata } from '../answer-metadata.js';
import { asGatewayError, errorForCaller } from '../errors.js';
import type { ErrorFormat } from '../operation.js';
import type { WholeReply } from '../reply.js';
import type { FormatMetadata } from './metadata-headers.js';

/** The only error exit: everything that is thrown becomes one response in the error format of the caller's API. */
export function refuse(
  error: unknown,
  requestId: string,
  model: string | undefined,
  format: ErrorFormat,
  metadata: AnswerMetadata | undefined,
  formats: readonly FormatMetadata[],
): WholeReply {
  const failure = asGatewayError(error);
  const headers = ['content-type', 'application/json', 'x-request-id', requestId, ...failure.headers];
  if (failure.retryAfterMs !== undefined)
    headers.push('retry-after', String(Math.max(1, Math.ceil(failure.retryAfterMs / 1000))));
  // Official clients retry every 429; an exhausted budget would not recover meanwhile.
  if (failure.kind === 'over_budget' || failure.kind === 'quota_exhausted') headers.push('x-should-retry', 'false');
  if (failure.kind === 'unauthenticated') headers.push('www-authenticate', 'Bearer');
  if (metadata !== undefined) for (const format of formats) headers.push(...format(metadata));
  return {
    kind: 'whole',
    status: failure.status,
    headers,
    body: format.body(errorForCaller(failure, model), requestId),
    metadata,
  };
}
