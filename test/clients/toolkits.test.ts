import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import Instructor from '@instructor-ai/instructor';
import { ChatAnthropic } from '@langchain/anthropic';
import { HumanMessage, ToolMessage } from '@langchain/core/messages';
import { tool as langChainTool } from '@langchain/core/tools';
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';
import { tool as llamaIndexTool } from '@llamaindex/core/tools';
import { OpenAI as LlamaIndexOpenAI, OpenAIEmbedding, OpenAIResponses } from '@llamaindex/openai';
import {
  Agent,
  tool as agentTool,
  OpenAIChatCompletionsModel,
  OpenAIResponsesModel,
  Runner,
  setTracingDisabled,
} from '@openai/agents';
import type { Question, ScriptedReply } from '@portico/testing';
import { generateText, type LanguageModel, Output, stepCountIs, streamText, tool } from 'ai';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { z as z3 } from 'zod/v3';
import { type GatewayForClients, SPOKEN, startGateway } from './start-gateway.js';

// Toolkits people build on, unchanged, in front of a model that uses the tool it is offered and then says what came of it.

const CITY = { city: 'Oslo' };
const WEATHER = z.object({ city: z.string() });
const ANSWER = 'It rains in Oslo.';

function useTheTool({ tools, toolResults: [result] }: Question): ScriptedReply | undefined {
  if (result !== undefined) return `It ${result} in Oslo.`;
  return tools.length > 0 ? { calls: [{ name: 'weather', arguments: CITY }] } : undefined;
}

const start = (spoken: (typeof SPOKEN)[number]) => startGateway(spoken, { reply: useTheTool });

const AI_SDK: Readonly<Record<string, (gateway: GatewayForClients) => { model: LanguageModel; operation: string }>> = {
  '@ai-sdk/openai, chat': ({ baseUrl }) => ({
    model: createOpenAI({ baseURL: baseUrl, apiKey: 'unused' }).chat('chat'),
    operation: 'chat.completions',
  }),
  '@ai-sdk/openai, responses': ({ baseUrl }) => ({
    model: createOpenAI({ baseURL: baseUrl, apiKey: 'unused' }).responses('chat'),
    operation: 'responses',
  }),
  '@ai-sdk/openai-compatible': ({ baseUrl }) => ({
    model: createOpenAICompatible({ name: 'portico', baseURL: baseUrl, apiKey: 'unused', includeUsage: true })('chat'),
    operation: 'chat.completions',
  }),
  '@ai-sdk/anthropic': ({ baseUrl }) => ({
    model: createAnthropic({ baseURL: baseUrl, apiKey: 'unused' })('chat'),
    operation: 'messages',
  }),
};

