import { secret } from '@portico/core';
import type { ConnectionSettings } from '@portico/core/provider';
import { describe, expect, it } from 'vitest';
import { bedrock, bedrockMantle } from './index.js';
import { readReference, withoutRegions } from './model-reference.js';

const HAIKU = 'anthropic.claude-haiku-4-5-20251001-v1:0';
const PROFILE = 'arn:aws:bedrock:eu-west-1:111122223333:application-inference-profile/abc';

describe('a reference to a model of Bedrock', () => {
  it.each([
    [HAIKU, { id: HAIKU, name: HAIKU }],
    [`us.${HAIKU}`, { id: `us.${HAIKU}`, name: `us.${HAIKU}` }],
    [`converse/${HAIKU}`, { route: 'converse', id: HAIKU, name: HAIKU }],
    [`invoke/us-gov-west-1/${HAIKU}`, { route: 'invoke', region: 'us-gov-west-1', id: HAIKU, name: HAIKU }],
    [`ap-northeast-1/${HAIKU}`, { region: 'ap-northeast-1', id: HAIKU, name: HAIKU }],
    [PROFILE, { region: 'eu-west-1', id: PROFILE, name: PROFILE }],
    [
      `converse/arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.${HAIKU}`,
      {
        route: 'converse',
        region: 'us-east-1',
        id: `arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.${HAIKU}`,
        name: `us.${HAIKU}`,
      },
    ],
    [
      'arn:aws:bedrock:us-west-2::foundation-model/amazon.rerank-v1:0',
      {
        region: 'us-west-2',
        id: 'arn:aws:bedrock:us-west-2::foundation-model/amazon.rerank-v1:0',
        name: 'amazon.rerank-v1:0',
      },
    ],
  ])('is taken apart: %s', (model, expected) => {
    expect(readReference(model)).toEqual({ route: undefined, region: undefined, ...expected });
  });

  it.each(['us.', 'eu.', 'apac.', 'global.', 'us-gov.', 'jp.', ''])('is a model in the regions "%s"', (prefix) => {
    expect(withoutRegions(`${prefix}${HAIKU}`)).toBe(HAIKU);
    expect(withoutRegions(`${prefix}zai.glm-4.7-flash`)).toBe('zai.glm-4.7-flash');
  });
});

