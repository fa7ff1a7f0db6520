import { describe, expect, it } from 'vitest';
import { classify } from './classify.js';

describe('an error of Anthropic', () => {
  it.each([
    [400, 'invalid_request_error', 'max_tokens: Field required', 'invalid_input', 400, false],
    [
      400,
      'invalid_request_error',
      'prompt is too long: 208310 tokens > 200000 maximum',
      'context_too_long',
      400,
      false,
    ],
    [
      400,
      'invalid_request_error',
      'input length and `max_tokens` exceed context limit: 190000 + 21333 > 200000',
      'context_too_long',
      400,
      false,
    ],
    [400, 'invalid_request_error', 'Output blocked by content filtering policy', 'content_filtered', 400, false],
    [
      400,
      'invalid_request_error',
      'Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing.',
      'quota_exhausted',
      429,
      false,
    ],
    [
      400,
      'invalid_request_error',
      'You have reached your specified API usage limits. You will regain access on 2026-10-01 at 00:00 UTC.',
      'quota_exhausted',
      429,
      false,
    ],
    [401, 'authentication_error', 'invalid x-api-key', 'unauthorized_upstream', 502, false],
    [402, 'billing_error', 'There is an issue with billing', 'quota_exhausted', 429, false],
    [403, 'permission_error', 'Your API key does not have permission', 'unauthorized_upstream', 502, false],
    [404, 'not_found_error', 'model: claude-sonet-4-5', 'upstream_model_not_found', 404, false],
    [404, 'not_found_error', 'File not found: file_011CNha8iCJcU1wXNR6q4V8w', 'invalid_input', 404, false],
    [413, 'request_too_large', 'Request exceeds the maximum size', 'invalid_input', 413, false],
    [429, 'rate_limit_error', 'This would exceed the rate limit of your organization', 'rate_limited', 429, true],
    [500, 'api_error', 'Internal server error', 'upstream_error', 502, true],
    [503, 'api_error', 'unavailable', 'overloaded', 503, true],
    [504, 'timeout_error', 'Request timed out', 'timeout', 504, true],
    [529, 'overloaded_error', 'Overloaded', 'overloaded', 503, true],
  ] as const)('%i %s "%s" is %s (f07 to f22)', (status, type, message, kind, shownStatus, retryable) => {
    const failure = classify(answer(status, type, message));
    expect([failure.kind, failure.status, failure.retryable]).toEqual([kind, shownStatus, retryable]);
  });

  it.each([
    ['overloaded_error', 'overloaded'],
    ['api_error', 'upstream_error'],
    ['rate_limit_error', 'rate_limited'],
    ['billing_error', 'quota_exhausted'],
    ['timeout_error', 'timeout'],
    ['invalid_request_error', 'invalid_input'],
    ['some_new_error', 'upstream_error'],
  ])('inside a 200 is what its type says: %s (f23, f35)', (type, kind) => {
    expect(classify(answer(200, type, 'what happened')).kind).toBe(kind);
  });

  it('carries how long to wait, in seconds or as a date (f15, f16)', () => {
    expect(classify(answer(429, 'rate_limit_error', 'slow', { 'retry-after': '41' })).retryAfterMs).toBe(41_000);
    const dated = { 'retry-after': 'Thu, 01 Jan 2026 00:00:30 GMT', date: 'Thu, 01 Jan 2026 00:00:00 GMT' };
    expect(classify(answer(529, 'overloaded_error', 'Overloaded', dated)).retryAfterMs).toBe(30_000);
  });

  it('is not retried where the vendor says so', () => {
    const failure = classify(answer(529, 'overloaded_error', 'Overloaded', { 'x-should-retry': 'false' }));
    expect(failure.retryable).toBe(false);
  });

  it("keeps the vendor's words about the request, and none about the credential (f07, f10)", () => {
    expect(classify(answer(400, 'invalid_request_error', 'max_tokens: Field required')).message).toBe(
      'max_tokens: Field required',
    );
    expect(classify(answer(401, 'authentication_error', 'invalid key sk-ant-123456')).message).not.toContain('sk-ant');
  });

  it('shows no web page (f20)', () => {
    const failure = classify({ status: 502, headers: NO_HEADERS, body: undefined, text: '<html>Bad gateway</html>' });
    expect([failure.kind, failure.message]).toEqual(['upstream_error', 'Anthropic failed to answer (status 502).']);
  });
});

const NO_HEADERS = { get: () => undefined };

function answer(status: number, type: string, message: string, headers: Record<string, string> = {}) {
  const body = { type: 'error', error: { type, message }, request_id: 'req_1' };
  return { status, headers: { get: (name: string) => headers[name] }, body, text: JSON.stringify(body) };
}
