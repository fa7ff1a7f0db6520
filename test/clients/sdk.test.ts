import { GatewayError, type UsageRecord } from '@portico/core';
import {
  BadRequestError,
  ContextWindowExceededError,
  closeSdk,
  completion,
  completionCost,
  countTokens,
  embedding,
  InternalServerError,
  modelInfo,
  RateLimitError,
  responses,
  supports,
} from '@portico/node/sdk';
import { type FakeProvider, startFakeProvider } from '@portico/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const messages = [{ role: 'user', content: 'Tell me of porticos.' }];

let provider: FakeProvider;
let there: { apiKey: string; baseUrl: string; maxRetries: number };
beforeAll(async () => {
  provider = await startFakeProvider();
  there = { apiKey: 'k', baseUrl: provider.url, maxRetries: 0 };
});
afterAll(async () => {
  await closeSdk();
  await provider.close();
});

describe('completion', () => {
  it('answers whole, and chunk by chunk', async () => {
    const answer = await completion({ model: 'openai/gpt-4o', messages }, there);
    expect(answer.choices[0]?.message.content).toContain('portico');
    let words = '';
    for await (const chunk of await completion({ model: 'openai/gpt-4o', messages, stream: true }, there)) {
      words += chunk.choices[0]?.delta.content ?? '';
    }
    expect(words).toBe(answer.choices[0]?.message.content);
  });

  it('asks the next model where one cannot answer, and tells what it cost', async () => {
    const records: UsageRecord[] = [];
    const request = { model: 'openai/fault-f19', messages };
    const asked = completion(request, {
      ...there,
      fallbacks: ['openai/gpt-4o'],
      onUsage: (record) => records.push(record),
    });
    expect((await asked).choices).toHaveLength(1);
    await expect.poll(() => records.length).toBe(1);
    expect(records[0]?.attempts.map(({ model }) => model)).toEqual(['fault-f19', 'gpt-4o']);
    expect(records[0]?.costNanoUsd).toBeGreaterThan(0);
  });

  it('ends the upstream when the reader leaves the loop', async () => {
    const slow = await startFakeProvider({ tokenDelayMs: 20 });
    const stream = await completion(
      { model: 'openai/gpt-4o', messages, stream: true },
      { ...there, baseUrl: slow.url },
    );
    for await (const chunk of stream) if (chunk.choices.length > 0) break;
    const [request] = slow.log.requests;
    if (request !== undefined) await slow.log.waitForAbort(request);
    expect(slow.log.aborted).toHaveLength(1);
    await slow.close();
  });

  it('ends with the signal', async () => {
    const abort = new AbortController();
    const asked = completion({ model: 'openai/fault-f15', messages }, { ...there, signal: abort.signal });
    abort.abort();
    await expect(asked).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('does not go out for a model of nobody', async () => {
    await expect(completion({ model: 'opnai/gpt-4o', messages }, there)).rejects.toThrow('did you mean "openai"?');
    await expect(completion({ model: 'gpt-4o', messages }, there)).rejects.toThrow('must be "provider/model"');
  });
});

describe('what calls reject with', () => {
  it.each([
    ['fault-f19', InternalServerError, RateLimitError],
    ['fault-f17', RateLimitError, InternalServerError],
  ])('%s is caught by its class, and by no other', async (model, is, isNot) => {
    const error: unknown = await completion({ model: `openai/${model}`, messages }, there).catch(
      (caught: unknown) => caught,
    );
    expect(error).toBeInstanceOf(GatewayError);
    expect(error instanceof is).toBe(true);
    expect(error instanceof isNot).toBe(false);
  });

  it('an input that is too long is a bad request as well', () => {
    const error = new GatewayError('context_too_long', 'too long');
    expect(error instanceof ContextWindowExceededError && error instanceof BadRequestError).toBe(true);
    expect(new Error('x') instanceof BadRequestError).toBe(false);
  });
});

describe('other questions', () => {
  it('embeds', async () => {
    const { data } = await embedding({ model: 'openai/text-embedding-3-small', input: ['a', 'b'] }, there);
    expect(data.map(({ index }) => index)).toEqual([0, 1]);
    expect(data[0]?.embedding.length).toBeGreaterThan(0);
  });

  it('responds, whole and event by event, for a vendor that has only chat', async () => {
    const request = { model: 'mistral/mistral-small-latest', input: 'Tell me of porticos.' };
    expect((await responses(request, there)).output.length).toBeGreaterThan(0);
    const types: string[] = [];
    for await (const { type } of await responses({ ...request, stream: true }, there)) types.push(type);
    expect(types[0]).toBe('response.created');
    expect(types.at(-1)).toBe('response.completed');
  });
});

describe('models', () => {
  it('are known by price and length, as far as the catalogue has them', async () => {
    expect(await modelInfo('openai/gpt-4o-mini')).toMatchObject({
      provider: 'openai',
      model: 'gpt-4o-mini',
      usdPerMillion: { input: 0.15, output: 0.6 },
      contextTokens: expect.any(Number),
    });
    expect(await modelInfo('openai/of-my-own')).toMatchObject({ usdPerMillion: undefined, contextTokens: undefined });
    await expect(modelInfo('nobody/gpt')).rejects.toThrow('of a known vendor');
  });

  it('can be asked what their vendors have', () => {
    expect(supports('openai/gpt-4o', 'embeddings')).toBe(true);
    expect(supports('anthropic/claude-sonnet-4-5', 'embeddings')).toBe(false);
  });

  it('cost what the list says, to the nano-dollar; what nobody knows is not free', async () => {
    const usage = { prompt_tokens: 1_000, completion_tokens: 10, prompt_tokens_details: { cached_tokens: 200 } };
    // 800 at 0.15, 200 at 0.075 and 10 at 0.6 dollars a million.
    expect(await completionCost('openai/gpt-4o-mini', { usage })).toEqual({ nanoUsd: 141_000, usd: 0.000141 });
    expect(await completionCost('openai/of-my-own', { usage })).toBeUndefined();
    expect(await completionCost('openai/gpt-4o-mini', {})).toBeUndefined();
  });
});

describe('countTokens', () => {
  it('counts exactly where the tokenizer is there and knows the model, else it estimates', async () => {
    expect(await countTokens('Hello, world!', 'openai/gpt-4o')).toEqual({ tokens: 4, exact: true });
    const estimate = await countTokens('Hello, world!', 'anthropic/claude-sonnet-4-5');
    expect(estimate.exact).toBe(false);
    expect(estimate.tokens).toBeGreaterThan(1);
  });

  it('counts messages with what is around them', async () => {
    const { tokens } = await countTokens([{ role: 'user', content: 'Hello, world!' }], 'gpt-4o');
    expect(tokens).toBe(3 + 3 + 1 + 4);
    const parts = [{ role: 'user', content: [{ type: 'text', text: 'Hello, world!' }] }];
    expect((await countTokens(parts, 'gpt-4o')).tokens).toBe(tokens);
  });

  it('is not held up by what takes tokenizers seconds, nor by words that mean something to models', async () => {
    expect((await countTokens('a'.repeat(60_000), 'gpt-4o')).tokens).toBeGreaterThan(1_000);
    expect((await countTokens('<|endoftext|>', 'gpt-4o')).exact).toBe(true);
  });
});
