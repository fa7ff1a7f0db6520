import { createGateway, secret } from '@portico/core';
import type { Send } from '@portico/core/provider';
import { describe, expect, it } from 'vitest';
import { settings } from '../../test/connection-settings.js';
import { collected, type Loose, readEvents, target } from '../../test/read-stream.js';
import { survivesChanges } from '../../test/recorded.js';
import { chatCompletions } from './chat-completions.js';
import { replicate } from './index.js';

const DONE = {
  id: 'p1',
  status: 'succeeded',
  output: ['Hel', 'lo'],
  metrics: { input_token_count: 3, output_token_count: 2 },
};

describe('asking Replicate', () => {
  it.each([
    ['meta/llama', '/v1/models/meta/llama/predictions'],
    ['deployments/acme/llama', '/v1/deployments/acme/llama/predictions'],
    ['meta/llama:abc', '/v1/predictions'],
  ])('%s has its place, and is waited for (documented)', (model, path) => {
    const { paths, headers } = replicate.connect(settings({ model, apiKey: secret('r8') }));
    expect([paths['chat.completions'], headers.prefer, headers.authorization]).toEqual([path, 'wait=60', 'Bearer r8']);
  });

  it('makes one prompt of a conversation (documented)', () => {
    const messages = [
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello.' },
      { role: 'user', content: [{ type: 'text', text: 'How are you?' }] },
    ];
    expect(chatCompletions.encode({ messages, max_tokens: 5, stop: 'x' }, target({ model: 'a/b:v1' }))).toEqual({
      version: 'v1',
      input: {
        system_prompt: 'Be kind.',
        prompt: 'User: Hi\n\nAssistant: Hello.\n\nUser: How are you?\n\nAssistant:',
        max_tokens: 5,
        stop_sequences: ['x'],
      },
    });
    expect(chatCompletions.encode({ messages: [messages[1]] }, target()).input).toEqual({ prompt: 'Hi' });
    expect(() => chatCompletions.encode({ messages, tools: [{}] }, target())).toThrow(/tools/);
  });

  it('answers whole, and as a stream at once (documented)', () => {
    const whole: Loose = chatCompletions.decode?.(DONE, target());
    expect([whole.choices[0].message.content, whole.usage.total_tokens]).toEqual(['Hello', 5]);
    const { chunks, dones, usages } = readEvents(chatCompletions, [DONE]);
    expect([collected(chunks).message.content, dones, usages[0]?.chunk.usage]).toEqual(['Hello', 1, whole.usage]);
  });

  it('reaches clients of a gateway whole and as a stream, though it comes as JSON in both cases (documented)', async () => {
    const gateway = createGateway(
      {
        models: { llama: [{ model: 'replicate/meta/llama', apiKey: 'r8' }] },
        unknownPrice: 'allow',
      },
      { providers: [replicate], transport: { send: created, close: async () => {} }, environment: {} },
    );
    const question = { model: 'llama' as const, messages: [{ role: 'user', content: 'Hi' }] };
    const whole: Loose = await gateway.chat(question, { as: { id: 'job' } });
    expect(whole.choices[0].message.content).toBe('Hello');
    let text = '';
    for await (const chunk of gateway.chatStream(question, { as: { id: 'job' } })) {
      text += (chunk as Loose).choices[0]?.delta.content ?? '';
    }
    expect(text).toBe('Hello');
    await gateway.close();
  });

  it.each([
    ['processing', '', 'timeout'],
    ['failed', 'E1001: input is too long', 'context_too_long'],
    ['canceled', '', 'upstream_error'],
  ])('fails where a prediction is %s (documented)', (status, error, kind) => {
    expect(() => chatCompletions.decode?.({ id: 'p', status, error }, target())).toThrow(
      expect.objectContaining({ kind }),
    );
    expect(readEvents(chatCompletions, [{ id: 'p', status, error: error || null }]).failure?.kind).toBe(kind);
  });

  it('changed, ends in an answer or in a clean failure', { timeout: 60_000 }, () => {
    survivesChanges(chatCompletions, [[DONE], [{ ...DONE, output: 'Hello' }]]);
  });
});

const created: Send = async () => ({
  status: 201,
  headers: { get: (name) => (name === 'content-type' ? 'application/json' : undefined) },
  body: {
    start(sink) {
      for (const byte of new TextEncoder().encode(JSON.stringify(DONE))) sink.bytes(Uint8Array.of(byte));
      sink.end();
    },
    pause() {},
    resume() {},
    cancel() {},
  },
});
