import Anthropic from '@anthropic-ai/sdk';
import { readCase } from '@portico/testing';
import { toFile } from 'openai';
import { zodResponseFormat, zodTextFormat } from 'openai/helpers/zod';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { fixtures, WITHOUT_FIXTURES } from '../recorded/fixtures.js';
import { SPOKEN, startGateway, startRecorded } from './start-gateway.js';

// The official clients, with models of every wire behind. What happens to them when something fails is in test/scenarios.

const QUESTION = 'How is it in Oslo?';
const MESSAGES = [{ role: 'user' as const, content: QUESTION }];
const PARAMETERS = { type: 'object' as const, properties: { city: { type: 'string' } }, required: ['city'] };
const WEATHER = z.object({ city: z.string() });
const CITY = { city: 'Oslo' };

describe.each(SPOKEN)("OpenAI's client, in front of a model that speaks %s", (spoken) => {
  it('runs tools by itself, whole and streamed, to their end', async () => {
    const { openai } = await startGateway(spoken, {
      reply: ({ toolResults: [result] }) =>
        result === undefined ? { calls: [{ name: 'weather', arguments: CITY }] } : `It ${result}.`,
    });
    const asked: unknown[] = [];
    const weather = {
      type: 'function' as const,
      function: {
        name: 'weather',
        description: 'Tells it.',
        parameters: PARAMETERS,
        parse: (text: string): unknown => JSON.parse(text),
        function: (input: unknown) => {
          asked.push(input);
          return 'rains';
        },
      },
    };
    const given = { model: 'chat', messages: MESSAGES, tools: [weather] };
    const whole = openai().chat.completions.runTools(given);
    expect(await whole.finalContent()).toBe('It rains.');
    expect((await whole.totalUsage()).total_tokens).toBeGreaterThan(0);
    const streamed = openai().chat.completions.runTools({ ...given, stream: true });
    expect(await streamed.finalContent()).toBe('It rains.');
    expect(asked).toEqual([CITY, CITY]);
  });

  it('parses answers into the shape it asked for, on both of its wires', async () => {
    const { openai } = await startGateway(spoken, { reply: () => JSON.stringify(CITY) });
    const chat = await openai().chat.completions.parse({
      model: 'chat',
      messages: MESSAGES,
      response_format: zodResponseFormat(WEATHER, 'weather'),
    });
    expect(chat.choices[0]?.message.parsed).toEqual(CITY);
    const format = zodTextFormat(WEATHER, 'weather');
    const response = await openai().responses.parse({ model: 'chat', input: QUESTION, text: { format } });
    expect(response.output_parsed).toEqual(CITY);
    const streamed = await openai()
      .responses.stream({ model: 'chat', input: QUESTION, text: { format } })
      .finalResponse();
    expect(streamed.output_parsed).toEqual(CITY);
  });
});

describe("OpenAI's client, of what is no chat", () => {
  it('embeds, as numbers and packed', async () => {
    const { openai } = await startGateway('chat');
    const asked = { model: 'chat', input: ['a', 'b'], dimensions: 8 };
    const packed = await openai().embeddings.create(asked);
    const numbers = await openai().embeddings.create({ ...asked, encoding_format: 'float' });
    expect(packed.data.map(({ embedding }) => embedding.length)).toEqual([8, 8]);
    for (const [at, { embedding }] of numbers.data.entries()) {
      for (const [place, number] of embedding.entries())
        expect(number).toBeCloseTo(packed.data[at]?.embedding[place] ?? Number.NaN, 5);
    }
  });

  it('transcribes, whole and streamed', async () => {
    const { openai } = await startGateway('chat');
    const file = await toFile(Buffer.alloc(50_000), 'speech.wav');
    const whole = await openai().audio.transcriptions.create({ model: 'chat', file });
    expect(whole.text.length).toBeGreaterThan(0);
    let streamed = '';
    for await (const event of await openai().audio.transcriptions.create({ model: 'chat', file, stream: true })) {
      if (event.type === 'transcript.text.delta') streamed += event.delta;
    }
    expect(streamed.trim()).toBe(whole.text);
  });
});