describe('a connection to Bedrock', () => {
  it.each([
    ['us-east-1', 'https://bedrock-runtime.us-east-1.amazonaws.com'],
    ['cn-north-1', 'https://bedrock-runtime.cn-north-1.amazonaws.com.cn'],
  ])('goes to the region %s', (region, origin) => {
    const connection = connect({ options: { region } });
    expect(connection.origin).toBe(origin);
    expect(connection.paths).toEqual({
      'chat.completions': '/model/anthropic.claude-haiku-4-5-20251001-v1%3A0/converse',
      messages: '/model/anthropic.claude-haiku-4-5-20251001-v1%3A0/invoke',
      'messages.count_tokens': '/model/anthropic.claude-haiku-4-5-20251001-v1%3A0/count-tokens',
    });
    expect(connection.streamPaths).toEqual({
      'chat.completions': '/model/anthropic.claude-haiku-4-5-20251001-v1%3A0/converse-stream',
      messages: '/model/anthropic.claude-haiku-4-5-20251001-v1%3A0/invoke-with-response-stream',
    });
  });

  it('finds the region in the model, the options and the usual variables, in this order', () => {
    const environment = { AWS_REGION: 'eu-north-1', AWS_DEFAULT_REGION: 'sa-east-1' };
    expect(connect({ environment }).origin).toContain('.eu-north-1.');
    expect(connect({ environment, options: { region: 'us-west-2' } }).origin).toContain('.us-west-2.');
    expect(connect({ environment, model: PROFILE, options: { region: 'us-west-2' } }).origin).toContain('.eu-west-1.');
    expect(() => connect({})).toThrow('AWS_REGION');
    expect(() => connect({ options: { region: 'evil.example/' } })).toThrow('is not a region of bedrock');
  });

  it('puts an ARN into the address as one word, and asks what the base model can', () => {
    const arn = connect({ model: PROFILE });
    expect(arn.paths['chat.completions']).toBe(`/model/${encodeURIComponent(PROFILE)}/converse`);
    expect(arn.paths).not.toHaveProperty('messages');
    expect(connect({ model: PROFILE, baseModel: HAIKU }).paths).toHaveProperty('messages');
    const named = connect({ options: { modelId: PROFILE } });
    expect([named.paths['chat.completions'], named.baseModel]).toEqual([arn.paths['chat.completions'], HAIKU]);
  });

  it('counts tokens with the model behind an inference profile, which counts none itself', () => {
    const path = '/model/anthropic.claude-haiku-4-5-20251001-v1%3A0/count-tokens';
    const options = { region: 'us-east-1' };
    for (const model of [HAIKU, `us.${HAIKU}`, `converse/global.${HAIKU}`]) {
      expect(connect({ model, options }).paths['messages.count_tokens']).toBe(path);
    }
    expect(connect({ model: PROFILE, baseModel: `eu.${HAIKU}` }).paths['messages.count_tokens']).toBe(path);
    // Bedrock does not know it by such a name.
    expect(connect({ model: PROFILE, baseModel: 'claude-haiku-4-5' }).paths).not.toHaveProperty(
      'messages.count_tokens',
    );
  });

  it.each([
    [`invoke/${HAIKU}`, ['chat.completions', 'messages', 'messages.count_tokens'], '/invoke'],
    ['openai/openai.gpt-oss-20b-1:0', ['chat.completions'], '/openai/v1/chat/completions'],
    ['us.amazon.nova-pro-v1:0', ['chat.completions'], '/converse'],
    ['amazon.titan-embed-text-v2:0', ['embeddings'], '/invoke'],
    ['amazon.nova-2-multimodal-embeddings-v1:0', ['embeddings'], '/invoke'],
    ['us.cohere.embed-v4:0', ['embeddings'], '/invoke'],
    ['cohere.rerank-v3-5:0', ['rerank'], '/invoke'],
    ['stability.sd3-5-large-v1:0', ['images.generations'], '/invoke'],
    ['amazon.nova-canvas-v1:0', ['images.generations'], '/invoke'],
  ])('offers what %s can', (model, operations, end) => {
    const { paths } = connect({ model, options: { region: 'us-east-1' } });
    expect(Object.keys(paths)).toEqual(operations);
    expect(Object.values(paths)[0]?.endsWith(end)).toBe(true);
  });

  it('asks Claude alone by InvokeModel', () => {
    expect(() => connect({ model: 'invoke/meta.llama3-8b', options: { region: 'us-east-1' } })).toThrow(
      'for Claude only',
    );
  });

  it('sends a key of Bedrock as it is, and signs without one', () => {
    const options = { region: 'us-east-1' };
    const byKey = connect({ apiKey: secret('ABSKkey'), options });
    expect([byKey.headers, byKey.sign]).toEqual([{ authorization: 'Bearer ABSKkey' }, undefined]);
    expect(connect({ options }).sign).toBeDefined();
    const keys = { ...options, accessKeyId: 'AKID', secretAccessKey: secret('s') };
    expect(connect({ apiKey: secret('ABSKkey'), options: keys })).toMatchObject({
      headers: {},
      sign: expect.anything(),
    });
    const own = connect({ headers: { authorization: 'Own' }, options });
    expect([own.headers, own.sign]).toEqual([{ authorization: 'Own' }, undefined]);
  });

  it.each([
    [{ accessKeyId: 'AKID' }, '"secretAccessKey"'],
    [{ webIdentityToken: 'x' }, '"roleArn"'],
    [{ credentials: {} }, 'must be a function'],
    [{ reigon: 'x' }, 'no option "reigon"'],
  ])('says what is wrong with options: %j', (options, message) => {
    expect(() => connect({ options: { region: 'us-east-1', ...options } })).toThrow(message);
  });
});

describe('a connection to Bedrock in the wires of others', () => {
  it.each([
    [undefined, 'https://bedrock-mantle.us-east-1.api.aws', ''],
    ['https://a.example/x/v1', 'https://a.example', '/x'],
  ])('speaks OpenAI’s with most, and Anthropic’s with Claude: %s', (baseUrl, origin, root) => {
    const settings = { baseUrl, options: { region: 'us-east-1' }, apiKey: secret('ABSKkey') };
    const plain = bedrockMantle.connect({ ...SETTINGS, ...settings, model: 'openai.gpt-oss-120b' });
    expect([plain.origin, plain.paths]).toEqual([
      origin,
      { 'chat.completions': `${root}/v1/chat/completions`, responses: `${root}/v1/responses` },
    ]);
    const claude = bedrockMantle.connect({ ...SETTINGS, ...settings, model: 'anthropic.claude-opus-4-8' });
    const path = `${root}/anthropic/v1/messages`;
    expect(claude.paths).toEqual({
      'chat.completions': path,
      messages: path,
      'messages.count_tokens': `${path}/count_tokens`,
    });
    expect(claude.headers).toEqual({ 'anthropic-version': '2023-06-01', authorization: 'Bearer ABSKkey' });
  });
});

const SETTINGS: ConnectionSettings = {
  model: HAIKU,
  baseUrl: undefined,
  apiKey: undefined,
  apiVersion: undefined,
  headers: {},
  options: {},
};

function connect(settings: Partial<ConnectionSettings>) {
  return bedrock.connect({ ...SETTINGS, ...settings });
}
