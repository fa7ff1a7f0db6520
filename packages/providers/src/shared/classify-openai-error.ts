import { type FailureKind, GatewayError, type GatewayErrorOptions } from '@portico/core';
import type { ErrorAnswer } from '@portico/core/provider';
import { type ErrorFacts, errorFactsOf } from './error-facts.js';
import { presentableText } from './presentable-text.js';
import { isModel, isOperation, MODEL_CODES, refusedThing } from './refused-thing.js';
import { retryAfterMs } from './retry-after.js';

export interface ClassifyRules {
  /** The provider's name, for messages. */
  readonly providerName: string;
  /** The meaning of this vendor's own codes, lower-case; they take precedence. */
  readonly codes?: Readonly<Record<string, FailureKind>>;
}

/**
 * The kind of an error response in OpenAI's format or one of its many variants: by status first, then by code, then
 * by message. Only the vendor's own message is searched, and never to override a status: a 400 that repeats a prompt
 * about "429" is not a rate limit.
 */
export function classifyOpenAiError(answer: ErrorAnswer, rules: ClassifyRules): GatewayError {
  const facts = errorFactsOf(answer.body) ?? textFacts(answer);
  const status = answer.status >= 300 ? answer.status : (facts.status ?? statusNamedBy(facts));
  const verdict = judge(status, facts, rules);
  return new GatewayError(verdict.kind, sentence(verdict.kind, status, facts, rules.providerName), {
    ...verdict.options,
    ...(verdict.kind === 'invalid_input' ? fieldOf(facts) : {}),
    about: refusedThing(verdict.kind, answer.status, facts),
    ...(answer.headers.get('x-should-retry') === 'false' ? { retryable: false } : {}),
    retryAfterMs: WAITS.has(verdict.kind) ? retryAfterMs(answer.headers, answer.body) : undefined,
    upstreamStatus: answer.status,
    cause: TELLS_CAUSE.has(verdict.kind) ? presentableText(facts.message) : undefined,
  });
}

interface Verdict {
  readonly kind: FailureKind;
  readonly options?: GatewayErrorOptions;
}

function judge(status: number | undefined, facts: ErrorFacts, rules: ClassifyRules): Verdict {
  const kind = facts.codes.map((code) => rules.codes?.[code]).find((found) => found !== undefined);
  if (kind !== undefined) return { kind };
  if (status === undefined) return { kind: 'upstream_error' };
  // A redirect is never followed, and another try would only be redirected again (f27).
  if (status < 400) return { kind: 'upstream_error', options: { retryable: false } };
  switch (status) {
    case 401:
    case 403:
      if (isOperation(facts)) return { kind: 'upstream_model_not_found' };
      if (isQuota(facts)) return { kind: 'quota_exhausted' };
      return { kind: isContent(facts) ? 'content_filtered' : 'unauthorized_upstream' };
    case 402:
      return { kind: 'quota_exhausted' };
    case 404:
      return { kind: 'upstream_model_not_found' };
    case 408:
    case 504:
    case 524:
      return { kind: 'timeout' };
    case 409:
    case 425:
      return { kind: 'upstream_error' };
    case 429:
      return judgeTooMany(facts);
    case 498: // Groq: no flex capacity
    case 503:
    case 529:
      return { kind: 'overloaded' };
    case 501:
      return { kind: 'upstream_error', options: { retryable: false } };
    default:
      return status >= 500 ? { kind: 'upstream_error' } : judgeRefusal(status, facts);
  }
}

function judgeTooMany(facts: ErrorFacts): Verdict {
  if (isQuota(facts)) return { kind: 'quota_exhausted' };
  if (hasCode(facts, CAPACITY_CODES)) return { kind: 'overloaded' };
  // One request over the limit of a whole minute never fits, and must not put the deployment into cooldown for all
  // other callers.
  if (facts.message?.startsWith('Request too large for')) return { kind: 'context_too_long' };
  return { kind: 'rate_limited' };
}

function judgeRefusal(status: number, facts: ErrorFacts): Verdict {
  if (isContext(facts)) return { kind: 'context_too_long' };
  if (isContent(facts)) return { kind: 'content_filtered' };
  if (hasCode(facts, CREDENTIAL_CODES) || CREDENTIAL_WORDS.test(facts.message ?? '')) {
    return { kind: 'unauthorized_upstream' };
  }
  if (isModel(facts)) return { kind: 'upstream_model_not_found' };
  if (isQuota(facts)) return { kind: 'quota_exhausted' };
  return { kind: 'invalid_input', options: { status: status === 413 || status === 422 ? status : 400 } };
}

function isQuota(facts: ErrorFacts): boolean {
  return hasCode(facts, QUOTA_CODES) || QUOTA_WORDS.test(facts.message ?? '');
}

function isContext(facts: ErrorFacts): boolean {
  if (hasCode(facts, FIELD_TOO_LONG_CODES)) return false;
  return hasCode(facts, CONTEXT_CODES) || CONTEXT_WORDS.test(facts.message ?? '');
}

function isContent(facts: ErrorFacts): boolean {
  return hasCode(facts, CONTENT_CODES) || CONTENT_WORDS.test(facts.message ?? '');
}

function hasCode(facts: ErrorFacts, codes: ReadonlySet<string>): boolean {
  return facts.codes.some((code) => codes.has(code));
}

