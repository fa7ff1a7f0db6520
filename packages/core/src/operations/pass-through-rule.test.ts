import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mayPass, type PassThroughRule } from './pass-through-rule.js';

const rule = (...paths: string[]) =>
  ({ paths: paths.map((path) => path.slice(1).split('/')) }) as unknown as PassThroughRule;

describe('a path that is handed on', () => {
  it.each([
    ['/v1/things', '/v1/things', true],
    ['/v1/things', '/v1/things/', false],
    ['/v1/things', '/v1/things/a', false],
    ['/v1/things/*', '/v1/things/a', true],
    ['/v1/things/*', '/v1/things', false],
    ['/v1/things/*/files', '/v1/things/a%20b/files', true],
    ['/v1/**', '/v1/a/b/c', true],
    ['/v1/**', '/v1', false],
    ['/v1beta/models/*', '/v1beta/models/gemini:generateContent', true],
    ['/**', '/a', true],
  ])('of %s: %s is %s', (pattern, path, allowed) => {
    expect(mayPass(rule(pattern), path)).toBe(allowed);
  });

  it.each([
    '',
    '/',
    'v1/x',
    '//evil.example/v1',
    '/v1//x',
    '/v1/../admin',
    '/v1/..',
    '/v1/./x',
    '/v1/%2e%2e/admin',
    '/v1/%252e%252e/admin',
    '/v1/.%2e/x',
    '/v1/a%2fb',
    '/v1/a%252fb',
    '/v1/a%5cb',
    '/v1/a\\b',
    '/v1/a#b',
    '/v1/a?b',
    '/v1/a%00',
    '/v1/a%0d%0aHost:x',
    '/v1/a\r\nb',
    '/v1/%',
    '/v1/%ff',
    '/v1/a b',
    '/v1/größe',
  ])('is never %j, whatever the rule (c07)', (path) => {
    expect(mayPass(rule('/**'), path)).toBeUndefined();
  });

  it('stays below what the rule names, as a URL is read, whatever is tried (R-SEC-5)', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '..',
        '.',
        '%2e',
        '%2E%2e',
        '%2f',
        '%5c',
        '\\',
        '@',
        '#',
        '?',
        ':',
        ';',
        '%00',
        '%0a',
        '//',
        'v1',
      ),
      fc.string({ maxLength: 4 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const path = `/v1/${pieces.join('/')}`;
        if (mayPass(rule('/v1/**'), path) !== true) return;
        const read = new URL(`https://api.example${path}`);
        expect([read.host, read.search, read.hash, read.username]).toEqual(['api.example', '', '', '']);
        expect(read.pathname).toBe(path);
        expect(decodeURIComponent(read.pathname).startsWith('/v1/')).toBe(true);
      }),
      { numRuns: 10_000 },
    );
  });
});
