import type { JsonObject } from '@portico/core';
import { describe, expect, it } from 'vitest';
import { target } from '../../test/read-stream.js';
import { chatCompletions } from './chat-completions.js';

describe('the parameters of a chat, told to Anthropic', () => {
  it.each([
    [{ max_completion_tokens: 7, max_tokens: 9 }, { max_tokens: 7 }],
    [{ max_tokens: 9 }, { max_tokens: 9 }],
    [{ temperature: 0 }, { temperature: 0 }],
    [{ top_p: 0.5 }, { top_p: 0.5 }],
    [{ top_k: 5 }, { top_k: 5 }],
    [{ stop: 'END' }, { stop_sequences: ['END'] }],
    [{ stop: ['A', 'B'] }, { stop_sequences: ['A', 'B'] }],
    [{ stop_sequences: ['A'], stop: ['B'] }, { stop_sequences: ['A', 'B'] }],
    [{ service_tier: 'auto' }, { service_tier: 'auto' }],
    [{ service_tier: 'default' }, { service_tier: 'standard_only' }],
    [{ user: 'u1' }, { metadata: { user_id: 'u1' } }],
    [{ safety_identifier: 's1', user: 'u1' }, { metadata: { user_id: 's1' } }],
    [{ metadata: { user_id: 'm1', team: 'blue' } }, { metadata: { user_id: 'm1' } }],
    [{ metadata: { team: 'blue' } }, {}],
    [{ cache_control: { type: 'ephemeral' } }, { cache_control: { type: 'ephemeral' } }],
    [
      { container: 'c1', speed: 'fast', inference_geo: 'us' },
      { container: 'c1', speed: 'fast', inference_geo: 'us' },
    ],
    [{ output_config: { effort: 'low' } }, { output_config: { effort: 'low' } }],
  ])('%j becomes %j', (given, expected) => {
    const { warnings, ...fields } = encode(given);
    expect(fields).toEqual({ max_tokens: 64_000, ...expected });
    expect(warnings).toEqual([]);
  });

  it.each([
    { n: 1, frequency_penalty: 0, presence_penalty: 0, logit_bias: {}, logprobs: false, top_logprobs: 0 },
    { modalities: ['text'], store: false, top_p: 1, stream_options: { include_usage: true } },
    { temperature: null, stop: null, tools: null, seed: null, response_format: null, anything: null },
  ])('%j ask for nothing', (given) => {
    expect(encode(given)).toEqual({ max_tokens: 64_000, warnings: [] });
  });

  it.each([
    { seed: 1 },
    { verbosity: 'low' },
    { store: true },
    { prediction: { type: 'content', content: 'x' } },
    { prompt_cache_key: 'k' },
    { min_p: 0.1 },
    { service_tier: 'priority' },
    { user: 'ada@example.com' },
    { user: '+49 170 1234567' },
    { stop: ' ' },
  ])('%j is left out with a remark (R-XL-4)', (given) => {
    const { warnings, ...fields } = encode(given);
    expect(fields).toEqual({ max_tokens: 64_000 });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).not.toMatch(/ada@|1234567/);
  });

  it.each([
    [{ n: 2 }, 'n'],
    [{ frequency_penalty: 0.5 }, 'frequency_penalty'],
    [{ presence_penalty: -1 }, 'presence_penalty'],
    [{ logit_bias: { 5: 1 } }, 'logit_bias'],
    [{ logprobs: true }, 'logprobs'],
    [{ top_logprobs: 3 }, 'top_logprobs'],
    [{ modalities: ['text', 'audio'] }, 'modalities'],
    [{ audio: { voice: 'alloy' } }, 'audio'],
    [{ moderation: { model: 'x' } }, 'moderation'],
    [{ temperature: 0.5, top_p: 0.5 }, 'top_p'],
    [{ temperature: 0.5, reasoning_effort: 'low' }, 'temperature'],
    [{ top_p: 0.5, reasoning_effort: 'low' }, 'top_p'],
    [{ top_k: 5, reasoning_effort: 'low' }, 'top_k'],
  ])('%j is refused, or left out with a remark where the deployment allows that', (given, param) => {
    expect(() => encode(given)).toThrow(
      expect.objectContaining({ kind: 'invalid_input', status: 400, param, code: 'unsupported_parameter' }),
    );
    const { warnings, ...fields } = encode(given, { dropUnsupported: true });
    expect(fields).not.toHaveProperty(param);
    expect(warnings).toHaveLength(1);
  });

  it('lowers a temperature above what the wire takes', () => {
    const { temperature, warnings } = encode({ temperature: 1.7 });
    expect(temperature).toBe(1);
    expect(warnings).toEqual(['"temperature" was lowered to 1, the maximum of this API.']);
  });

  it('leaves models that choose their own sampling to it', () => {
    const newest = { model: 'claude-sonnet-5' };
    expect(encode({ temperature: 1, top_p: 1 }, newest)).toEqual({ max_tokens: 64_000, warnings: [] });
    expect(() => encode({ temperature: 0 }, newest)).toThrow(expect.objectContaining({ param: 'temperature' }));
    expect(() => encode({ top_p: 0.9 }, newest)).toThrow(expect.objectContaining({ param: 'top_p' }));
    expect(encode({ temperature: 0.5, top_p: 0.5 }, { model: 'claude-3-5-haiku-latest' })).toMatchObject({
      temperature: 0.5,
      top_p: 0.5,
    });
  });

  it('keeps a top_p that goes with thinking', () => {
    expect(encode({ top_p: 0.97, reasoning_effort: 'low' }).top_p).toBe(0.97);
  });

  it('names the model of the deployment and asks for a stream only where the client does', () => {
    const to = target({ model: 'my-claude', baseModel: 'claude-opus-4-6', stream: true });
    const body = chatCompletions.encode(
      { model: 'smart', messages: [{ role: 'user', content: 'Hi' }], stream: true },
      to,
    );
    expect(body).toEqual({
      model: 'my-claude',
      max_tokens: 64_000,
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
      stream: true,
    });
  });

  it('says the same remark once, however often it applies', () => {
    const to = target({ model: 'claude-sonnet-4-5' });
    const user = { role: 'user', name: 'ada', content: 'Hi' };
    chatCompletions.encode({ messages: [user, user, user] }, to);
    expect(to.warnings).toHaveLength(1);
  });

  it('is not confused by names that objects have from birth', () => {
    const body = JSON.parse('{"__proto__":{"a":1},"constructor":1,"messages":[{"role":"user","content":"Hi"}]}');
    expect(chatCompletions.encode(body, target({ model: 'claude-sonnet-4-5' }))).toEqual({
      model: 'claude-sonnet-4-5',
      max_tokens: 64_000,
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
    });
  });
});

function encode(request: JsonObject, changes: { model?: string; dropUnsupported?: boolean } = {}) {
  const to = target({ model: 'claude-sonnet-4-5', ...changes });
  const { model, messages, thinking, ...fields } = chatCompletions.encode(
    { messages: [{ role: 'user', content: 'Hi' }], ...request },
    to,
  );
  return { ...fields, warnings: to.warnings } as JsonObject & { warnings: string[] };
}
