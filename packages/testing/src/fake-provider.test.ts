import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RawAnswer, type RawOptions, rawRequest, readEvents } from '../test/raw-request.js';
import { type FakeProvider, startFakeProvider } from './fake-provider.js';

// Answers are read as a client without types would read them.
// biome-ignore lint/suspicious/noExplicitAny: a parsed answer has whatever shape the test is about to check.
type Json = any;

const user = (content: string) => ({ role: 'user', content });
const weatherSchema = {
  type: 'object',
  properties: {
    city: { type: 'string' },
    unit: { enum: ['celsius', 'fahrenheit'] },
    days: { type: 'integer', minimum: 2 },
  },
  required: ['city'],
};
const weatherTool = { type: 'function', function: { name: 'get_weather', parameters: weatherSchema } };

let provider: FakeProvider;
beforeAll(async () => {
  provider = await startFakeProvider();
});
afterAll(() => provider.close());

const ask = (path: string, body: unknown, options?: RawOptions): Promise<RawAnswer> =>
  rawRequest(`${provider.origin}${path}`, body, options).answer;
const askJson = async (path: string, body: unknown): Promise<Json> => JSON.parse((await ask(path, body)).text);
const stream = async (path: string, body: object): Promise<{ name: string | undefined; data: Json }[]> => {
  const answer = await ask(path, { ...body, stream: true });
  expect(answer.headers['content-type']).toContain('text/event-stream');
  return readEvents(answer.text).map(({ event, data }) => ({
    name: event,
    data: data === '[DONE]' ? data : JSON.parse(data),
  }));
};

