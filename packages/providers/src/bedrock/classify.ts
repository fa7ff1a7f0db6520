import { type FailureKind, GatewayError, isJsonObject } from '@portico/core';
import type { ErrorAnswer } from '@portico/core/provider';
import { classifyOpenAiError } from '../shared/classify-openai-error.js';
import { errorInside } from '../shared/error-inside.js';
import { parseJson } from '../shared/parse-json.js';
import { presentableText } from '../shared/presentable-text.js';

/**
 * The kind of an AWS exception, whole or in a stream. Its name is in a header, or in the body, and says more than the
 * status (https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html).
 */
export function classify(answer: ErrorAnswer, providerName = 'bedrock'): GatewayError {
  const name = exceptionName(answer);
  const message = messageOf(answer.body);
  const upstreamStatus = answer.status;
  const said = { upstreamStatus, cause: presentableText(message) };
  if (name === 'accessdeniedexception') {
    return new GatewayError(
      'unauthorized_upstream',
      `${providerName} does not allow this deployment to use the model (AccessDeniedException). Check that access to the model is enabled in this region and allowed by the policy of the credential.`,
      { upstreamStatus },
    );
  }
  if (name === 'throttlingexception' && DAILY.test(message)) {
    return new GatewayError(
      'quota_exhausted',
      `${providerName} reports that this deployment's quota for the day is used up.`,
      said,
    );
  }
  if (MODEL_OF_ITS_OWN.has(name) && isRefusal(answer.body)) {
    return refused(message, { ...answer, status: 400 }, providerName);
  }
  if (VALIDATION.has(name) || (name === '' && upstreamStatus === 400)) return refused(message, answer, providerName);
  return classifyOpenAiError(
    { ...answer, body: openAiBody(answer.body, message, name) },
    { providerName, codes: CODES },
  );
}

/** An exception in a stream that began successfully. */
export function classifyException(data: string, providerName = 'bedrock'): GatewayError {
  return classify(errorInside(parseJson(data), data), providerName);
}

/** The error for a request that the model or the interface did not accept. */
function refused(message: string, answer: ErrorAnswer, providerName: string): GatewayError {
  const upstreamStatus = answer.status;
  const text = presentableText(message) ?? `${providerName} refused the request.`;
  if (CONTEXT.test(message)) return new GatewayError('context_too_long', text, { upstreamStatus });
  if (CONTENT.test(message)) return new GatewayError('content_filtered', text, { upstreamStatus });
  if (MODEL.test(message)) {
    return new GatewayError('upstream_model_not_found', `${providerName} does not have what was asked for: ${text}`, {
      upstreamStatus,
      about: 'model',
    });
  }
  // There is no status inside a stream.
  const status = Math.max(answer.status, 400);
  return classifyOpenAiError({ ...answer, status, body: openAiBody(answer.body, message) }, { providerName });
}

/** An error in OpenAI's format: unchanged at the URLs that use it, otherwise built from the AWS error. */
function openAiBody(body: unknown, message: string, code?: string): unknown {
  if (isJsonObject(body) && body.error) return body;
  return message === '' && !code ? body : { error: { message, code } };
}

/** The meaning of their names, lower-case. */
const CODES: Readonly<Record<string, FailureKind>> = {
  conflictexception: 'invalid_input',
  expiredtoken: 'unauthorized_upstream',
  expiredtokenexception: 'unauthorized_upstream',
  incompletesignature: 'unauthorized_upstream',
  incompletesignatureexception: 'unauthorized_upstream',
  internaldependencyexception: 'upstream_error',
  internalfailure: 'upstream_error',
  internalstreamfailure: 'upstream_error',
  internalserverexception: 'upstream_error',
  invalidclienttokenid: 'unauthorized_upstream',
  invalidsignatureexception: 'unauthorized_upstream',
  missingauthenticationtoken: 'unauthorized_upstream',
  missingauthenticationtokenexception: 'unauthorized_upstream',
  modelerror: 'upstream_error',
  modelerrorexception: 'upstream_error',
  // It is starting, which takes a while.
  modelnotreadyexception: 'overloaded',
  modelstreamerror: 'upstream_error',
  modelstreamerrorexception: 'upstream_error',
  modeltimeoutexception: 'timeout',
  notauthorized: 'unauthorized_upstream',
  optinrequired: 'unauthorized_upstream',
  requestexpired: 'unauthorized_upstream',
  requesttimeoutexception: 'timeout',
  resourcenotfoundexception: 'upstream_model_not_found',
  servicequotaexceededexception: 'quota_exhausted',
  serviceunavailable: 'overloaded',
  serviceunavailableexception: 'overloaded',
  signaturedoesnotmatch: 'unauthorized_upstream',
  throttling: 'rate_limited',
  throttlingexception: 'rate_limited',
  toomanyrequestsexception: 'rate_limited',
  unrecognizedclientexception: 'unauthorized_upstream',
};

/** Failures of the model, which may also be a rejected input. */
const MODEL_OF_ITS_OWN: ReadonlySet<string> = new Set([
  'modelerror',
  'modelerrorexception',
  'modelstreamerrorexception',
]);

function isRefusal(body: unknown): boolean {
  const status = isJsonObject(body) ? (body.originalStatusCode ?? body.OriginalStatusCode) : undefined;
  return status === 400 || status === 413 || status === 422;
}

const VALIDATION: ReadonlySet<string> = new Set(['validationexception', 'validationerror']);

const DAILY = /\bper day\b|\bdaily\b/i;
const CONTEXT = new RegExp(
  [
    'input is too long',
    'too many (?:input )?tokens',
    'prompt is too long',
    'expected maxLength:',
    'prompt: length: 1\\.\\.',
    'input tokens exceeded',
    'exceeds? the (?:model.s )?maximum (?:context|number of tokens|input)',
    'exceed context limit',
    'exceed model maximum',
    'maximum context length',
  ].join('|'),
  'i',
);
const CONTENT =
  /blocked by (?:our|the|its) content filter|content filters? (?:has|have) blocked|AUTOMATED FILTERS|conflicts? with our AUP/i;
// A model that needs an inference profile, does not exist, or is no longer available.
const MODEL =
  /on-demand throughput isn.t supported|model identifier is invalid|end of its life|^endpoint \S+ .*not found|invocation of model id .* isn.t supported/i;

function exceptionName({ headers, body }: ErrorAnswer): string {
  const inBody = isJsonObject(body) ? (body.__type ?? body.code) : undefined;
  const name = headers.get('x-amzn-errortype') ?? (typeof inBody === 'string' ? inBody : '');
  // `com.amazonaws.bedrock#ThrottlingException`, `ThrottlingException:http://…`
  return (name.split(':', 1)[0] ?? '').replace(/^.*#/, '').trim().toLowerCase();
}

function messageOf(body: unknown): string {
  if (!isJsonObject(body)) return '';
  if (isJsonObject(body.error)) return messageOf(body.error);
  const { message, Message, originalMessage, OriginalMessage } = body;
  const said = [OriginalMessage, message, Message, originalMessage].find(
    (one) => typeof one === 'string' && one !== '',
  );
  return typeof said === 'string' ? said : '';
}