// A single field over its own limit does not mean that the context is full.
const FIELD_TOO_LONG_CODES = new Set(['string_above_max_length', 'array_above_max_length']);
const CONTEXT_CODES = new Set(['context_length_exceeded', 'exceed_context_size_error', 'too_many_prompt_tokens']);
const CONTEXT_WORDS = new RegExp(
  [
    'maximum (?:context|prompt|input) length is',
    'maximum context length$',
    'maximum context limit',
    'max context length',
    'exceeds? the context window',
    'exceeds? context limit',
    'exceed the configured limit',
    'exceeds the available context size',
    'exceeds the maximum number of tokens allowed',
    'input tokens exceed',
    "longer than the model's context length",
    'current length is \\d+ while limit is',
    'tokens \\+ `max_new_tokens` must be',
    '(?:prompt|input) is too long',
    'prompt too long',
    'total length of all messages is too long',
    'too many tokens',
  ].join('|'),
  'i',
);

const CONTENT_CODES = new Set([
  'content_filter',
  'content_policy_violation',
  'data_inspection_failed',
  'moderation_blocked',
  'responsibleaipolicyviolation',
]);
const CONTENT_WORDS = new RegExp(
  [
    'flagged as potentially violating our usage policy',
    '(?:rejected|failed) as a result of our safety system',
    'content management policy',
    'blocked by content filtering policy',
    'the model produced invalid content',
    'content exists risk',
    'considered high risk',
    'may contain inappropriate content',
    'requires moderation on .* your input was flagged',
  ].join('|'),
  'i',
);

const QUOTA_CODES = new Set([
  'insufficient_quota',
  'insufficient_balance',
  'billing_hard_limit_reached',
  'billing_not_active',
  'arrearage',
  'allocationquota.freetieronly',
  'token_quota_reached',
]);
const QUOTA_WORDS = /credit balance is too low|insufficient (?:balance|credits)/i;

const CAPACITY_CODES = new Set(['engineoverloaded', 'engine_overloaded', 'nocapacity']);
const CREDENTIAL_CODES = new Set(['invalid_api_key']);
const CREDENTIAL_WORDS = /^incorrect api key/i;
/** The status of an error that came with a 200, or in a stream, and names none itself. */
function statusNamedBy(facts: ErrorFacts): number | undefined {
  for (const code of facts.codes) {
    const status = STATUS_BY_NAME[code];
    if (status !== undefined) return status;
  }
  if (hasCode(facts, QUOTA_CODES)) return 429;
  if (hasCode(facts, CAPACITY_CODES)) return 503;
  if (hasCode(facts, CONTEXT_CODES) || hasCode(facts, CONTENT_CODES) || hasCode(facts, MODEL_CODES)) return 400;
  return undefined;
}

const STATUS_BY_NAME: Readonly<Record<string, number>> = {
  invalid_api_key: 401,
  authentication_error: 401,
  permission_error: 403,
  request_forbidden: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  rate_limit_exceeded: 429,
  ratelimitreached: 429,
  resource_exhausted: 429,
  overloaded: 503,
  overloaded_error: 503,
  unavailable: 503,
  unavailable_error: 503,
  service_unavailable: 503,
  timeout: 504,
  timeout_error: 504,
  internal_error: 500,
  api_error: 500,
  server_error: 500,
  // The least specific name comes with all sorts of codes, which are checked first.
  invalid_request_error: 400,
  bad_request: 400,
};

const WAITS: ReadonlySet<FailureKind> = new Set(['rate_limited', 'quota_exhausted', 'overloaded', 'upstream_error']);
/** Kinds whose sentence hides the vendor's message, which operators need; not if it may repeat the credential. */
const TELLS_CAUSE: ReadonlySet<FailureKind> = new Set([...WAITS, 'timeout']);

function fieldOf(facts: ErrorFacts): GatewayErrorOptions {
  const code = facts.code !== undefined && /^[a-z][\w.-]{0,63}$/i.test(facts.code) ? facts.code : undefined;
  return { code, param: presentableText(facts.param?.slice(0, 200)) };
}

function sentence(kind: FailureKind, status: number | undefined, facts: ErrorFacts, providerName: string): string {
  const number = status === undefined ? '' : ` (status ${status})`;
  switch (kind) {
    case 'unauthorized_upstream':
      return `${providerName} refused the credential of this deployment${number}.`;
    case 'quota_exhausted':
      return `${providerName} reports that this deployment's quota or credit is used up${number}.`;
    case 'rate_limited':
      return `${providerName} limits the rate of this deployment${number}.`;
    case 'overloaded':
      return `${providerName} is overloaded${number}.`;
    case 'timeout':
      return `${providerName} took too long to answer${number}.`;
    case 'upstream_error':
      return `${providerName} failed to answer${number}.`;
    case 'upstream_model_not_found':
      return `${providerName} does not have what was asked for${number}: ${presentableText(facts.message) ?? 'no reason given'}`;
    default:
      return presentableText(facts.message) ?? `${providerName} refused the request${number}.`;
  }
}

function textFacts(answer: ErrorAnswer): ErrorFacts {
  const message = answer.text === '' ? undefined : answer.text;
  return { message, codes: [], code: undefined, param: undefined, status: undefined };
}
