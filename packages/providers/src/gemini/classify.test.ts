import type { JsonObject } from '@portico/core';
import { describe, expect, it } from 'vitest';
import { classify } from './classify.js';

const quota = (quotaId: string) => ({
  '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
  violations: [{ quotaId }],
});

describe("an error of Google's", () => {
  it.each([
    [400, 'INVALID_ARGUMENT', 'Invalid value at contents', [], 'invalid_input', 400, false],
    [
      400,
      'INVALID_ARGUMENT',
      'API key not valid.',
      [{ reason: 'API_KEY_INVALID' }],
      'unauthorized_upstream',
      502,
      false,
    ],
    [400, 'INVALID_ARGUMENT', 'API key expired.', [{ reason: 'API_KEY_EXPIRED' }], 'unauthorized_upstream', 502, false],
    [
      400,
      'INVALID_ARGUMENT',
      'The input token count (9) exceeds the maximum number of tokens allowed (8).',
      [],
      'context_too_long',
      400,
      false,
    ],
    [
      400,
      'INVALID_ARGUMENT',
      'Request payload size exceeds the limit: 20971520 bytes.',
      [],
      'invalid_input',
      413,
      false,
    ],
    [
      400,
      'FAILED_PRECONDITION',
      'User location is not supported for the API use.',
      [],
      'unauthorized_upstream',
      502,
      false,
    ],
    [
      401,
      'UNAUTHENTICATED',
      'Request had invalid authentication credentials.',
      [],
      'unauthorized_upstream',
      502,
      false,
    ],
    [
      403,
      'PERMISSION_DENIED',
      "Permission 'aiplatform.endpoints.predict' denied",
      [],
      'unauthorized_upstream',
      502,
      false,
    ],
    [
      403,
      'PERMISSION_DENIED',
      'You do not have permission to access the File abc or it may not exist.',
      [],
      'invalid_input',
      404,
      false,
    ],
    [403, 'PERMISSION_DENIED', 'CachedContent not found (or permission denied)', [], 'invalid_input', 404, false],
    [404, 'NOT_FOUND', 'models/x is not found for API version v1beta', [], 'upstream_model_not_found', 404, false],
    [
      429,
      'RESOURCE_EXHAUSTED',
      'Quota exceeded',
      [quota('GenerateRequestsPerMinutePerProject')],
      'rate_limited',
      429,
      true,
    ],
    [
      429,
      'RESOURCE_EXHAUSTED',
      'Quota exceeded',
      [quota('GenerateRequestsPerDayPerProject')],
      'quota_exhausted',
      429,
      false,
    ],
    [429, 'RESOURCE_EXHAUSTED', 'Quota exceeded for metric: x, limit: 0', [], 'quota_exhausted', 429, false],
    [499, 'CANCELLED', 'The operation was cancelled.', [], 'upstream_error', 502, true],
    [500, 'INTERNAL', 'An internal error has occurred.', [], 'upstream_error', 502, true],
    [503, 'UNAVAILABLE', 'The model is overloaded.', [], 'overloaded', 503, true],
    [504, 'DEADLINE_EXCEEDED', 'Deadline expired.', [], 'timeout', 504, true],
  ] as const)('%i %s "%s" %j is %s (f07 to f22)', (status, name, message, details, kind, shownStatus, retryable) => {
    const failure = classify(answer(status, { code: status, status: name, message, details }), 'gemini');
    expect([failure.kind, failure.status, failure.retryable]).toEqual([kind, shownStatus, retryable]);
  });

  it('says how long to wait, by a header or by its details, also inside an array (f15)', () => {
    const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '1.5s' }];
    const error = { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'slow', details };
    expect(classify(answer(429, error), 'gemini').retryAfterMs).toBe(1500);
    expect(classify({ ...answer(429, error), body: [{ error }] }, 'gemini').retryAfterMs).toBe(1500);
    const headers = { get: (name: string) => (name === 'retry-after' ? '7' : undefined) };
    expect(classify({ ...answer(503, error), headers }, 'gemini').retryAfterMs).toBe(7000);
  });

  it('shows no credential and no web page', () => {
    const key = `AIza${'x'.repeat(35)}`;
    const failure = classify(answer(400, { code: 400, message: `bad ${key}`, status: 'INVALID_ARGUMENT' }), 'gemini');
    expect(failure.message).toBe('bad [hidden]');
    const page = { ...answer(502, {}), body: undefined, text: '<html>Bad gateway</html>' };
    expect(classify(page, 'gemini').message).toBe('gemini failed to answer (status 502).');
  });
});

function answer(status: number, error: JsonObject) {
  const body = { error };
  return { status, headers: { get: () => undefined }, body, text: JSON.stringify(body) };
}
