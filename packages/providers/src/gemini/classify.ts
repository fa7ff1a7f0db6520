import { type ErrorAnswer, type FailureKind, GatewayError, isJsonObject, type JsonObject } from '@portico/core';
import { classifyOpenAiError } from '../shared/classify-openai-error.js';
import { errorFactsOf } from '../shared/error-facts.js';
import { presentableText } from '../shared/presentable-text.js';
import { retryAfterMs } from '../shared/retry-after.js';

/**
 * Which of our kinds an error of Google's APIs is, whole or inside a stream (https://cloud.google.com/apis/design/errors).
 * The status decides as it does elsewhere, but for what only the details or the words of this vendor tell.
 */
export function classify(answer: ErrorAnswer, who: string): GatewayError {
  const message = errorFactsOf(answer.body)?.message ?? '';
  const details = detailsOf(answer.body);
  const status = { upstreamStatus: answer.status };
  if (details.some(({ reason }) => CREDENTIAL_REASONS.has(reason))) {
    return new GatewayError('unauthorized_upstream', `${who} refused the credential of this deployment.`, status);
  }
  if (isUsedUp(details, message)) {
    return new GatewayError('quota_exhausted', `${who} says that this deployment's quota is used up.`, {
      ...status,
      retryAfterMs: retryAfterMs(answer.headers, answer.body),
      cause: presentableText(message),
    });
  }
  // The client names files and caches: its mistake must not make the deployment rest for everybody else.
  if ((answer.status === 403 || answer.status === 404) && CLIENTS_RESOURCE.test(message)) {
    const text = presentableText(message) ?? 'A file or a cached content of the request does not exist.';
    return new GatewayError('invalid_input', text, { ...status, status: 404 });
  }
  if (answer.status === 400 && PAYLOAD_SIZE.test(message)) {
    return new GatewayError('invalid_input', presentableText(message) ?? 'The request is too large.', {
      ...status,
      status: 413,
    });
  }
  return classifyOpenAiError(answer, { who, codes: CODES });
}

/** What their words for statuses mean where the number says less, or is missing. */
const CODES: Readonly<Record<string, FailureKind>> = {
  cancelled: 'upstream_error',
  aborted: 'upstream_error',
  internal: 'upstream_error',
  unknown: 'upstream_error',
  unavailable: 'overloaded',
  deadline_exceeded: 'timeout',
  unauthenticated: 'unauthorized_upstream',
  permission_denied: 'unauthorized_upstream',
  // No billing account, or a country where it is not offered.
  failed_precondition: 'unauthorized_upstream',
};

const CREDENTIAL_REASONS: ReadonlySet<unknown> = new Set(['API_KEY_INVALID', 'API_KEY_EXPIRED', 'CREDENTIALS_MISSING']);
const CLIENTS_RESOURCE = /\b(?:file \S+ or it may not exist|cached ?content\b)/i;
const PAYLOAD_SIZE = /^request payload size exceeds/i;

/** A limit for a day, or one of nothing at all; those for a minute are worth waiting for. */
function isUsedUp(details: readonly JsonObject[], message: string): boolean {
  const quotas = details.flatMap(({ violations }) => (Array.isArray(violations) ? (violations as unknown[]) : []));
  return (
    /\blimit: 0\b/.test(message) ||
    quotas.some((quota) => isJsonObject(quota) && typeof quota.quotaId === 'string' && /PerDay/.test(quota.quotaId))
  );
}

function detailsOf(body: unknown): JsonObject[] {
  const whole: unknown = Array.isArray(body) ? body[0] : body;
  const error = isJsonObject(whole) ? whole.error : undefined;
  const details = isJsonObject(error) ? error.details : undefined;
  return Array.isArray(details) ? (details as unknown[]).filter(isJsonObject) : [];
}
