import { describe, expect, it } from 'vitest';
import type { Deployment } from '../deployment.js';
import type { JsonObject } from '../encoding/json.js';
import { asksForTier, choicesOf } from './caller-choices.js';

const DEPLOYMENT = { codecs: {}, connection: { headers: {} } } as unknown as Deployment; // all that is read of it
const called = (name: string, body: JsonObject) =>
  [{ operation: { name }, headers: { get: () => undefined }, body }, DEPLOYMENT] as unknown as Parameters<
    typeof choicesOf
  >;

const NOTHING = { names: false, reaches: false, models: [] };

describe('what a request holds that can be refused', () => {
  it.each<[string, string, JsonObject]>([
    ['text', 'chat.completions', { messages: [{ role: 'user', content: 'see https://a.example' }], max_tokens: 3 }],
    [
      'a call of a tool and its result',
      'messages',
      {
        messages: [
          { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'f', input: { file_id: 'x' } }] },
          { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: 'y' }] },
        ],
      },
    ],
    [
      'a function with fields of any name',
      'chat.completions',
      {
        tools: [
          { type: 'function', function: { name: 'f', parameters: { properties: { file_id: { type: 'string' } } } } },
        ],
      },
    ],
    [
      'an image of its own',
      'chat.completions',
      {
        messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AA' } }] }],
      },
    ],
    ['what it is tagged with', 'responses', { input: 'Hi', metadata: { conversation_id: 'a' } }],
    ['nothing in many fields', 'chat.completions', { messages: [], conversation: null, audio: undefined }],
  ])('is nothing in a request with %s', (_what, name, body) => {
    expect(choicesOf(...called(name, body))).toMatchObject(NOTHING);
  });

  it.each<[string, string, JsonObject]>([
    [
      'a file',
      'chat.completions',
      { messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: 'a' } }] }] },
    ],
    [
      'an address',
      'chat.completions',
      {
        messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://a.example' } }] }],
      },
    ],
    ['an address that stands alone', 'images.edits', { image: ['https://a.example/b.png'] }],
    ['an item of a conversation', 'responses', { input: [{ type: 'item_reference', id: 'a' }] }],
    ['a field that nobody knows', 'chat.completions', { lora: 'a' }],
    ['more depth than is looked at', 'chat.completions', { messages: nested(100) }],
  ])('is a name in one with %s', (_what, name, body) => {
    expect(choicesOf(...called(name, body))).toMatchObject({ names: true, reaches: true });
  });

  it('is a name alone where it is a voice', () => {
    expect(choicesOf(...called('audio.speech', { input: 'Hi', voice: 'a' }))).toMatchObject({
      names: true,
      reaches: false,
    });
  });

  it('is a model in one that names another', () => {
    const body = { input: 'Hi', tools: [{ type: 'image_generation', model: 'a' }] };
    expect(choicesOf(...called('responses', body)).models).toEqual(['a']);
  });
});

describe('a tier', () => {
  it.each<[JsonObject, boolean]>([
    [{ service_tier: 'flex' }, true],
    [{ service_tier: 'auto' }, false],
    [{ service_tier: null }, false],
    [{ speed: 'fast' }, true],
    [{ speed: 1.25 }, false],
    [{ performanceConfig: { latency: 'optimized' } }, true],
    [{}, false],
  ])('is asked for by %j: %s', (body, expected) => {
    expect(asksForTier(...called('chat.completions', body))).toBe(expected);
  });
});

function nested(depth: number): unknown[] {
  return depth === 0 ? [] : [nested(depth - 1)];
}
