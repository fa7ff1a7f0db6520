import { type FailureKind, GatewayError, isJsonObject, type JsonObject } from '@portico/core';
import type { ErrorAnswer } from '@portico/core/provider';
import { classifyOpenAiError } from '../shared/classify-openai-error.js';
import { errorFactsOf } from '../shared/error-facts.js';
import { presentableText } from '../shared/presentable-text.js';
import { retryAfterMs } from '../shared/retry-after.js';

/**
 * The kind of an error of Google's APIs, whole or in a stream (https://cloud.google.com/apis/design/errors). The
 * status decides as elsewhere, except for what only this vendor's details or messages show.
 */
export function classify(answer: ErrorAnswer, providerName: string): GatewayError {
  const message = errorFactsOf(answer.body)?.message ?? '';
  const details = detailsOf(answer.body);
  const status = { upstreamStatus: answer.status };
  if (details.some(({ reason }) => CREDENTIAL_REASONS.has(reason))) {
    return new GatewayError(
      'unauthorized_upstream',
      `${providerName} refused the credential of this deployment.`,
      status,
    );
  }
  if (isUsedUp(details, message)) {
    return new GatewayError('quota_exhausted', `${providerName} reports that this deployment's quota is used up.`, {
      ...status,
      retryAfterMs: retryAfterMs(answer.headers, answer.body),
      cause: presentableText(message),
    });
  }
  // The client names files and caches: its mistake must not put the deployment into cooldown for all other callers.
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
  return classifyOpenAiError(answer, { providerName, codes: CODES });
}

/** The meaning of their status names if the number says less, or is missing. */
const CODES: Readonly<Record<string, FailureKind>> = {
  cancelled: 'upstream_error',
  aborted: 'upstream_error',
  internal: 'upstream_error',
  unknown: 'upstream_error',
  unavailable: 'overloaded',
  deadline_exceeded: 'timeout',
  unauthenticated: 'unauthorized_upstream',
  permission_denied: 'unauthorized_upstream',
  // No billing account, or a country where it is not available.
  failed_precondition: 'unauthorized_upstream',
};

const CREDENTIAL_REASONS: ReadonlySet<unknown> = new Set(['API_KEY_INVALID', 'API_KEY_EXPIRED', 'CREDENTIALS_MISSING']);
const CLIENTS_RESOURCE = /\b(?:file \S+ or it may not exist|cached ?content\b)/i;
const PAYLOAD_SIZE = /^request payload size exceeds/i;

/** A daily limit, or a limit of zero; waiting only helps for limits per minute. */
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
