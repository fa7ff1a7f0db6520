import { secret } from '@portico/core';
import type { Codec } from '@portico/core/provider';
import { listCases, readCase } from '@portico/testing';
import { describe, expect, it } from 'vitest';
import { settings } from '../../test/connection-settings.js';
import { type Loose, target } from '../../test/read-stream.js';
import { absent, bodyOf, fixtures, reason } from '../../test/recorded.js';
import { vertex } from './index.js';

const QUESTION = { messages: [{ role: 'user', content: 'Hello' }] };
const PLACE = '/v1/projects/acme/locations/us-east5';

describe("partners' models on Vertex AI", () => {
  it.each([
    ['claude-sonnet-4-5@20250929', '/publishers/anthropic/models/claude-sonnet-4-5@20250929:rawPredict'],
    ['anthropic/claude-opus-4-1', '/publishers/anthropic/models/claude-opus-4-1:rawPredict'],
    ['publishers/anthropic/models/claude-opus-4-1', '/publishers/anthropic/models/claude-opus-4-1:rawPredict'],
    ['mistral-medium-3', '/publishers/mistralai/models/mistral-medium-3:rawPredict'],
    ['jamba-1.5-large@001', '/publishers/ai21/models/jamba-1.5-large@001:rawPredict'],
    ['meta/llama-4-maverick-17b-128e-instruct-maas', '/endpoints/openapi/chat/completions'],
  ])('%s is asked where it is served (documented)', (model, path) => {
    const { paths, streamPaths } = connect(model);
    expect(paths['chat.completions']).toBe(PLACE + path);
    expect(streamPaths?.['chat.completions']).toBe(PLACE + path.replace(':rawPredict', ':streamRawPredict'));
  });

  it('Claude is asked in its own wire, by the address and with the version in the body (documented)', () => {
    const { codecs, paths } = connect('claude-sonnet-4-5@20250929');
    const body: Loose = encode(codecs?.['chat.completions'], 'claude-sonnet-4-5@20250929', { stream: true });
    expect(body).toMatchObject({
      anthropic_version: 'vertex-2023-10-16',
      stream: true,
      max_tokens: expect.any(Number),
    });
    expect(body.model).toBeUndefined();
    expect(paths.messages).toBe(paths['chat.completions']);
    expect(codecs?.messages?.encode({ model: 'x', max_tokens: 5 }, target())).toEqual({
      anthropic_version: 'vertex-2023-10-16',
      max_tokens: 5,
    });
  });

  it('others are asked in the wire of the chat, by the name their host knows (documented)', () => {
    expect(
      encode(connect('mistral-medium-3').codecs?.['chat.completions'], 'mistral-medium-3', { seed: 1 }),
    ).toMatchObject({
      model: 'mistral-medium-3',
      random_seed: 1,
    });
    const llama = 'publishers/meta/models/llama-4-maas';
    expect(encode(connect(llama).codecs?.['chat.completions'], llama, {}).model).toBe('meta/llama-4-maas');
  });
});

describe(`recorded answers of Claude on Vertex AI${reason}`, () => {
  it.skipIf(absent)('are asked for as they were, and read', () => {
    const cases = listCases(fixtures, ({ api, provider }) => api === 'messages' && provider === 'vertex');
    expect(cases.length).toBe(6);
    for (const { id, model } of cases) {
      const recorded = readCase(fixtures, id);
      const { codecs } = connect(model);
      expect(codecs?.messages?.encode({ ...(recorded.request.body as object), model }, target()), id).toEqual(
        recorded.request.body,
      );
      const answer: Loose = codecs?.['chat.completions']?.decode?.(JSON.parse(bodyOf(recorded)), target());
      expect(answer.choices[0].message.content ?? '', id).toBe(recorded.expected?.text ?? '');
    }
  });
});

function encode(codec: Codec | undefined, model: string, more: { stream?: true; seed?: number }): Loose {
  return codec?.encode({ ...QUESTION, ...more }, target({ model, stream: more.stream ?? false }));
}

function connect(model: string) {
  const options = { project: 'acme', location: 'us-east5', tokenProvider: () => secret('t') };
  return vertex.connect(settings({ model, options }));
}
