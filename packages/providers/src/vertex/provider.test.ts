import { secret } from '@portico/core';
import type { ConnectionSettings } from '@portico/core/provider';
import { describe, expect, it } from 'vitest';
import { vertex } from './index.js';

const project = { project: 'acme' };

describe('a connection to Vertex AI', () => {
  it.each([
    ['us-central1', 'https://us-central1-aiplatform.googleapis.com'],
    ['global', 'https://aiplatform.googleapis.com'],
    ['eu', 'https://aiplatform.eu.rep.googleapis.com'],
  ])('goes to the place %s', (location, origin) => {
    const connection = connect({ options: { ...project, location } });
    expect(connection.origin).toBe(origin);
    const path = `/v1beta1/projects/acme/locations/${location}/publishers/google/models/gemini-2.5-flash`;
    expect(connection.paths).toEqual({
      'chat.completions': `${path}:generateContent`,
      'messages.count_tokens': `${path}:countTokens`,
      embeddings: `${path}:predict`,
    });
    expect(connection.streamPaths).toEqual({ 'chat.completions': `${path}:streamGenerateContent?alt=sse` });
  });

  it.each([
    ['publishers/google/models/gemini-2.5-pro', '/publishers/google/models/gemini-2.5-pro'],
    ['google/gemini-2.5-pro', '/publishers/google/models/gemini-2.5-pro'],
    ['1234567890', '/endpoints/1234567890'],
    ['gemini/1234567890', '/endpoints/1234567890'],
  ])('knows %s as %s', (model, path) => {
    expect(connect({ model, options: project }).paths['chat.completions']).toBe(
      `/v1beta1/projects/acme/locations/us-central1${path}:generateContent`,
    );
  });

  it('asks newer embedding models for one content', () => {
    expect(connect({ model: 'gemini-embedding-2', options: project }).paths.embeddings).toMatch(/:embedContent$/);
  });

  it('takes another version, and another address', () => {
    const { origin, paths } = connect({ baseUrl: 'https://a.example/x/v1', options: project });
    expect([origin, paths['chat.completions']]).toEqual([
      'https://a.example',
      '/x/v1/projects/acme/locations/us-central1/publishers/google/models/gemini-2.5-flash:generateContent',
    ]);
    expect(connect({ apiVersion: 'v1', options: project }).paths['chat.completions']).toMatch(/^\/v1\/projects/);
  });

  it('needs no project with a key, which goes in a header', () => {
    const { origin, paths, headers, sign } = connect({ apiKey: secret('AQ.express') });
    expect([origin + paths['chat.completions'], headers, sign]).toEqual([
      'https://aiplatform.googleapis.com/v1beta1/publishers/google/models/gemini-2.5-flash:generateContent',
      { 'x-goog-api-key': 'AQ.express' },
      undefined,
    ]);
  });

  it('finds the project in the credentials', () => {
    const key = { type: 'service_account', client_email: 'a@b', private_key: 'x', project_id: 'from-key' };
    for (const settings of [{ options: { credentials: key } }, { apiKey: secret(JSON.stringify(key)) }]) {
      expect(connect(settings).paths['chat.completions']).toContain('/projects/from-key/');
    }
  });

  it('leaves a credential in the configured headers alone', () => {
    const headers = { authorization: 'Bearer own' };
    const connection = connect({ headers, options: project });
    expect([connection.headers, connection.sign]).toEqual([headers, undefined]);
  });

  it.each([
    [{}, 'vertex_ai needs the option "project"'],
    [{ options: { ...project, location: 'a.example/' } }, '"a.example/" is not a location of vertex_ai.'],
    [{ options: { ...project, region: 'x' } }, 'vertex_ai has no option "region".'],
    [{ options: { ...project, tokenProvider: 'x' } }, 'The option "tokenProvider" of vertex_ai must be a function.'],
    [{ options: { ...project, credentials: 7 } }, 'The option "credentials" of vertex_ai must be'],
    [{ options: { ...project, credentials: '{"type":' } }, 'must be the JSON of a key file'],
    [{ options: { ...project, credentials: { type: 'external_account' } } }, 'set the option "tokenProvider"'],
    [{ options: { ...project, credentials: { type: 'service_account' } } }, 'have no "client_email"'],
    [{ model: 'llama-4-maas', options: project }, 'write "llama-4-maas" with its publisher in front'],
  ])('says what is wrong with %j', (settings, message) => {
    expect(() => connect(settings)).toThrow(message);
  });

  it('never says what the credentials hold', () => {
    const text = '{"type":"service_account","private_key":"hush-hush"';
    expect(() => connect({ apiKey: secret(text), options: project })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hush') }),
    );
  });
});

function connect(settings: Partial<ConnectionSettings>) {
  return vertex.connect({
    model: 'gemini-2.5-flash',
    baseUrl: undefined,
    apiKey: undefined,
    apiVersion: undefined,
    headers: {},
    options: {},
    ...settings,
  });
}