describe('chat completions', () => {
  const question = { model: 'fake-small', messages: [user('What is the capital of France?')] };

  it('answers with a text that names the model, repeats the question and says what it is', async () => {
    const answer = await askJson('/v1/chat/completions', question);
    const { message, finish_reason } = answer.choices[0];
    expect(message.content).toContain('“What is the capital of France?”');
    expect(message.content).toContain('I am fake-small, played by a fake provider');
    expect(finish_reason).toBe('stop');
    expect(answer.usage.total_tokens).toBe(answer.usage.prompt_tokens + answer.usage.completion_tokens);
  });

  it('says the same on every run, streamed or not', async () => {
    const whole = await askJson('/v1/chat/completions', question);
    const events = await stream('/v1/chat/completions', question);
    const streamed = events.flatMap(({ data }) => data.choices ?? []).map((choice: Json) => choice.delta.content ?? '');
    expect(streamed.join('')).toBe(whole.choices[0].message.content);
    expect(streamed.length).toBeGreaterThan(50);
  });

  it('streams one role, the tokens, one finish reason and [DONE]', async () => {
    const events = await stream('/v1/chat/completions', { ...question, max_tokens: 3 });
    const choices = events.slice(0, -1).map(({ data }) => data.choices[0]);
    expect(choices.map((choice) => choice.delta.role)).toEqual(['assistant', ...Array(4).fill(undefined)]);
    expect(choices.map((choice) => choice.finish_reason)).toEqual([null, null, null, null, 'length']);
    expect(events.at(-1)?.data).toBe('[DONE]');
    expect(new Set(events.slice(0, -1).map(({ data }) => data.id)).size).toBe(1);
  });

  it('sends usage in a chunk of its own where it is asked for, and nowhere else', async () => {
    const without = await stream('/v1/chat/completions', question);
    expect(without.some(({ data }) => data.usage !== undefined)).toBe(false);
    const events = await stream('/v1/chat/completions', { ...question, stream_options: { include_usage: true } });
    const withUsage = events.filter(({ data }) => data.usage);
    expect(withUsage).toHaveLength(1);
    expect(withUsage[0]?.data).toMatchObject({ choices: [], usage: { prompt_tokens: 12 } });
    expect(events.at(-2)).toBe(withUsage[0]);
  });

  it('calls a tool that the question asks for, with arguments that fit its schema', async () => {
    const asked = { model: 'm', tools: [weatherTool], messages: [user('How is the weather in Paris?')] };
    const { message, finish_reason } = (await askJson('/v1/chat/completions', asked)).choices[0];
    expect(finish_reason).toBe('tool_calls');
    expect(message.content).toBeNull();
    expect(message.tool_calls[0].function.name).toBe('get_weather');
    expect(JSON.parse(message.tool_calls[0].function.arguments)).toEqual({ city: 'Paris', unit: 'celsius', days: 2 });

    const events = await stream('/v1/chat/completions', asked);
    const deltas = events.flatMap(({ data }) => data.choices?.[0].delta.tool_calls ?? []);
    expect(deltas.filter((delta: Json) => delta.id !== undefined)).toHaveLength(1);
    expect(deltas.length).toBeGreaterThan(2);
    expect(deltas.map((delta: Json) => delta.function.arguments).join('')).toBe(
      message.tool_calls[0].function.arguments,
    );
  });

  it('leaves the tools alone when the question is about something else or tool_choice says none', async () => {
    for (const more of [
      { messages: [user('Tell me a joke')] },
      { messages: [user('weather?')], tool_choice: 'none' },
    ]) {
      const answer = await askJson('/v1/chat/completions', { model: 'm', tools: [weatherTool], ...more });
      expect(answer.choices[0].finish_reason).toBe('stop');
    }
  });

  it('calls a tool when tool_choice forces it', async () => {
    for (const tool_choice of ['required', { type: 'function', function: { name: 'get_weather' } }]) {
      const body = { model: 'm', tools: [weatherTool], tool_choice, messages: [user('Hello')] };
      const answer = await askJson('/v1/chat/completions', body);
      expect(answer.choices[0].message.tool_calls[0].function.name).toBe('get_weather');
    }
  });

  it('answers in words once the tool has answered', async () => {
    const messages = [user('weather?'), { role: 'assistant', tool_calls: [] }, { role: 'tool', content: '21 degrees' }];
    const answer = await askJson('/v1/chat/completions', { model: 'm', tools: [weatherTool], messages });
    expect(answer.choices[0].message.content).toContain('“21 degrees”');
  });

  it('answers JSON that fits the response format', async () => {
    const json_schema = { name: 'weather', schema: weatherSchema };
    const response_format = { type: 'json_schema', json_schema };
    const answer = await askJson('/v1/chat/completions', {
      model: 'm',
      response_format,
      messages: [user('In Oslo Town?')],
    });
    expect(JSON.parse(answer.choices[0].message.content)).toEqual({ city: 'Oslo', unit: 'celsius', days: 2 });
  });

  it('lets a test put its own words in', async () => {
    const own = await startFakeProvider({ reply: ({ text }) => (text === 'ping' ? 'pong' : undefined) });
    const { text } = await rawRequest(`${own.url}/chat/completions`, { model: 'm', messages: [user('ping')] }).answer;
    expect(JSON.parse(text).choices[0].message.content).toBe('pong');
    await own.close();
  });

  it("plays an agent's model where the test scripts the calls, on each wire and streamed", async () => {
    const own = await startFakeProvider({
      reply: ({ toolResults: [result] }) =>
        result === undefined ? { calls: [{ name: 'write', arguments: { path: 'a.txt' } }] } : `Written: ${result}`,
    });
    const askOwn = async (path: string, body: object): Promise<Json> =>
      JSON.parse((await rawRequest(`${own.origin}${path}`, body).answer).text);
    // The tool is nowhere offered: a model may make one up.
    const question = { model: 'fake-small', max_tokens: 100, messages: [user('Write.')] };
    const chat = await askOwn('/v1/chat/completions', question);
    const [call] = chat.choices[0].message.tool_calls;
    expect(call.function).toEqual({ name: 'write', arguments: '{"path":"a.txt"}' });
    const message = await askOwn('/v1/messages', question);
    expect(message.content).toMatchObject([{ type: 'tool_use', name: 'write', input: { path: 'a.txt' } }]);
    const streamed = await rawRequest(`${own.url}/chat/completions`, { ...question, stream: true }).answer;
    expect(streamed.text).toContain('"finish_reason":"tool_calls"');
    const results = [chat.choices[0].message, { role: 'tool', tool_call_id: call.id, content: '3 bytes' }];
    const answer = await askOwn('/v1/chat/completions', { ...question, messages: [...question.messages, ...results] });
    expect(answer.choices[0].message.content).toBe('Written: 3 bytes');
    await own.close();
  });

  it('refuses what OpenAI refuses', async () => {
    const refused = [
      { messages: [user('no model')] },
      { model: 'm' },
      { model: 'm', messages: [] },
      { ...question, stream_options: {} },
      [],
    ];
    for (const body of refused) expect((await ask('/v1/chat/completions', body)).status).toBe(400);
    expect((await ask('/v1/nothing', question)).status).toBe(404);
    expect((await ask('/v1/chat/completions', undefined, { method: 'GET' })).status).toBe(405);
  });

  it('asks for the credential it was given, on every wire', async () => {
    const strict = await startFakeProvider({ apiKey: 'right' });
    const status = async (headers: Record<string, string>) =>
      (await rawRequest(`${strict.url}/chat/completions`, question, { headers }).answer).status;
    expect(await status({})).toBe(401);
    expect(await status({ authorization: 'Bearer wrong' })).toBe(401);
    expect(await status({ authorization: 'Bearer right' })).toBe(200);
    expect(await status({ 'x-api-key': 'right' })).toBe(200);
    expect(await status({ 'api-key': 'right' })).toBe(200);
    await strict.close();
  });
});

