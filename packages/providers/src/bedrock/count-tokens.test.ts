import { GatewayError } from '@portico/core';
import { describe, expect, it } from 'vitest';
import { type Loose, target } from '../../test/read-stream.js';
import { countTokens } from './count-tokens.js';

const ASKED = { model: 'm', messages: [{ role: 'user', content: 'Größe?' }] };

describe('counting the tokens of a request to Claude on Bedrock', () => {
  it('sends the request as InvokeModel would get it, and room for an answer to it', () => {
    expect(sent(ASKED)).toEqual({
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 1,
      messages: ASKED.messages,
    });
    const thinking = { type: 'enabled', budget_tokens: 2_000 };
    expect(sent({ ...ASKED, thinking })).toMatchObject({ thinking, max_tokens: 2_001 });
    expect(sent({ ...ASKED, max_tokens: 50 })).toMatchObject({ max_tokens: 50 });
  });

  it('takes requests of any length', () => {
    const content = 'ü'.repeat(3_000_000);
    expect(sent({ ...ASKED, messages: [{ role: 'user', content }] }).messages[0].content).toBe(content);
  });

  it('reads the number, and makes none up', () => {
    expect(countTokens.decode?.({ inputTokens: 19 }, target({}))).toEqual({ input_tokens: 19 });
    expect(() => countTokens.decode?.({}, target({}))).toThrow('returned no number');
  });

  it.each([
    ['unauthorized_upstream', 'AccessDeniedException'],
    ['rate_limited', 'Too many requests'],
    ['upstream_model_not_found', 'The provided model identifier is invalid.'],
    ['invalid_input', "The provided model doesn't support counting tokens."],
  ] as const)('is no reason for the model to rest where it cannot be had: %s', (kind, message) => {
    const failure = countTokens.failure?.(new GatewayError(kind, message));
    expect(failure).toMatchObject({ kind: 'unavailable', code: 'unsupported_operation', message });
  });

  it.each(['invalid_input', 'context_too_long', 'upstream_error'] as const)('fails as all else does: %s', (kind) => {
    const failure = new GatewayError(kind, 'messages.0: wrong');
    expect(countTokens.failure?.(failure)).toBe(failure);
  });
});

function sent(request: Loose): Loose {
  const body: Loose = countTokens.encode(request, target({}));
  return JSON.parse(Buffer.from(body.input.invokeModel.body, 'base64').toString());
}
