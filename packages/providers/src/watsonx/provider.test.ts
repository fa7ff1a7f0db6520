import { secret } from '@portico/core';
import type { ConnectionSettings } from '@portico/core/provider';
import { describe, expect, it } from 'vitest';
import { settings } from '../../test/connection-settings.js';
import { type Loose, readBody, target } from '../../test/read-stream.js';
import { absent, answersOf, bodyOf, framesOf, reason, survivesChanges } from '../../test/recorded.js';
import { signedBy } from '../../test/signing.js';
import { watsonx } from './index.js';

const QUESTION = { messages: [{ role: 'user', content: 'Hello' }] };

describe('asking watsonx.ai', () => {
  it('gets a token for the key and sends it (documented)', async () => {
    const { request, asked } = await signedBy(connect({ apiKey: secret('ibm-key') }), {
      access_token: 't',
      expires_in: 60,
    });
    expect(request.headers.authorization).toBe('Bearer t');
    expect([asked[0]?.origin, asked[0]?.path]).toEqual(['https://iam.cloud.ibm.com', '/identity/token']);
    expect(Object.fromEntries(new URLSearchParams(asked[0]?.body as string))).toEqual({
      grant_type: 'urn:ibm:params:oauth:grant-type:apikey',
      apikey: 'ibm-key',
    });
  });

  it('takes a token, or a key of Cloud Pak, as it is, and refuses to start without any (documented)', () => {
    expect(connect({ options: { token: 't' } }).headers.authorization).toBe('Bearer t');
    expect(connect({ options: { zenApiKey: secret('z') } }).headers.authorization).toBe('ZenApiKey z');
    expect(() => connect({})).toThrow(/WATSONX_APIKEY/);
  });

  it('names the version, the place and the model, in its own words (documented)', () => {
    const { origin, paths, streamPaths, codecs } = connect({
      options: { token: 't', region: 'eu-de', projectId: 'p' },
      apiVersion: '2025-01-01',
    });
    expect(origin + paths['chat.completions']).toBe(
      'https://eu-de.ml.cloud.ibm.com/ml/v1/text/chat?version=2025-01-01',
    );
    expect(streamPaths?.['chat.completions']).toBe('/ml/v1/text/chat_stream?version=2025-01-01');
    const asked = { ...QUESTION, tool_choice: 'required', stream: true, stream_options: { include_usage: true } };
    expect(codecs?.['chat.completions']?.encode(asked, target({ model: 'ibm/granite', stream: true }))).toEqual({
      messages: QUESTION.messages,
      model_id: 'ibm/granite',
      project_id: 'p',
      tool_choice_option: 'required',
    });
  });

  it('asks a deployment of its own by its address alone (documented)', () => {
    const { paths, codecs } = connect({ model: 'deployment/d1', options: { token: 't', projectId: 'p' } });
    expect(paths['chat.completions']).toMatch(/^\/ml\/v1\/deployments\/d1\/text\/chat\?/);
    expect(codecs?.['chat.completions']?.encode(QUESTION, target({ model: 'deployment/d1' }))).toEqual(QUESTION);
  });

  it('embeds and ranks (documented)', () => {
    const { codecs } = connect({ options: { token: 't', spaceId: 's' } });
    expect(codecs?.embeddings?.encode({ input: 'a', truncate_input_tokens: 9 }, target())).toEqual({
      inputs: ['a'],
      model_id: 'some-model',
      space_id: 's',
      parameters: { truncate_input_tokens: 9 },
    });
    const vectors = { results: [{ embedding: [1] }], input_token_count: 3 };
    const embedded: Loose = codecs?.embeddings?.decode?.(vectors, target(), {});
    expect(embedded.data[0].embedding).toEqual([1]);
    expect(codecs?.rerank?.encode({ query: 'q', documents: ['a'], top_n: 1 }, target())).toMatchObject({
      query: 'q',
      inputs: [{ text: 'a' }],
      parameters: { return_options: { inputs: false, top_n: 1 } },
    });
    const ranked = { model_id: 'm', results: [{ index: 0, score: 0.5 }], input_token_count: 3 };
    expect(codecs?.rerank?.decode?.(ranked, target())).toEqual({
      model: 'm',
      results: [{ index: 0, relevance_score: 0.5 }],
      meta: { tokens: { input_tokens: 3 } },
    });
  });

  it.each([
    [404, 'model_not_supported', 'upstream_model_not_found'],
    [403, 'token_quota_reached', 'quota_exhausted'],
    [401, 'authentication_token_expired', 'unauthorized_upstream'],
  ])('tells errors by kind: %d %s (documented)', (status, code, kind) => {
    const body = { errors: [{ code, message: 'no' }], trace: 'x', status_code: status };
    expect(watsonx.classify({ status, body, text: '', headers: { get: () => undefined } }).kind).toBe(kind);
  });
});

describe(`recorded streams of watsonx.ai${reason}`, { timeout: 120_000 }, () => {
  it.skipIf(absent)('are read, and changed ones end in an answer or in a clean failure', () => {
    const codec = watsonx.codecs['chat.completions'] as NonNullable<(typeof watsonx.codecs)['chat.completions']>;
    const cases = answersOf('chat', true).filter(({ provider }) => provider === 'watsonx');
    expect(cases).toHaveLength(10);
    for (const recorded of cases) {
      const { dones, malformed, usages } = readBody(codec, bodyOf(recorded));
      expect.soft([dones, malformed, usages.length], recorded.id).toEqual([1, 0, 1]);
    }
    survivesChanges(codec, cases.map(framesOf));
  });
});

function connect(changes: Partial<ConnectionSettings>) {
  return watsonx.connect(settings(changes));
}
