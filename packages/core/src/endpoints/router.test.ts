import { describe, expect, it } from 'vitest';
import type { Endpoint, EndpointRoute } from './endpoint.js';
import { createRouter } from './router.js';
import { errorFormat } from './shared/error-format.js';

const endpoint = (name: string, ...routes: EndpointRoute[]): Endpoint => ({
  name,
  routes,
  errors: errorFormat,
  handle: () => ({ kind: 'whole', status: 200, headers: [], body: name }),
});
const chat = endpoint('chat.completions', { method: 'POST', path: '/chat/completions' });
const models = endpoint('models', { method: 'GET', path: '/models' });
const model = endpoint('model', { method: 'GET', path: '/models/{model...}' });
const file = endpoint('file', { method: 'GET', path: '/files/{id}' }, { method: 'DELETE', path: '/files/{id}' });
const content = endpoint('content', { method: 'GET', path: '/files/{id}/content' });
const ALL = [chat, models, model, file, content];

const match = createRouter(ALL, false);

describe('matching a path', () => {
  it('takes /v1 once, twice or not at all, and a trailing slash (R23)', () => {
    for (const path of [
      '/v1/chat/completions',
      '/chat/completions',
      '/v1/v1/chat/completions',
      '/v1/chat/completions/',
    ]) {
      expect(match('POST', path)?.endpoint).toBe(chat);
    }
  });

  it('gives the parts of a path as they were sent, and the rest of it with its slashes', () => {
    expect(match('GET', '/v1/models/team/fast')).toMatchObject({ endpoint: model, params: { model: 'team/fast' } });
    expect(match('GET', '/v1/models/team%2Ffast')).toMatchObject({ params: { model: 'team%2Ffast' } });
    expect(match('HEAD', '/v1/models')?.endpoint).toBe(models);
    expect(match('GET', '/v1/files/file-1')).toMatchObject({ endpoint: file, params: { id: 'file-1' } });
    expect(match('GET', '/files/file-1/content/')).toMatchObject({ endpoint: content, params: { id: 'file-1' } });
    expect(match('GET', '/v1/files/file-1/other')?.refusal?.status).toBe(404);
  });

  it('says which method an endpoint takes and which endpoints there are', () => {
    expect(match('GET', '/v1/chat/completions')?.refusal).toMatchObject({
      status: 405,
      message: expect.stringContaining('use POST'),
    });
    expect(match('POST', '/v1/files/file-1')?.refusal).toMatchObject({
      status: 405,
      message: expect.stringContaining('use GET or DELETE'),
    });
    expect(match('POST', '/v1/nothing')?.refusal).toMatchObject({
      status: 404,
      message: expect.stringContaining('GET /v1/models, GET /v1/models/{model...}'),
    });
  });

  it('leaves preflights to the host, and everything unknown if it was told to fall through (R24)', () => {
    expect(match('OPTIONS', '/v1/chat/completions')).toBeUndefined();
    expect(createRouter(ALL, true)('GET', '/elsewhere')).toBeUndefined();
  });

  it('asks a route whether it takes a path, and refuses one that must not be used', () => {
    const picky = (name: string, prefix: string) =>
      endpoint(name, {
        method: 'GET',
        path: `${prefix}/{path...}`,
        isExact: true,
        accepts: ({ path }) => path === name,
      });
    const routed = createRouter([picky('one', '/a'), picky('two', '/a')], false);
    expect(routed('GET', '/a/two')?.endpoint?.name).toBe('two');
    expect(routed('GET', '/a/three')?.refusal?.status).toBe(404);
    expect(routed('GET', '/v1/a/two')?.refusal?.status).toBe(404);
  });

  it('refuses two endpoints with one route', () => {
    expect(() => createRouter([chat, endpoint('mine', { method: 'POST', path: '/chat/completions' })], false)).toThrow(
      'endpoints: "mine" has the route POST /chat/completions of another endpoint.',
    );
  });
});
