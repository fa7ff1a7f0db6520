import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { HumanMessage } from '@langchain/core/messages';
import { ChatOpenAI } from '@langchain/openai';
import { expectNoOpenRequests, type FakeProvider, startFakeProvider } from '@portico/testing';
import { generateText, jsonSchema, streamText, tool } from 'ai';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { gatewayOn, QUICK, WIRES } from '../support/gateway-on.js';
import { MOUNTS, type MountName } from '../support/mounts.js';

// Clients that people use, against every host. Anthropic's own is in test/scenarios/messages.test.ts.

let provider: FakeProvider;
beforeAll(async () => {
  provider = await startFakeProvider();
});
afterAll(() => provider.close());

const QUESTION = 'Tell me of porticos.';

describe.each(Object.keys(MOUNTS) as MountName[])('by %s', (mount) => {
  describe('the official client of OpenAI', () => {
    it('lists models, asks for text, embeddings and a stream', async () => {
      const { mounted } = await start(mount);
      const openai = mounted.openai();
      const models = await openai.models.list();
      expect(models.data.map(({ id }) => id)).toEqual(['chat']);
      expect(await openai.models.retrieve('chat')).toEqual(models.data[0]);
      await expect(openai.models.retrieve('nothing')).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
      const messages = [{ role: 'user' as const, content: QUESTION }];
      const whole = await openai.chat.completions.create({ model: 'chat', messages });
      expect(whole.choices[0]?.message.content).toContain('portico');
      const stream = openai.chat.completions.stream({
        model: 'chat',
        messages,
        stream_options: { include_usage: true },
      });
      const final = await stream.finalChatCompletion();
      expect(final.choices[0]?.finish_reason).toBe('stop');
      expect(final.usage?.total_tokens).toBeGreaterThan(0);
      const embedded = await openai.embeddings.create({ model: 'chat', input: ['a', 'b'], dimensions: 8 });
      expect(embedded.data).toHaveLength(2);
    });
  });

  describe('the AI SDK', () => {
    it('generates text and calls a tool, whose result it sends back', async () => {
      const { model } = await startAiSdk(mount);
      let asked: unknown;
      const inputSchema = jsonSchema<{ city: string }>({ type: 'object', properties: { city: { type: 'string' } } });
      const weather = tool({
        inputSchema,
        execute: (input) => {
          asked = input;
          return 'It rains.';
        },
      });
      expect((await generateText({ model, prompt: QUESTION })).text).toContain('portico');
      const result = await generateText({ model, prompt: 'The weather?', tools: { weather }, toolChoice: 'required' });
      expect(asked).toEqual({ city: expect.any(String) });
      expect(result.finishReason).toBe('tool-calls');
      expect(result.usage.totalTokens).toBeGreaterThan(0);
    });

    it('streams, and its stop button stops the model', async () => {
      const { model, provider: own } = await startAiSdk(mount, 'fault-f47');
      const stop = new AbortController();
      const { textStream } = streamText({
        model,
        prompt: QUESTION,
        abortSignal: stop.signal,
        onError: () => undefined,
      });
      let pieces = 0;
      for await (const piece of textStream) {
        pieces += piece.length > 0 ? 1 : 0;
        if (pieces === 3) stop.abort();
      }
      expect(pieces).toBeGreaterThanOrEqual(3);
      await expectNoOpenRequests(own);
    });
  });

  describe('LangChain', () => {
    it('invokes and streams', async () => {
      const { mounted } = await start(mount);
      const model = new ChatOpenAI({
        model: 'chat',
        apiKey: 'unused',
        maxRetries: 0,
        configuration: { baseURL: mounted.baseUrl, fetch: mounted.fetch },
      });
      const whole = await model.invoke([new HumanMessage(QUESTION)]);
      expect(whole.content).toContain('portico');
      let streamed = '';
      for await (const chunk of await model.stream(QUESTION)) streamed += chunk.text;
      expect(streamed).toContain('portico');
    });
  });
});

async function start(mount: MountName) {
  const mounted = await MOUNTS[mount](gatewayOn(provider));
  onTestFinished(() => mounted.close());
  return { mounted };
}

async function startAiSdk(mount: MountName, model = 'well') {
  const own = model === 'well' ? provider : await startFakeProvider();
  const mounted = await MOUNTS[mount]({ ...QUICK, models: { chat: [WIRES.openai(own, model)] } });
  onTestFinished(async () => {
    await mounted.close();
    if (own !== provider) await own.close();
  });
  const portico = createOpenAICompatible({
    name: 'portico',
    baseURL: mounted.baseUrl,
    apiKey: 'unused',
    fetch: mounted.fetch,
    includeUsage: true,
  });
  return { model: portico('chat'), provider: own };
}
