import { describe, expect, it } from 'vitest';
import { joinPath, parseBaseUrl } from './base-url.js';

describe('a base URL', () => {
  it.each([
    ['https://api.example.com/v1', 'https://api.example.com', '/v1/chat/completions'],
    ['https://api.example.com/v1/', 'https://api.example.com', '/v1/chat/completions'],
    ['https://api.example.com', 'https://api.example.com', '/chat/completions'],
    ['https://api.example.com//a//v1//', 'https://api.example.com', '/a/v1/chat/completions'],
    ['http://localhost:8080/v1', 'http://localhost:8080', '/v1/chat/completions'],
    ['https://api.example.com/v1/chat/completions', 'https://api.example.com', '/v1/chat/completions'],
    ['https://api.example.com/v1/embeddings', 'https://api.example.com', '/v1/chat/completions'],
    ['https://api.example.com/v1?tenant=a%20b', 'https://api.example.com', '/v1/chat/completions?tenant=a+b'],
  ])('%s is taken apart once', (text, origin, path) => {
    const base = parseBaseUrl(text, 'acme');
    expect([base.origin, joinPath(base, '/chat/completions')]).toEqual([origin, path]);
  });

  it.each(['api.example.com/v1', 'ftp://api.example.com', 'file:///etc/passwd', ''])('%s is refused', (text) => {
    expect(() => parseBaseUrl(text, 'acme')).toThrow(/^The base URL of acme must be complete/);
  });

  it('with a password is refused, and the password is not repeated (R-SEC-4)', () => {
    const refused = () => parseBaseUrl('https://user:hunter2@api.example.com', 'acme');
    expect(refused).toThrow(/must not contain a user name or a password/);
    expect(refused).not.toThrow(/hunter2/);
  });

  it('may be given a query, which wins over its own', () => {
    const base = parseBaseUrl('https://api.example.com/v1?api-version=old&tenant=a', 'acme');
    expect(joinPath(base, '/embeddings', { 'api-version': 'new' })).toBe('/v1/embeddings?api-version=new&tenant=a');
  });
});