describe('Azure', () => {
  it('takes the model from the deployment in the path, and wants an api-version', async () => {
    const path = '/openai/deployments/my-gpt/chat/completions';
    expect((await ask(path, { messages: [user('Hi')] })).status).toBe(400);
    const answer = await askJson(`${path}?api-version=2024-10-21`, { messages: [user('Hi')] });
    expect(answer.model).toBe('my-gpt');
    expect(answer.choices[0].content_filter_results.hate.filtered).toBe(false);
    expect(provider.log.requestsFor('my-gpt')).toHaveLength(2);
  });

  it('opens its streams with a chunk that has no choices', async () => {
    const events = await stream('/openai/v1/chat/completions', { model: 'd', messages: [user('Hi')] });
    expect(events[0]?.data).toMatchObject({ choices: [], id: '', prompt_filter_results: [{ prompt_index: 0 }] });
    expect(events[1]?.data.choices[0].delta.role).toBe('assistant');
  });
});

describe('completions and embeddings', () => {
  it('completes a prompt, streamed or not, within 16 tokens unless told otherwise', async () => {
    const answer = await askJson('/v1/completions', { model: 'm', prompt: 'Once upon a time' });
    expect(answer).toMatchObject({ object: 'text_completion', choices: [{ finish_reason: 'length' }] });
    expect(answer.usage.completion_tokens).toBe(16);
    const events = await stream('/v1/completions', { model: 'm', prompt: 'Once upon a time' });
    expect(
      events
        .slice(0, -1)
        .map(({ data }) => data.choices[0].text)
        .join(''),
    ).toBe(answer.choices[0].text);
  });

  it('embeds the same text as the same unit vector, as floats and as base64', async () => {
    const body = { model: 'm', input: ['red apple', 'green apple', 'night train'], dimensions: 64 };
    const floats = (await askJson('/v1/embeddings', body)).data.map((item: Json) => item.embedding as number[]);
    const encoded = (await askJson('/v1/embeddings', { ...body, encoding_format: 'base64' })).data;
    const decoded = encoded.map((item: Json) => {
      const bytes = Buffer.from(item.embedding, 'base64');
      return Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readFloatLE(at * 4));
    });
    expect(decoded).toEqual(floats);
    const dot = (one: number[], other: number[]) => one.reduce((sum, value, at) => sum + value * (other[at] ?? 0), 0);
    expect(dot(floats[0], floats[0])).toBeCloseTo(1);
    expect(dot(floats[0], floats[1])).toBeGreaterThan(dot(floats[0], floats[2]));
  });

  it('lists its models and knows any other by name', async () => {
    const get = async (path: string): Promise<Json> => JSON.parse((await ask(path, undefined, { method: 'GET' })).text);
    expect((await get('/v1/models')).data.map((model: Json) => model.id)).toContain('fake-small');
    expect((await get('/v1/models/any%2Fother')).id).toBe('any/other');
  });
});

describe('Anthropic messages', () => {
  const question = { model: 'fake-claude', max_tokens: 500, messages: [user('What is the capital of France?')] };

  it('streams message_start, blocks that close before the next opens, message_delta and message_stop', async () => {
    const events = await stream('/v1/messages', question);
    expect(grammarOf(events)).toBe(
      'message_start content_block_start ping content_block_delta+ content_block_stop message_delta message_stop',
    );
    expect(events.every(({ name, data }) => name === data.type)).toBe(true);
    const text = events.map(({ data }) => data.delta?.text ?? '').join('');
    expect(text).toBe((await askJson('/v1/messages', question)).content[0].text);
  });

  it('streams a tool call as input_json_delta, first an empty one', async () => {
    const tools = [
      { name: 'get_weather', input_schema: weatherSchema },
      { name: 'get_forecast', input_schema: weatherSchema },
    ];
    const asked = { ...question, tools, messages: [user('weather and forecast for Paris?')] };
    const events = await stream('/v1/messages', asked);
    const block = 'content_block_start content_block_delta+ content_block_stop';
    expect(grammarOf(events)).toBe(`message_start ping ${block} ${block} message_delta message_stop`);
    const pieces = events
      .filter(({ data }) => data.index === 1 && data.delta)
      .map(({ data }) => data.delta.partial_json);
    expect(pieces[0]).toBe('');
    const whole = await askJson('/v1/messages', asked);
    expect(JSON.parse(pieces.join(''))).toEqual(whole.content[1].input);
    expect(whole.stop_reason).toBe('tool_use');
  });

  it('refuses what Anthropic refuses, in its words and shape', async () => {
    const { max_tokens, ...withoutLimit } = question;
    expect(await askJson('/v1/messages', withoutLimit)).toMatchObject({
      type: 'error',
      error: { type: 'invalid_request_error', message: 'max_tokens: Field required' },
    });
    const noVersion = await ask('/v1/messages', question, { headers: { 'anthropic-version': '' } });
    expect(noVersion.status).toBe(400);
  });

  function grammarOf(events: readonly { name: string | undefined }[]): string {
    return events
      .map(({ name }) => name)
      .join(' ')
      .replace(/(content_block_delta ?)+/g, 'content_block_delta+ ');
  }
});
