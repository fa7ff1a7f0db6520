import { describe, expect, it } from 'vitest';
import { classifyOpenAiError } from './classify-openai-error.js';

interface Told {
  readonly status: number;
  readonly body?: unknown;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function classify({ status, body, text, headers = {} }: Told) {
  const answer = {
    status,
    body,
    text: text ?? JSON.stringify(body) ?? '',
    headers: { get: (name: string) => headers[name] },
  };
  return classifyOpenAiError(answer, { providerName: 'acme', codes: { '1113': 'quota_exhausted' } });
}

function error(message: string, more: object = {}) {
  return { error: { message, type: 'invalid_request_error', param: null, code: null, ...more } };
}

describe('an error answer', () => {
  it.each([
    [400, error('Missing required parameter.'), 'invalid_input', 400],
    [400, error('too long', { code: 'context_length_exceeded' }), 'context_too_long', 400],
    [
      400,
      error('x', { code: 'content_filter', innererror: { code: 'ResponsibleAIPolicyViolation' } }),
      'content_filtered',
      400,
    ],
    [400, error('x', { code: 'model_not_found' }), 'upstream_model_not_found', 404],
    [400, error('x', { code: 'billing_hard_limit_reached' }), 'quota_exhausted', 429],
    [400, { code: 'invalid', error: 'Incorrect API key provided.' }, 'unauthorized_upstream', 502],
    [401, error('no'), 'unauthorized_upstream', 502],
    [402, error('no credit'), 'quota_exhausted', 429],
    [403, error('no'), 'unauthorized_upstream', 502],
    [
      403,
      error('acme requires moderation on this model. Your input was flagged for "violence".'),
      'content_filtered',
      400,
    ],
    [404, error('no'), 'upstream_model_not_found', 404],
    [408, error('slow'), 'timeout', 504],
    [409, error('conflict'), 'upstream_error', 502],
    [413, error('large'), 'invalid_input', 413],
    [413, error('prompt is too long: 9 tokens > 8 maximum'), 'context_too_long', 400],
    [418, error('teapot'), 'invalid_input', 400],
    [422, { detail: [{ loc: ['body', 'n'], msg: 'must be 1' }] }, 'invalid_input', 422],
    [425, error('early'), 'upstream_error', 502],
    [429, error('slow down', { type: 'requests', code: 'rate_limit_exceeded' }), 'rate_limited', 429],
    [429, error('no money', { type: 'insufficient_quota' }), 'quota_exhausted', 429],
    [429, error('full', { code: 'EngineOverloaded' }), 'overloaded', 503],
    [429, { error: { code: '429', message: 'exceeded token rate limit' } }, 'rate_limited', 429],
    [429, { error: { code: '1113', message: 'balance' } }, 'quota_exhausted', 429],
    [498, error('flex'), 'overloaded', 503],
    [500, error('oops'), 'upstream_error', 502],
    [502, undefined, 'upstream_error', 502],
    [503, error('busy'), 'overloaded', 503],
    [504, error('slow'), 'timeout', 504],
    [524, undefined, 'timeout', 504],
    [529, error('busy'), 'overloaded', 503],
  ])('%i %j is %s, told as %i (f07-f22)', (status, body, kind, told) => {
    const failure = classify({ status, body });
    expect([failure.kind, failure.status, failure.upstreamStatus]).toEqual([kind, told, status]);
  });

  it.each([
    [error('x', { code: 'context_length_exceeded' }), 'context_too_long'],
    [error('x', { code: 'invalid_api_key' }), 'unauthorized_upstream'],
    [error('x', { code: 'insufficient_quota', type: 'insufficient_quota' }), 'quota_exhausted'],
    [error('x', { code: 'rate_limit_exceeded', type: 'requests' }), 'rate_limited'],
    [error('x', { code: 'overloaded', type: 'server_error' }), 'overloaded'],
    [error('x', { type: 'timeout_error', code: 'timeout' }), 'timeout'],
    [error('x'), 'invalid_input'],
    [{ error: { code: 429, message: 'x' } }, 'rate_limited'],
    [{ error: { code: 502, message: 'x' } }, 'upstream_error'],
    [{ error: true }, 'upstream_error'],
    [{ base_resp: { status_code: 1113, status_msg: 'x' } }, 'quota_exhausted'],
    [undefined, 'upstream_error'],
  ])('under status 200 is as the error it names: %j is %s (f23)', (body, kind) => {
    expect(classify({ status: 200, body }).kind).toBe(kind);
  });

  it.each([
    [{ error: 'text' }, 'text'],
    [{ message: 'text', request_id: '1' }, 'text'],
    [{ detail: 'text' }, 'text'],
    [{ detail: [{ loc: ['body', 'n'], msg: 'text' }] }, 'body.n: text'],
    [{ errors: [{ message: 'text', code: 7 }] }, 'text'],
    [{ object: 'error', message: { detail: [{ msg: 'text' }] } }, 'text'],
    [[{ error: { message: 'text' } }], 'text'],
    [{ error: { message: 'Provider returned error', metadata: { raw: 'text' } } }, 'Provider returned error: text'],
    [undefined, 'plain words'],
  ])("keeps the vendor's words whatever its shape: %j (f07)", (body, message) => {
    expect(classify({ status: 400, body, text: 'plain words' }).message).toBe(message);
  });

  it('keeps the code and the field that the vendor names', () => {
    const failure = classify({ status: 400, body: error('no', { code: 'unsupported_parameter', param: 'stop' }) });
    expect([failure.code, failure.param]).toEqual(['unsupported_parameter', 'stop']);
  });

  it('of status 400 that repeats a prompt about 429 and rate limits is no rate limit', () => {
    const failure = classify({
      status: 400,
      body: error('Invalid value: "Why do I get 429 rate_limit_exceeded? Invalid model: x"'),
    });
    expect([failure.kind, failure.retryable]).toEqual(['invalid_input', false]);
  });

  it('about one field that is too long is not about the context', () => {
    const body = error("Invalid 'user': string too long. This model's maximum context length is 8.", {
      code: 'string_above_max_length',
    });
    expect(classify({ status: 400, body }).kind).toBe('invalid_input');
  });

  it("about one request over the minute's tokens neither repeats nor rests the deployment", () => {
    const failure = classify({
      status: 429,
      body: error('Request too large for gpt-4o in organization org-1 on tokens per min'),
    });
    expect([failure.kind, failure.retryable, failure.traits.cooldown]).toEqual(['context_too_long', false, 'never']);
  });

  it('carries how long to wait (f15, f21)', () => {
    const headers = { 'retry-after': '7' };
    expect(classify({ status: 429, body: error('x'), headers }).retryAfterMs).toBe(7_000);
    expect(classify({ status: 503, body: error('x'), headers }).retryAfterMs).toBe(7_000);
    expect(classify({ status: 400, body: error('x'), headers }).retryAfterMs).toBeUndefined();
  });

  it('is not asked for again where the vendor says so, nor after a redirect (f27) or a 501', () => {
    expect(classify({ status: 503, body: error('x'), headers: { 'x-should-retry': 'false' } }).retryable).toBe(false);
    expect(classify({ status: 302 }).retryable).toBe(false);
    expect(classify({ status: 501, body: error('x') }).retryable).toBe(false);
    expect(classify({ status: 500, body: error('x') }).retryable).toBe(true);
  });

  it('shows no web page, neither to the client nor to the log (f20)', () => {
    for (const status of [302, 400, 404, 502]) {
      const failure = classify({ status, text: '<html><body>Bad gateway</body></html>' });
      expect(`${failure.message} ${String(failure.cause)}`).not.toContain('<');
    }
  });

  it('never repeats the credential, which some vendors do (f10)', () => {
    const body = error('Incorrect API key provided: hunter2. You sent: sk-live-0123456789', {
      code: 'invalid_api_key',
    });
    for (const status of [200, 400, 401, 403]) {
      const failure = classify({ status, body });
      expect(failure.kind).toBe('unauthorized_upstream');
      expect(`${failure.message} ${String(failure.cause)}`).not.toMatch(/hunter2|sk-live/);
      expect(failure.message).toMatch(/^acme refused the credential of this deployment/);
    }
  });

  it("does not tell clients about the operator's account, but tells the log", () => {
    const failure = classify({ status: 429, body: error('Limit 3 in organization org-secret on requests per min') });
    expect(failure.message).toBe('acme limits the rate of this deployment (status 429).');
    expect(failure.cause).toContain('org-secret');
  });
});
