import { secret } from '@portico/core';
import type { ConnectionSettings } from '@portico/core/provider';
import { describe, expect, it } from 'vitest';
import { target } from '../test/read-stream.js';
import { openai } from './openai.js';

function connect(settings: Partial<ConnectionSettings> = {}) {
  const usual = {
    model: 'gpt-4o',
    baseUrl: undefined,
    apiKey: secret('sk-test'),
    apiVersion: undefined,
    headers: {},
    options: {},
  };
  return openai.connect({ ...usual, ...settings });
}

describe('OpenAI', () => {
  it('is asked at its own address with a Bearer key', () => {
    expect(connect()).toEqual({
      origin: 'https://api.openai.com',
      model: 'gpt-4o',
      paths: {
        'chat.completions': '/v1/chat/completions',
        responses: '/v1/responses',
        'responses.compact': '/v1/responses/compact',
        completions: '/v1/completions',
        embeddings: '/v1/embeddings',
        moderations: '/v1/moderations',
        'images.generations': '/v1/images/generations',
        'images.edits': '/v1/images/edits',
        'audio.speech': '/v1/audio/speech',
        'audio.transcriptions': '/v1/audio/transcriptions',
        'audio.translations': '/v1/audio/translations',
      },
      relays: { files: '/v1/files', batches: '/v1/batches', realtime: '/v1/realtime?model=gpt-4o' },
      headers: { authorization: 'Bearer sk-test' },
    });
  });

  it.each([
    ['responses/gpt-4o', 'gpt-4o'],
    ['gpt-5-pro', 'gpt-5-pro'],
    ['gpt-5.2-codex', 'gpt-5.2-codex'],
    ['o3-deep-research-2025-06-26', 'o3-deep-research-2025-06-26'],
  ])('is asked for responses alone for %s', (reference, name) => {
    const { model, paths } = connect({ model: reference });
    expect([model, paths.responses, paths['chat.completions']]).toEqual([name, '/v1/responses', undefined]);
  });

  it('bills to the organization and project that the options name', () => {
    const { headers } = connect({ options: { organization: 'org-1', project: 'proj-1' } });
    expect(headers).toMatchObject({ 'openai-organization': 'org-1', 'openai-project': 'proj-1' });
  });

  it("takes the configuration's own headers over everything else", () => {
    const { headers } = connect({ headers: { authorization: 'Custom x', 'x-team': 'a' } });
    expect(headers).toEqual({ authorization: 'Custom x', 'x-team': 'a' });
  });

  it('says which options it knows', () => {
    expect(() => connect({ options: { organisation: 'org-1' } })).toThrow(
      'openai has no option "organisation". It has "organization", "project".',
    );
    expect(() => connect({ options: { project: 7 } })).toThrow('The option "project" of openai must be a string');
  });

  it('refuses a key that would break a header, without showing it', () => {
    const broken = () => connect({ apiKey: secret('sk-te\r\nx-evil: 1') });
    expect(broken).toThrow(/^The credential of openai contains a space, a line break/);
    expect(broken).not.toThrow(/evil/);
  });

  it("drops other vendors' reasoning from a conversation that began with them (R-XL-1)", () => {
    const to = target();
    const messages = [
      { role: 'assistant', content: 'a', reasoning_content: 'hm', thinking_blocks: [{ signature: 's' }] },
    ];
    expect(openai.codecs['chat.completions']?.encode({ messages }, to).messages).toEqual([
      { role: 'assistant', content: 'a' },
    ]);
    expect(to.warnings).toHaveLength(2);
  });
});
