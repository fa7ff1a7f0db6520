import { describe, expect, it } from 'vitest';
import { chatCompletions } from './chat-completions/format.js';
import { createMatcher } from './router.js';

const match = createMatcher({ asked: [chatCompletions] }, false);

describe('matching a path', () => {
  it('takes /v1 once, twice or not at all, and a trailing slash (R23)', () => {
    for (const path of [
      '/v1/chat/completions',
      '/chat/completions',
      '/v1/v1/chat/completions',
      '/v1/chat/completions/',
    ]) {
      expect(match('POST', path)).toBe(chatCompletions);
    }
  });

  it('finds a model whose name holds slashes, encoded or not', () => {
    expect(match('GET', '/v1/models/team/fast')).toEqual({ kind: 'model', id: 'team/fast' });
    expect(match('GET', '/v1/models/team%2Ffast')).toEqual({ kind: 'model', id: 'team/fast' });
    expect(match('HEAD', '/v1/models')).toEqual({ kind: 'models' });
  });

  it('says which method an endpoint takes and which endpoints there are', () => {
    expect(match('GET', '/v1/chat/completions')).toMatchObject({
      error: { status: 405, message: expect.stringContaining('use POST') },
    });
    expect(match('POST', '/v1/nothing')).toMatchObject({
      error: { status: 404, message: expect.stringContaining('/v1/models') },
    });
  });

  it('leaves preflights to the host, and everything unknown if it was told to fall through (R24)', () => {
    expect(match('OPTIONS', '/v1/chat/completions')).toBeUndefined();
    expect(createMatcher({ asked: [chatCompletions] }, true)('GET', '/elsewhere')).toBeUndefined();
  });
});
