import { totalInputTokens, totalOutputTokens } from '@portico/core';
import { usageOfAnswer } from '@portico/core/provider';
import { type CaseLine, type ExpectedAnswer, listCases, listDocumentedErrors, readCase } from '@portico/testing';
import { describe, expect, it } from 'vitest';
import { azure } from '../src/azure.js';
import { openai } from '../src/openai.js';
import { openAiCompatible } from '../src/openai-compatible.js';
import { codecsOfOtherApis, openAiCompatibleVendors } from '../src/openai-compatible-vendors.js';
import { type ReadStream, readBody, target } from './read-stream.js';
import { absent, fixtures, reason } from './recorded.js';

describe(`recorded traffic of vendors that speak our wire${reason}`, () => {
  it('is there in continuous integration', () => {
    expect(absent && process.env.CI === 'true', 'PORTICO_SHARED must name the folder with the recorded traffic').toBe(
      false,
    );
  });

  it.skipIf(absent)(
    'every recorded stream decodes to the text, tool calls, finish and usage that were sent (R-STR-1, R-STR-2)',
    () => {
      const cases = ours().filter((line) => line.stream && line.status === 200 && line.api !== 'embeddings');
      expect(cases.length).toBeGreaterThan(250);
      for (const line of cases) {
        if (BROKEN[line.id] !== undefined) continue;
        const recorded = readCase(fixtures, line.id);
        const read = readBody(codecOf(line), bodyOf(recorded));
        expect
          .soft({ id: line.id, ...outcomeOf(read) })
          .toEqual({ id: line.id, failure: undefined, malformed: 0, dones: 1 });
        expectAnswer(line, read, recorded.expected ?? {});
      }
    },
  );

  it.skipIf(absent)('no recorded stream is complete when it is cut anywhere before its end (R-STR-3)', () => {
    const cases = ours().filter((line) => line.stream && line.status === 200 && line.api === 'chat');
    for (const line of cases) {
      const body = bodyOf(readCase(fixtures, line.id));
      const finish = body.search(/"finish_reason" ?: ?"/);
      if (finish < 0) continue;
      for (const part of [0.1, 0.5, 0.9, 1]) {
        const read = readBody(codecOf(line), body.slice(0, Math.floor(finish * part)));
        expect.soft(read.dones, `${line.id} at ${part}`).toBe(0);
      }
    }
  });

  it.skipIf(absent)('every recorded whole answer says the same to a client, whatever its vendor calls things', () => {
    for (const line of ours().filter((one) => one.api === 'chat' && !one.stream && one.status === 200)) {
      const { expected, response } = readCase(fixtures, line.id);
      if (expected?.text === undefined) continue;
      const answer = JSON.parse(new TextDecoder().decode(response.bytes));
      const isText = typeof answer.choices[0].message?.content !== 'object';
      const decoded: Loose = codecOf(line).decode?.(answer, target()) ?? answer;
      const message = decoded.choices[0].message ?? {}; // Azure leaves it out where its filter refused the answer.
      // Workers AI parses structured answers itself; the text of those is not in the recording.
      if (isText || line.provider !== 'cloudflare') {
        expect.soft(message.content ?? '', line.id).toBe(expected.text);
      }
      if (expected.reasoning_text) {
        expect.soft(message.reasoning_content ?? message.reasoning, line.id).toBe(expected.reasoning_text);
      }
    }
  });

  it.skipIf(absent)(
    'every recorded request to OpenAI and Azure goes out as it came in, but for what the model insists on',
    () => {
      for (const line of ours().filter((one) => ['openai', 'azure'].includes(one.provider) && one.status === 200)) {
        const body: Loose = readCase(fixtures, line.id).request.body;
        const stream = body?.stream === true;
        if (body === undefined) continue;
        const { max_tokens: maxTokens, stream_options: options, ...rest } = withoutMarks(line.provider, body);
        const encoded = codecOf(line).encode(body, target({ stream, model: body.model ?? 'gpt-4o' }));
        expect.soft(encoded, line.id).toEqual({
          ...rest,
          model: body.model ?? 'gpt-4o',
          ...(stream && { stream_options: { ...options, include_usage: true } }),
          ...(maxTokens !== undefined && {
            [/^(?:gpt-5|o\d)/.test(body.model) ? 'max_completion_tokens' : 'max_tokens']: maxTokens,
          }),
        });
      }
    },
  );

  it.skipIf(absent)('errors inside recorded streams end them with the failure they name (f35)', () => {
    const failures = Object.keys(BROKEN).map((id) => {
      const line = ours().find((one) => one.id === id) as CaseLine;
      const read = readBody(codecOf(line), bodyOf(readCase(fixtures, id)));
      return [id, read.failure?.kind, read.dones];
    });
    expect(failures).toEqual(Object.entries(BROKEN).map(([id, kind]) => [id, kind, 0]));
  });

  it.skipIf(absent)(
    'every usage that was recorded falls into buckets that sum to what the vendor counted (R-SP-1)',
    () => {
      let seen = 0;
      for (const line of ours()) {
        const native = readCase(fixtures, line.id).expected?.usage_native as Record<string, number> | undefined;
        const usage = usageOfAnswer(native);
        if (native?.total_tokens === undefined || usage === undefined) continue;
        seen += 1;
        const total = totalInputTokens(usage) + totalOutputTokens(usage);
        // Grok on Azure counts what came from the cache beside everything else.
        const beside = usage.cacheReadTokens > (native.prompt_tokens ?? 0) ? usage.cacheReadTokens : 0;
        expect.soft(total - beside, line.id).toBe(native.total_tokens);
        expect.soft(Math.min(...Object.values(usage).map(Number)), line.id).toBeGreaterThanOrEqual(0);
      }
      expect(seen).toBeGreaterThan(400);
    },
  );

  it.skipIf(absent)(
    'every recorded and documented error is told by kind, without the key and without a web page',
    () => {
      const recorded = ours()
        .filter((line) => line.status >= 400)
        .map((line) => line.id);
      const documented = listDocumentedErrors(fixtures).filter((id) => /\/(?:openai|azure)\/error-\d/.test(id));
      const kinds = Object.fromEntries(
        [...recorded, ...documented].map((id) => {
          const { provider, response } = readCase(fixtures, id);
          const text = new TextDecoder().decode(response.bytes);
          const failure = providerOf(provider).classify({
            status: response.status,
            headers: { get: (name) => response.headers[name] },
            body: JSON.parse(text),
            text,
          });
          expect.soft(failure.message, id).not.toMatch(/sk-|invalid-key|<html/);
          return [id.replace('documented-errors/', ''), failure.kind];
        }),
      );
      expect(kinds).toMatchInlineSnapshot(`
      {
        "azure/error-400-content-filter": "content_filtered",
        "azure/error-401--embedding-09820b": "unauthorized_upstream",
        "azure/error-404--gpt-4-1-mini-d4ae11": "upstream_model_not_found",
        "azure/error-429--grok-4-1-fast-non-reasoning-65efad": "rate_limited",
        "azure/error-429-retry-after": "rate_limited",
        "deepseek/error-400--deepseek-chat-536ebf": "context_too_long",
        "deepseek/error-400--deepseek-v4-flash-671971": "invalid_input",
        "deepseek/error-400--deepseek-v4-flash-9d1410": "invalid_input",
        "deepseek/error-400--deepseek-v9-nonexistent-6a54b0": "upstream_model_not_found",
        "deepseek/error-401--deepseek-v4-flash-8eb88f": "unauthorized_upstream",
        "doubleword/error-400--qwen3-embedding-8b-58e494": "invalid_input",
        "doubleword/error-403--qwen3-5-9b-a4e104": "unauthorized_upstream",
        "doubleword/error-404--definitely-not-a-doubleword-1a5e33": "upstream_model_not_found",
        "doubleword/error-404--qwen4-embedding-unreleased-af9591": "upstream_model_not_found",
        "groq/error-400--gpt-oss-120b-f99c15": "invalid_input",
        "groq/error-401--llama-3-3-70b-versatile-eb0029": "unauthorized_upstream",
        "groq/error-404--llama-3-3-70b-versatlie-502430": "upstream_model_not_found",
        "groq/error-404--non-existent-3ed5c6": "upstream_model_not_found",
        "llamacpp/error-400--qwen3-1-7b-q4-k-m-2e3510": "invalid_input",
        "llamacpp/error-400--qwen3-embedding-0-6b-q8-0-eff484": "invalid_input",
        "llamacpp/error-400--qwen3-vl-2b-instruct-q8-0-22b6c9": "invalid_input",
        "llamacpp/error-400--qwen3-vl-2b-instruct-q8-0-afd747": "invalid_input",
        "llamacpp/error-401--qwen3-1-7b-q4-k-m-e0593d": "unauthorized_upstream",
        "llamacpp/error-500--qwen3-1-7b-q4-k-m-364692": "upstream_error",
        "llamacpp/error-500--qwen3-1-7b-q4-k-m-448812": "upstream_error",
        "llamacpp/error-500--qwen3-embedding-0-6b-q8-0-7f50ab": "upstream_error",
        "llamacpp/error-501--qwen3-embedding-0-6b-q8-0-e9925e": "upstream_error",
        "mistral/error-400--definitely-not-a-model-605d7f": "upstream_model_not_found",
        "mistral/error-400--no-such-embedding-model-f1a582": "upstream_model_not_found",
        "mistral/error-401--mistral-small-latest-7b8915": "unauthorized_upstream",
        "ollama/error-400--gpt-oss-120b-c29180": "context_too_long",
        "ollama/error-401--gpt-oss-120b-e9cdbb": "unauthorized_upstream",
        "openai/error-400--gpt-4o-mini-4a4aba": "invalid_input",
        "openai/error-400--o1-mini-cdc62d": "invalid_input",
        "openai/error-400-context-length": "context_too_long",
        "openai/error-401--gpt-4-8c3ac3": "unauthorized_upstream",
        "openai/error-404--gpt-5-2-proo-c85ad3": "upstream_model_not_found",
        "openai/error-404--non-existent-embedding-model-739f96": "upstream_model_not_found",
        "openai/error-404--non-existent-model-c8df47": "upstream_model_not_found",
        "openai/error-404--nonexistent-9e6303": "upstream_model_not_found",
        "openai/error-404--text-embedding-nonexistent-m-673349": "upstream_model_not_found",
        "openai/error-429-insufficient-quota": "quota_exhausted",
        "openai/error-429-rate-limit": "rate_limited",
        "openai/error-500": "upstream_error",
        "openrouter/error-400--claude-haiku-4-5-a8f46f": "context_too_long",
        "openrouter/error-400--embedding-model-d48c8b": "upstream_model_not_found",
        "openrouter/error-401--claude-haiku-4-5-df5e02": "unauthorized_upstream",
        "openrouter/error-429--gemini-2-0-flash-exp-free-a07ad4": "rate_limited",
        "perplexity/error-400--sonar-a56ea1": "context_too_long",
        "perplexity/error-401--sonar-4a975a": "unauthorized_upstream",
        "venice/error-404--no-such-embedding-model-bf3755": "upstream_model_not_found",
        "voyage/error-400--nonexistent-3f9493": "upstream_model_not_found",
      }
    `);
    },
  );
});

/** Streams that were recorded because they fail. */
const BROKEN: Readonly<Record<string, string>> = {
  'groq/chat-error-in-stream-stream--gpt-oss-120b-4fbd29': 'invalid_input',
  'openrouter/chat-error-in-stream-stream--minimax-m2-free-e50d09': 'invalid_input',
};

/** Names in the recordings that are not ours. */
const PROVIDERS: Readonly<Record<string, string>> = {
  alibaba: 'dashscope',
  'bedrock-mantle': 'bedrock_mantle',
  'bedrock-openai': 'bedrock_mantle',
  llamacpp: 'llamacpp',
  lmstudio: 'lm_studio',
  together: 'together_ai',
  venice: 'veniceai',
  vllm: 'hosted_vllm',
};

function ours(): CaseLine[] {
  const wires = ['chat', 'completions', 'embeddings'];
  return listCases(fixtures, (line) => wires.includes(line.api));
}

function providerOf(name: string) {
  if (name === 'openai') return openai;
  if (name === 'azure') return azure;
  const known = [...openAiCompatibleVendors, ...Object.values(codecsOfOtherApis)].find(
    (vendor) => vendor.name === (PROVIDERS[name] ?? name),
  );
  return openAiCompatible(
    known ?? { name: 'custom', baseUrl: undefined, keyVariables: [], operations: ['chat.completions'] },
  );
}

function codecOf(line: CaseLine) {
  const provider = line.api === 'completions' ? openai : providerOf(line.provider);
  const codec = provider.codecs[line.api === 'chat' ? 'chat.completions' : (line.api as 'completions' | 'embeddings')];
  if (codec === undefined) throw new Error(`${line.provider} has no codec for ${line.id}`);
  return codec;
}

function bodyOf(recorded: { readonly response: { readonly bytes: Uint8Array } }): string {
  return new TextDecoder().decode(recorded.response.bytes);
}

function outcomeOf({ failure, malformed, dones }: ReadStream) {
  return { failure, malformed, dones };
}

// biome-ignore lint/suspicious/noExplicitAny: chunks are read the way a client reads them, and asserted.
type Loose = any;

function expectAnswer(line: CaseLine, read: ReadStream, expected: ExpectedAnswer): void {
  const choices: Loose[] = read.chunks
    .flatMap((chunk: Loose) => chunk.choices)
    .filter((one: Loose) => (one.index ?? 0) === 0);
  const pieces = choices.map((choice) => choice.delta ?? choice);
  const join = (field: string) => pieces.map((piece) => piece[field] ?? '').join('');
  const id = line.id;

  expect.soft(join(line.api === 'chat' ? 'content' : 'text'), id).toBe(expected.text ?? '');
  if (expected.reasoning_text !== undefined) {
    expect.soft(join('reasoning_content') || join('reasoning'), id).toBe(expected.reasoning_text);
  }
  if (expected.refusal) expect.soft(join('refusal'), id).toBe(expected.refusal);
  expect.soft(callsIn(pieces), id).toEqual(expected.tool_calls ?? []);

  const finishes = choices.map((choice) => choice.finish_reason).filter(Boolean);
  // OpenAI's legacy completions repeat theirs.
  expect.soft(line.api === 'chat' ? finishes : [...new Set(finishes)], id).toHaveLength(1);
  const native = expected.finish_native?.[0];
  if (native !== undefined && finishes[0] !== undefined)
    expect.soft([native, SAME_FINISH[native]], id).toContain(finishes[0]);

  const usage = read.usages.at(-1);
  const { completion_tokens: written, ...counts } = (expected.usage_native ?? {}) as Loose;
  // xAI counts reasoning beside what was written; clients look for it in the same number.
  const thought = line.provider === 'xai' ? counts.completion_tokens_details.reasoning_tokens : 0;
  const told = expected.usage_native && { ...counts, completion_tokens: written + thought };
  expect.soft(usage?.chunk.usage ?? null, id).toEqual(told ?? null);
  expect.soft(usage?.chunk.choices ?? [], id).toEqual([]);
  expect
    .soft(
      read.chunks.filter((chunk: Loose) => chunk.usage ?? chunk.x_groq?.usage),
      id,
    )
    .toEqual([]);
  const visible = ['content', 'text', 'refusal'].map(join).join('') + (join('reasoning_content') || join('reasoning'));
  const fragments = pieces.flatMap((piece) => piece.tool_calls ?? []).map((call) => call.function?.arguments ?? '');
  if (expected.choices === undefined) expect.soft(read.produced, id).toBe(visible.length + fragments.join('').length);
}

const SAME_FINISH: Readonly<Record<string, string>> = { eos: 'stop' };

function callsIn(pieces: readonly Loose[]) {
  const calls: { name: string; arguments: string }[] = [];
  for (const call of pieces.flatMap((piece) => piece.tool_calls ?? [])) {
    const at = call.index ?? calls.length;
    calls[at] ??= { name: '', arguments: '' };
    if (call.function?.name) calls[at].name = call.function.name;
    calls[at].arguments += call.function?.arguments ?? '';
  }
  return calls.map((call) => ({ name: call.name, arguments: parsedArguments(call.arguments) }));
}

// An answer that ran into its limit may end in the middle of a call; the recordings then hold the text.
function parsedArguments(text: string): unknown {
  try {
    return text === '' ? {} : JSON.parse(text);
  } catch {
    return text;
  }
}

/** OpenAI caches by itself: marks of Anthropic's API do not go there, although some places of a request take them. */
function withoutMarks(provider: string, body: Loose): Loose {
  if (provider !== 'openai') return body;
  return JSON.parse(JSON.stringify(body, (key, value: unknown) => (key === 'cache_control' ? undefined : value)));
}