describe.each(SPOKEN)('in front of a model that speaks %s', (spoken) => {
  describe.each(Object.entries(AI_SDK))('the AI SDK with %s', (_, modelOf) => {
    it('goes round the tool loop, whole and streamed', async () => {
      const gateway = await start(spoken);
      const { model, operation } = modelOf(gateway);
      const asked: unknown[] = [];
      const execute = (input: unknown) => {
        asked.push(input);
        return 'rains';
      };
      const weather = tool({ inputSchema: WEATHER, execute });
      const given = {
        model,
        prompt: 'How is it in Oslo?',
        tools: { weather },
        stopWhen: stepCountIs(3),
        maxRetries: 0,
      };

      const whole = await generateText(given);
      const streamed = streamText(given);

      expect(whole.text).toBe(ANSWER);
      expect(whole.steps).toHaveLength(2);
      expect(whole.totalUsage.totalTokens).toBeGreaterThan(0);
      expect(await streamed.text).toBe(ANSWER);
      expect(await streamed.finishReason).toBe('stop');
      expect((await streamed.totalUsage).totalTokens).toBeGreaterThan(0);
      expect(asked).toEqual([CITY, CITY]);
      const records = await gateway.records();
      expect(records).toHaveLength(4);
      for (const record of records) expect(record).toMatchObject({ operation, outcome: 'ok' });
    });

    it('is given an object of the shape it asks for', async () => {
      const { model } = modelOf(await startGateway(spoken, { reply: () => JSON.stringify(CITY) }));
      const { output } = await generateText({ model, prompt: 'Where?', output: Output.object({ schema: WEATHER }) });
      expect(output).toEqual(CITY);
    });
  });

  describe('LangChain', () => {
    it.each(['ChatOpenAI', 'ChatOpenAI with responses', 'ChatAnthropic'])(
      '(%s) binds a tool, reads its call and answers after its result, whole and streamed',
      async (kind) => {
        const { baseUrl, origin } = await start(spoken);
        const usual = { model: 'chat', apiKey: 'unused', maxRetries: 0 };
        const model =
          kind === 'ChatAnthropic'
            ? new ChatAnthropic({ ...usual, anthropicApiUrl: origin })
            : new ChatOpenAI({
                ...usual,
                useResponsesApi: kind.endsWith('responses'),
                configuration: { baseURL: baseUrl },
              });
        const weather = langChainTool(() => 'rains', { name: 'weather', description: 'Tells it.', schema: WEATHER });
        const question = new HumanMessage('How is it in Oslo?');
        // Each binds tools by an overload of its own, with the same arguments.
        const bound = (model as ChatOpenAI).bindTools([weather]);

        const called = await bound.invoke([question]);
        const [call] = called.tool_calls ?? [];
        expect(call).toMatchObject({ name: 'weather', args: CITY });
        const result = new ToolMessage({ content: 'rains', tool_call_id: call?.id ?? '' });
        const answer = await bound.invoke([question, called, result]);
        let streamed = '';
        for await (const chunk of await bound.stream([question, called, result])) streamed += chunk.text;

        expect(answer.text).toBe(ANSWER);
        expect(answer.usage_metadata).toMatchObject({ total_tokens: expect.any(Number) });
        expect(streamed).toBe(ANSWER);
      },
    );
  });

  describe('LlamaIndex', () => {
    it.each(['OpenAI', 'OpenAIResponses'])('(%s) chats, calls a tool and streams', async (kind) => {
      const { baseUrl } = await start(spoken);
      const usual = { model: 'chat', apiKey: 'unused', baseURL: baseUrl, maxRetries: 0 };
      // Both are models of the toolkit, told apart only by options nobody gives here.
      const llm = (kind === 'OpenAI' ? new LlamaIndexOpenAI(usual) : new OpenAIResponses(usual)) as LlamaIndexOpenAI;
      const messages = [{ role: 'user' as const, content: 'How is it in Oslo?' }];
      const execute = () => 'rains';
      const weather = llamaIndexTool({ name: 'weather', description: 'Tells it.', parameters: WEATHER, execute });

      const called = await llm.chat({ messages, tools: [weather] });
      // The options of any message may be anything; those of one that calls tools hold the calls.
      const { toolCall: [call] = [] } = called.message.options as { toolCall?: { id: string }[] };
      const toolResult = { id: call?.id ?? '', result: 'rains', isError: false };
      const answered = { role: 'user' as const, content: 'rains', options: { toolResult } };
      const answer = await llm.chat({ messages: [...messages, called.message, answered], tools: [weather] });
      let streamed = '';
      for await (const { delta } of await llm.chat({ messages, stream: true })) streamed += delta;

      expect(call).toMatchObject({ name: 'weather' });
      expect(answer.message.content).toBe(ANSWER);
      expect(streamed).toContain('How is it in Oslo?');
    });
  });

  describe('Instructor', () => {
    it.each(['TOOLS', 'JSON', 'MD_JSON'] as const)('has an answer in the shape of a schema, by %s', async (mode) => {
      const json = `\`\`\`json\n${JSON.stringify(CITY)}\n\`\`\``;
      const reply = ({ tools }: Question) =>
        tools.length > 0 ? undefined : mode === 'MD_JSON' ? json : JSON.stringify(CITY);
      const { openai } = await startGateway(spoken, { reply });
      const instructor = Instructor({ client: openai(), mode });
      const found = await instructor.chat.completions.create({
        model: 'chat',
        messages: [{ role: 'user', content: 'How is it in Oslo?' }],
        // It reads schemas of the Zod before this one.
        response_model: { schema: z3.object({ city: z3.string() }), name: 'Weather' },
      });
      expect(found).toMatchObject(CITY);
    });
  });

  describe('the OpenAI Agents SDK', () => {
    it.each([OpenAIResponsesModel, OpenAIChatCompletionsModel])(
      '(%o) runs an agent through its tool, whole and streamed',
      async (Model) => {
        const gateway = await start(spoken);
        setTracingDisabled(true);
        const asked: unknown[] = [];
        const weather = agentTool({
          name: 'weather',
          description: 'Tells it.',
          parameters: WEATHER,
          execute: (input) => {
            asked.push(input);
            return 'rains';
          },
        });
        const model = new Model(gateway.openai(), 'chat');
        const agent = new Agent({ name: 'Weather', instructions: 'Use your tool.', tools: [weather], model });
        const runner = new Runner();

        const whole = await runner.run(agent, 'How is it in Oslo?');
        const streamed = await runner.run(agent, 'How is it in Oslo?', { stream: true });
        let text = '';
        for await (const piece of streamed.toTextStream()) text += piece;
        await streamed.completed;

        expect(whole.finalOutput).toBe(ANSWER);
        expect(streamed.finalOutput).toBe(ANSWER);
        expect(text).toBe(ANSWER);
        expect(asked).toEqual([CITY, CITY]);
      },
    );
  });
});

describe('embeddings', () => {
  it('reach LangChain and LlamaIndex', async () => {
    const { baseUrl } = await startGateway('chat');
    const usual = { model: 'chat', apiKey: 'unused', dimensions: 8, maxRetries: 0 };
    const langChain = new OpenAIEmbeddings({ ...usual, configuration: { baseURL: baseUrl } });
    expect(await langChain.embedDocuments(['a', 'b'])).toMatchObject([{ length: 8 }, { length: 8 }]);
    const llamaIndex = new OpenAIEmbedding({ ...usual, baseURL: baseUrl });
    expect(await llamaIndex.getTextEmbedding('a')).toHaveLength(8);
  });
});