describe('as vendors once answered', () => {
  if (fixtures === undefined) return it.skip(WITHOUT_FIXTURES, () => {});
  const folder = fixtures;
  const recorded = async (...ids: string[]) => {
    const gateway = await startRecorded(folder, ids);
    const anthropic = new Anthropic({ baseURL: gateway.origin, apiKey: 'unused', maxRetries: 0 });
    return { ...gateway, anthropic, openai: gateway.openai() };
  };

  it("OpenAI's client reads responses of OpenAI itself, whole and streamed", async () => {
    const [whole, streamed] = [
      'openai/responses-basic--gpt-4-1-nano-035958',
      'openai/responses-basic-stream--gpt-4-1-e451f6',
    ];
    const { openai } = await recorded(whole, streamed);
    const response = await openai.responses.create({ model: whole, input: QUESTION });
    expect(response.output_text).toBe(readCase(folder, whole).expected?.text);
    const final = await openai.responses.stream({ model: streamed, input: QUESTION }).finalResponse();
    expect(final.output_text).toBe(readCase(folder, streamed).expected?.text);
  });

  it("OpenAI's client makes images and sound, and moderates", async () => {
    const [image, sound, moderation] = [
      'openai/images--gpt-image-1-mini-cc442c',
      'openai/speech--tts-1-59bcc0',
      'openai/moderations--omni-moderation-latest-03c40d',
    ];
    const { openai } = await recorded(image, sound, moderation);
    const images = await openai.images.generate({ model: image, prompt: 'A portico.' });
    expect(images.data).toEqual([{ b64_json: expect.stringMatching(/^[\w+/=]+$/) }]);
    const spoken = await openai.audio.speech.create({ model: sound, voice: 'alloy', input: 'Hello.' });
    expect((await spoken.arrayBuffer()).byteLength).toBe(readCase(folder, sound).response.bytes.length);
    const judged = await openai.moderations.create({ model: moderation, input: 'Hello.' });
    expect(judged.results[0]?.flagged).toBeTypeOf('boolean');
  });

  const ask = (model: string) => ({ model, max_tokens: 4000, messages: MESSAGES });

  it.each([
    'gemini/generate-basic--gemini-2-5-flash-lite-80749a',
    'gemini/generate-basic-stream--gemini-2-5-flash-lite-aeaec9',
  ])("Anthropic's client reads what Gemini said: %s", async (id) => {
    const { anthropic } = await recorded(id);
    const message = await (id.includes('-stream--')
      ? anthropic.messages.stream(ask(id)).finalMessage()
      : anthropic.messages.create(ask(id)));
    expect(message.stop_reason).toBe('end_turn');
    expect(message.content).toEqual([{ type: 'text', text: readCase(folder, id).expected?.text }]);
    expect(message.usage.output_tokens).toBeGreaterThan(0);
  });

  it.each([
    'gemini/generate-tool-call--gemini-2-5-flash-lite-212f14',
    'gemini/generate-tool-call-stream--gemini-2-5-flash-lite-a18cdb',
  ])("Anthropic's client reads what Gemini called: %s", async (id) => {
    const { anthropic } = await recorded(id);
    const message = await (id.includes('-stream--')
      ? anthropic.messages.stream(ask(id)).finalMessage()
      : anthropic.messages.create(ask(id)));
    expect(message.stop_reason).toBe('tool_use');
    const calls = message.content.filter((block) => block.type === 'tool_use');
    expect(calls.length).toBeGreaterThan(0);
    for (const { id: callId, name, input } of calls) {
      expect([typeof callId, typeof name, typeof input]).toEqual(['string', 'string', 'object']);
    }
  });

  it.each([
    'anthropic/messages-reasoning--claude-sonnet-4-6-9a2d6e',
    'anthropic/messages-reasoning-stream--claude-sonnet-4-5-a02d8f',
    'deepseek/chat-reasoning--deepseek-reasoner-458ce1',
    'deepseek/chat-reasoning-stream--deepseek-v4-pro-0e5347',
    'gemini/generate-reasoning-stream--gemini-2-5-pro-d33c0b',
  ])("Anthropic's client is shown the thinking, then the answer: %s", async (id) => {
    const { anthropic } = await recorded(id);
    const asked = { ...ask(id), thinking: { type: 'enabled' as const, budget_tokens: 2000 } };
    const message = await (id.includes('-stream--')
      ? anthropic.messages.stream(asked).finalMessage()
      : anthropic.messages.create(asked));
    const thinking = message.content.find((block) => block.type === 'thinking');
    expect(thinking?.thinking.length).toBeGreaterThan(0);
    expect(message.content.findIndex(({ type }) => type === 'thinking')).toBe(0);
    expect(message.content.at(-1)?.type).toBe('text');
  });
});
