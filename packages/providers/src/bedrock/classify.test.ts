import { describe, expect, it } from 'vitest';
import { bedrock } from './index.js';

describe('exceptions of AWS', () => {
  it.each([
    [429, 'ThrottlingException', 'Too many requests, please wait before trying again.', 'rate_limited', true],
    [429, 'ThrottlingException', 'Too many tokens, please wait before trying again.', 'rate_limited', true],
    [429, 'ThrottlingException', 'Too many tokens per day, please wait before trying again.', 'quota_exhausted', false],
    [429, 'ModelNotReadyException', 'Model is not ready for inference.', 'overloaded', true],
    [400, 'ServiceQuotaExceededException', 'Your request exceeds the service quota.', 'quota_exhausted', false],
    [503, 'ServiceUnavailableException', 'Bedrock is unable to process your request.', 'overloaded', true],
    [500, 'InternalServerException', 'Oh no.', 'upstream_error', true],
    [408, 'ModelTimeoutException', 'Model has timed out.', 'timeout', true],
    [424, 'ModelErrorException', 'The system encountered an unexpected error.', 'upstream_error', true],
    [403, 'AccessDeniedException', "You don't have access to the model.", 'unauthorized_upstream', false],
    [403, 'UnrecognizedClientException', 'The security token is invalid.', 'unauthorized_upstream', false],
    [403, 'ExpiredTokenException', 'The security token is expired', 'unauthorized_upstream', false],
    [403, 'InvalidSignatureException', 'Signature expired.', 'unauthorized_upstream', false],
    [404, 'ResourceNotFoundException', 'Could not resolve the model.', 'upstream_model_not_found', false],
    [400, 'ValidationException', 'The provided model identifier is invalid.', 'upstream_model_not_found', false],
    [400, 'ValidationException', 'Input is too long for requested model.', 'context_too_long', false],
    [400, 'ValidationException', 'prompt is too long: 210000 tokens > 200000 maximum', 'context_too_long', false],
    [
      400,
      'ValidationException',
      'Malformed input request: #/inputText: expected maxLength: 50000, actual: 50001',
      'context_too_long',
      false,
    ],
    [400, 'ValidationException', 'This request has been blocked by our content filters.', 'content_filtered', false],
    [400, 'ValidationException', 'Could not process image', 'invalid_input', false],
    [400, 'ConflictException', 'A conflict.', 'invalid_input', false],
  ])('%i %s: %s is %s', (status, name, message, kind, retryable) => {
    const text = JSON.stringify({ message });
    const inHeader = {
      get: (header: string) => (header === 'x-amzn-errortype' ? `${name}:http://a.example/` : undefined),
    };
    expect(told(status, inHeader, { message }, text)).toMatchObject({ kind, retryable, upstreamStatus: status });
    const body = { __type: `com.amazon.coral.service#${name}`, Message: message };
    expect(told(status, NO_HEADERS, body, text)).toMatchObject({ kind, retryable });
  });

  it('tells a refusal of the model behind as what it is', () => {
    const body = { __type: 'ModelErrorException', originalStatusCode: 400, message: 'prompt is too long' };
    expect(told(424, NO_HEADERS, body, '')).toMatchObject({ kind: 'context_too_long', retryable: false });
  });

  it('tells errors in the shape of others by their own words', () => {
    const body = { error: { message: 'Bad "x".', type: 'invalid_request_error', code: 'bad_x', param: 'x' } };
    expect(told(400, NO_HEADERS, body, '')).toMatchObject({ kind: 'invalid_input', code: 'bad_x', param: 'x' });
    const long = { error: { message: 'prompt tokens (9) exceed model maximum (8)', type: 'invalid_request_error' } };
    expect(told(400, NO_HEADERS, long, '').kind).toBe('context_too_long');
    expect(told(401, NO_HEADERS, { error: { message: 'No.', code: 'invalid_api_key' } }, '').kind).toBe(
      'unauthorized_upstream',
    );
  });

  it('needs no name', () => {
    expect(told(400, NO_HEADERS, { message: 'Input Tokens Exceeded: x' }, '').kind).toBe('context_too_long');
    expect(told(500, NO_HEADERS, undefined, '<html>').kind).toBe('upstream_error');
    expect(told(502, NO_HEADERS, undefined, '').kind).toBe('upstream_error');
  });

  it('shows no credential and no policy of the account (R-LOG-1)', () => {
    const message = 'User: arn:aws:iam::111122223333:user/ada is not authorized to perform: bedrock:InvokeModel';
    const body = { __type: 'AccessDeniedException', message };
    expect(told(403, NO_HEADERS, body, '').message).not.toMatch(/111122223333|ada/);
  });
});

const NO_HEADERS = { get: () => undefined };

function told(status: number, headers: { get(name: string): string | undefined }, body: unknown, text: string) {
  return bedrock.classify({ status, headers, body, text });
}
