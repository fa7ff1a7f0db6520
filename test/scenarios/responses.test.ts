import type { UsageRecord } from '@portico/core';
import { expectNoOpenRequests, type FakeProvider, startFakeProvider } from '@portico/testing';
import type OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { ADA, QUICK, WIRES } from '../support/gateway-on.js';
import { MOUNTS, type MountName } from '../support/mounts.js';

type ResponseEvent = OpenAI.Responses.ResponseStreamEvent;

let provider: FakeProvider;
beforeAll(async () => {
  provider = await startFakeProvider();
});
afterAll(() => provider.close());

const ASKED = { model: 'chat', input: 'Tell me of porticos.' };
const WEATHER = {
  type: 'function' as const,
  name: 'weather',
  strict: false,
  parameters: { type: 'object', properties: { city: { type: 'string' } } },
};

const PLACES = (Object.keys(MOUNTS) as MountName[]).flatMap((mount) =>
  (['anthropic', 'chat'] as const).map((wire) => ({ mount, wire })),
);

describe.each(PLACES)('the Responses wire by $mount, of a model that speaks $wire', ({ mount, wire }) => {
  it('gives a whole response, and the ledger what it cost', async () => {
    const { openai, records, close } = await start(mount, wire, 'well');
    const response = await openai.responses.create(ASKED);
    expect(response).toMatchObject({ object: 'response', status: 'completed', error: null });
    expect(response.output_text).toContain('portico');
    await close();
    expect(records).toMatchObject([
      {
        operation: 'responses',
        outcome: 'ok',
        usage: { inputTokens: response.usage?.input_tokens, outputTokens: response.usage?.output_tokens },
      },
    ]);
  });

  it('gives a stream in the order of its grammar, whose end holds everything', async () => {
    const { openai, records, close } = await start(mount, wire, 'well');
    const events: ResponseEvent[] = [];
    for await (const event of await openai.responses.create({ ...ASKED, stream: true })) events.push(event);
    expect(events.map(({ sequence_number: at }) => at)).toEqual(events.map((_, at) => at));
    const types = events.map(({ type }) => type).filter((type, at, all) => type !== all[at - 1]);
    expect(types).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ]);
    const said = events.map((event) => (event.type === 'response.output_text.delta' ? event.delta : '')).join('');
    const end = events.at(-1);
    if (end?.type !== 'response.completed') throw new Error('no end');
    expect(end.response.output).toMatchObject([{ type: 'message', content: [{ type: 'output_text', text: said }] }]);
    expect(end.response.usage?.output_tokens).toBeGreaterThan(0);
    await close();
    expect(records).toMatchObject([{ stream: true, outcome: 'ok' }]);
  });

  it('calls tools and reads what they said, whole and streamed', async () => {
    const { openai, close } = await start(mount, wire, 'well');
    const asked = { ...ASKED, tools: [WEATHER], tool_choice: 'required' as const };
    const whole = await openai.responses.create(asked);
    const streamed = await openai.responses.stream(asked).finalResponse();
    for (const { output } of [whole, streamed]) {
      expect(output).toMatchObject([
        { type: 'function_call', name: 'weather', arguments: expect.stringMatching(/^\{/) },
      ]);
    }
    const [call] = whole.output;
    if (call?.type !== 'function_call') throw new Error('no call');
    const answer = await openai.responses.create({
      ...asked,
      tool_choice: 'auto',
      input: [
        { role: 'user', content: ASKED.input },
        call,
        { type: 'function_call_output', call_id: call.call_id, output: 'It rains.' },
      ],
    });
    expect(answer.output_text).toContain('It rains.');
    await close();
  });

  it('gives an agent its free-text tool, and leaves out what only another vendor runs', async () => {
    const { openai, close } = await start(mount, wire, 'well');
    const asked = {
      ...ASKED,
      store: false,
      include: ['reasoning.encrypted_content' as const],
      prompt_cache_key: 'session-1',
      parallel_tool_calls: false,
      tools: [
        { type: 'custom' as const, name: 'apply_patch', description: 'Edits files.' },
        { type: 'web_search' as const },
      ],
      tool_choice: 'required' as const,
    };
    const whole = await openai.responses.create(asked);
    const events: ResponseEvent[] = [];
    for await (const event of await openai.responses.create({ ...asked, stream: true })) events.push(event);
    expect(whole.output).toMatchObject([{ type: 'custom_tool_call', name: 'apply_patch', input: expect.any(String) }]);
    expect(events.map(({ type }) => type)).toContain('response.custom_tool_call_input.done');
    expect(events.at(-1)).toMatchObject({ response: { output: [{ type: 'custom_tool_call', name: 'apply_patch' }] } });
    await close();
  });

  it('gives an agent the tools of its namespaces, told apart by both names', async () => {
    const { openai, close } = await start(mount, wire, 'well');
    const named = { ...WEATHER, name: 'of_the_coast_and_of_the_mountains_behind_it_and_of_the_plain' };
    const notes = {
      type: 'namespace' as const,
      name: 'mcp__notes',
      description: 'Of the town.',
      tools: [WEATHER, named],
    };
    for (const { name } of notes.tools) {
      // Nobody may say so to OpenAI's client yet; agents do.
      const choice = { type: 'function' as const, name, namespace: 'mcp__notes' };
      const asked = { ...ASKED, tools: [WEATHER, notes], tool_choice: choice };
      const whole = await openai.responses.create(asked);
      const sent = provider.log.requests.at(-1)?.body as { tools: { name?: string; function?: object }[] } | undefined;
      expect(sent?.tools.map((tool) => ({ ...tool, ...tool.function }).name)).toEqual([
        'weather',
        'mcp__notes__weather',
        expect.stringMatching(/^mcp__notes__of_the_coast_and.{25,}_[0-9a-f]{8}$/),
      ]);
      const streamed = await openai.responses.stream(asked).finalResponse();
      for (const { output } of [whole, streamed]) {
        expect(output).toMatchObject([{ type: 'function_call', namespace: 'mcp__notes', name }]);
      }
      const [call] = whole.output;
      if (call?.type !== 'function_call') throw new Error('no call');
      const result = { type: 'function_call_output' as const, call_id: call.call_id, output: 'It rains.' };
      const input = [{ role: 'user' as const, content: ASKED.input }, call, result];
      const answer = await openai.responses.create({ ...asked, tool_choice: 'auto', input });
      expect(answer.output_text).toContain('It rains.');
      expect(JSON.stringify(provider.log.requests.at(-1)?.body)).toMatch(/"name":"mcp__notes__.*"It rains\./);
    }
    await close();
  });

  it('lets an agent search for tools itself, and offers what was found from then on', async () => {
    const { openai, close } = await start(mount, wire, 'well');
    const parameters = { type: 'object', properties: { query: { type: 'string' } }, required: ['query'] };
    const search = {
      type: 'tool_search' as const,
      execution: 'client' as const,
      description: 'Finds tools.',
      parameters,
    };
    const asked = { model: 'chat', input: 'Use tool_search.', tools: [search] };
    const whole = await openai.responses.create(asked);
    const streamed = await openai.responses.stream(asked).finalResponse();
    for (const { output } of [whole, streamed]) {
      expect(output).toMatchObject([
        { type: 'tool_search_call', execution: 'client', arguments: { query: expect.any(String) } },
      ]);
    }
    const [call] = whole.output;
    if (call?.type !== 'tool_search_call') throw new Error('no search');
    const found = { type: 'namespace' as const, name: 'mcp__notes', description: 'Notes.', tools: [WEATHER] };
    const output = { type: 'tool_search_output' as const, call_id: call.call_id, execution: 'client' as const };
    const question = { role: 'user' as const, content: 'Use tool_search.' };
    const said = await openai.responses.create({
      ...asked,
      input: [
        question,
        call,
        { ...output, tools: [found] },
        { ...call, id: 'fc_2', call_id: 'call_2' },
        { ...output, call_id: 'call_2', tools: [found] },
      ],
    });
    expect(said.output_text).toContain('These tools can be called now: mcp__notes__weather.');
    const sent = provider.log.requests.at(-1)?.body as { tools: unknown[] } | undefined;
    expect(sent?.tools).toHaveLength(2);
    const again = { role: 'user' as const, content: 'And the weather?' };
    const used = await openai.responses.create({
      ...asked,
      tool_choice: 'required',
      input: [question, call, { ...output, tools: [found] }, again],
    });
    expect(used.output).toMatchObject([{ type: 'function_call', namespace: 'mcp__notes', name: 'weather' }]);
    await close();
  });

  it('is refused in words what needs an upstream that keeps answers', async () => {
    const { openai, close } = await start(mount, wire, 'well');
    const before = provider.log.requests.length;
    await expect(openai.responses.create({ ...ASKED, previous_response_id: 'resp_1' })).rejects.toMatchObject({
      status: 400,
      param: 'previous_response_id',
    });
    await expect(openai.responses.create({ ...ASKED, background: true })).rejects.toMatchObject({ status: 400 });
    expect(provider.log.requests).toHaveLength(before);
    await close();
  });

  it('is told of failures, whole and in the middle of a stream, which then has no clean end (R-STR-8)', async () => {
    const { openai, close } = await start(mount, wire, 'fault-f15');
    await expect(openai.responses.create(ASKED)).rejects.toMatchObject({ status: 429 });
    await close();
    const broken = await start(mount, wire, 'fault-f33');
    const types: string[] = [];
    const reading = (async () => {
      for await (const { type } of await broken.openai.responses.create({ ...ASKED, stream: true })) types.push(type);
    })();
    await expect(reading).rejects.toMatchObject({ code: expect.stringContaining('upstream') });
    expect(types).toContain('response.output_text.delta');
    expect(types).not.toContain('response.completed');
    await broken.close();
  });

  it('ends the request to the vendor when its client leaves (c01)', async () => {
    const { openai, records, close } = await start(mount, wire, 'fault-f34');
    const stream = await openai.responses.create({ ...ASKED, stream: true });
    for await (const { type } of stream) if (type === 'response.output_text.delta') break;
    await expectNoOpenRequests(provider);
    await close();
    expect(records).toMatchObject([{ outcome: 'client_gone' }]);
  });
});

async function start(mount: MountName, wire: 'anthropic' | 'chat', model: string) {
  const records: UsageRecord[] = [];
  const own = WIRES[wire === 'chat' ? 'openai' : wire](provider, model);
  const mounted = await MOUNTS[mount]({
    ...QUICK,
    anonymous: ADA,
    retries: { maxRetries: 0 },
    // OpenAI itself speaks the wire; whoever only has chat completions does not.
    models: { chat: [wire === 'chat' ? { ...own, model: `custom_openai/${model}` } : own] },
    onUsage: (record) => void records.push(record),
  });
  let isClosed = false;
  const close = async () => {
    if (!isClosed) await mounted.gateway.close();
    isClosed = true;
  };
  onTestFinished(() => mounted.close());
  return { openai: mounted.openai(), records, close };
}
