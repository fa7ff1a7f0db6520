import { describe, expect, it } from 'vitest';
import { presentableText } from './presentable-text.js';

describe('the words of a vendor', () => {
  it.each([
    ['Incorrect API key provided: sk-proj-abc123DEF456.', 'abc123'],
    ['Incorrect API key provided: sk-inval**************-key.', 'inval'],
    ['You sent: Bearer abcdefgh12345678', 'abcdefgh'],
    ['key gsk_0123456789abcdef is not active', '0123456789'],
    ['AIzaSyA-0123456789abcdefghijklmnopqrstu is not valid', '0123456789'],
    ['token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl expired', 'eyJ'],
    ['subscription 0123456789abcdef0123456789abcdef was not found', '0123456789'],
  ])('lose the credential in "%s" (R-LOG-1)', (text, credential) => {
    expect(presentableText(text)).toContain('[hidden]');
    expect(presentableText(text)).not.toContain(credential);
  });

  it.each([
    "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
    'The model `claude-sonnet-4-5-20250929-thinking` does not exist (request 7f0c5a0e-9f4c-4c5b-8a43-0c9b1c2d3e4f).',
    'See https://platform.openai.com/docs/guides/error-codes/api-errors.',
  ])('are kept otherwise: "%s"', (text) => {
    expect(presentableText(text)).toBe(text);
  });

  it.each([undefined, '', '  ', '<html><body>502</body></html>', 'Error <!DOCTYPE html><p>'])(
    '%j are none (f20)',
    (text) => {
      expect(presentableText(text)).toBeUndefined();
    },
  );

  it('are bounded', () => {
    expect(presentableText('word '.repeat(10_000))?.length).toBeLessThan(2_100);
  });
});
