import { describe, expect, it } from 'vitest';
import { readBody, readEvents } from '../../test/read-stream.js';
import { passThrough, type WireRules } from './pass-through.js';

const head = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'm' };
const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };

function chunk(delta: unknown, finish: string | null = null, more: object = {}) {
  return { ...head, choices: [{ index: 0, delta, finish_reason: finish }], ...more };
}

function read(events: readonly unknown[], rules: WireRules = {}) {
  return readEvents(passThrough('chat.completions', { providerName: 'acme' }, rules), events);
}

const role = chunk({ role: 'assistant', content: '' });
const hello = chunk({ content: 'hello' });
const stop = chunk({}, 'stop');

describe('a stream of chunks', () => {
  it('is handed on as the text it came in', () => {
    const odd =
      '{"id":"chatcmpl-1", "choices":[{"index":0,"delta":{"content":"1.0"},"x":1.0e2}],"unknown":{"b":1,"a":2}}';
    expect(read([role, odd, stop, '[DONE]']).texts).toEqual([JSON.stringify(role), odd, JSON.stringify(stop)]);
  });

  it('is committed by content, not by its opening (R-STR-4)', () => {
    const { contents } = read([
      role,
      chunk({ role: 'assistant', content: null, tool_calls: null, refusal: null }),
      hello,
      chunk({ reasoning_content: 'hm' }),
      chunk({ reasoning: 'hm' }),
      chunk({ refusal: 'no' }),
      chunk({ tool_calls: [{ index: 0, id: 'c', function: { name: 'f', arguments: '' } }] }),
      chunk({ audio: { data: 'AA' } }),
      chunk({}, 'stop'),
    ]);
    expect(contents).toEqual([false, false, true, true, true, true, true, true, true]);
  });

  it('counts what it produced', () => {
    const call = { index: 0, function: { arguments: '{"a":1}' } };
    expect(
      read([role, hello, chunk({ reasoning: 'abc', reasoning_content: 'abc' }), chunk({ tool_calls: [call] })])
        .produced,
    ).toBe(15);
  });

  it('is complete with [DONE], and what follows is ignored (f39)', () => {
    const seen = read([role, hello, stop, '[DONE]', hello, '[DONE]', { error: { message: 'late' } }]);
    expect([seen.chunks.length, seen.dones, seen.failure]).toEqual([3, 1, undefined]);
  });

  it('is complete without [DONE] once every choice has its finish (f37)', () => {
    const second = { ...head, choices: [{ index: 1, delta: { content: 'b' }, finish_reason: null }] };
    const secondStop = { ...head, choices: [{ index: 1, delta: {}, finish_reason: 'stop' }] };
    expect(read([hello, second, stop]).dones).toBe(0);
    expect(read([hello, second, stop, secondStop]).dones).toBe(1);
  });

  it('that breaks off is not complete (f32, R-STR-3)', () => {
    expect(read([role, hello]).dones).toBe(0);
    expect(read([]).dones).toBe(0);
  });

  it('is given the finish that was left out before a [DONE] (f38)', () => {
    const call = chunk({ tool_calls: [{ index: 0, id: 'c', function: { name: 'f', arguments: '{}' } }] });
    expect(read([role, hello, '[DONE]']).chunks.at(-1)).toEqual(stop);
    expect(read([role, call, '[DONE]']).chunks.at(-1)).toEqual(chunk({}, 'tool_calls'));
  });

  it('is given no finish in the middle of a tool call (f41)', () => {
    const half = chunk({ tool_calls: [{ index: 0, id: 'c', function: { name: 'f', arguments: '{"city":"Rey' } }] });
    const seen = read([role, half, '[DONE]']);
    expect([seen.dones, seen.failure?.kind, seen.chunks.length]).toEqual([0, 'upstream_error', 2]);
  });

  it('that says [DONE] before any content is a failure that another deployment may make good', () => {
    expect([read(['[DONE]']).failure?.retryable, read([role, '[DONE]']).failure?.kind]).toEqual([
      true,
      'upstream_error',
    ]);
  });

  it('skips and counts an event that cannot be read (f36)', () => {
    const seen = read([role, '{"choices": [{"del', '', '42', hello, stop, '[DONE]']);
    expect([seen.chunks.length, seen.malformed, seen.dones]).toEqual([3, 2, 1]);
  });

  it('becomes one line where its data came in several (f43)', () => {
    const body = JSON.stringify(hello, null, 1)
      .split('\n')
      .map((line) => `data: ${line}`)
      .join('\r\n');
    const { texts } = readBody(passThrough('chat.completions', { providerName: 'acme' }), body);
    expect(texts).toEqual([JSON.stringify(hello)]);
  });
});

describe('usage in a stream (f40, R-STR-2)', () => {
  const asked = { ...head, choices: [], usage };

  it.each([
    ['in a chunk of its own', [hello, stop, asked]],
    ['in a chunk without choices', [hello, stop, { ...head, usage }]],
    ['on the last chunk', [hello, chunk({}, 'stop', { usage })]],
    [
      'on every chunk, growing',
      [{ ...hello, usage: { ...usage, completion_tokens: 1 } }, chunk({}, 'stop', { usage })],
    ],
    ['inside a choice', [hello, { ...head, choices: [{ index: 0, delta: {}, finish_reason: 'stop', usage }] }]],
    ['in x_groq', [hello, chunk({}, 'stop', { x_groq: { id: 'r', usage } })]],
    ['twice', [hello, chunk({}, 'stop', { usage }), asked]],
    ['with the finish repeated', [hello, stop, chunk({ content: '' }, 'stop', { usage })]],
  ])('%s reaches the ledger, and the client only in a chunk of its own', (_, events) => {
    const seen = read([...events, '[DONE]']);
    expect(seen.usages.at(-1)?.usage).toMatchObject({ inputTokens: 3, outputTokens: 2 });
    expect(seen.usages.at(-1)?.chunk).toMatchObject({ choices: [], usage });
    expect(seen.texts.join()).not.toContain('prompt_tokens');
    expect(seen.chunks).toHaveLength(2);
    expect(seen.dones).toBe(1);
  });

  it('keeps what stood beside it', () => {
    expect(read([chunk({}, 'stop', { x_groq: { id: 'r', usage }, citations: ['a'] })]).chunks).toEqual([
      chunk({}, 'stop', { x_groq: { id: 'r' }, citations: ['a'] }),
    ]);
  });

  it('of nothing but zeros is none', () => {
    expect(
      read([hello, stop, { ...asked, usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 } }]).usages,
    ).toEqual([]);
  });

  it('is taken from the chunk that fails too (R-SP-4)', () => {
    expect(read([hello, { ...asked, error: { code: 400, message: 'x' } }]).usages).toHaveLength(1);
  });
});

describe('an error inside a stream (f29, f35)', () => {
  it.each([
    ['an error object', { error: { message: 'busy', type: 'server_error', code: 'overloaded' } }, 'overloaded'],
    [
      'an error by its status',
      { ...head, error: { code: 429, message: 'slow' }, choices: [{ index: 0, delta: {}, finish_reason: 'error' }] },
      'rate_limited',
    ],
    ['an error as text', { error: 'something broke' }, 'upstream_error'],
    ['a code at the top', { code: '429', message: 'slow' }, 'rate_limited'],
    ['an object called error', { object: 'error', message: 'no', type: 'BadRequestError', code: 400 }, 'invalid_input'],
    ['base_resp', { base_resp: { status_code: 1000, status_msg: 'x' }, choices: null }, 'upstream_error'],
    ['x_groq.error', { ...head, choices: [], x_groq: { error: 'over capacity' } }, 'upstream_error'],
    [
      'an error in the choice',
      { ...head, choices: [{ index: 0, error: { code: 502, message: 'x' } }] },
      'upstream_error',
    ],
    ['an error finish', chunk({}, 'error'), 'upstream_error'],
    ["Z.ai's error finish", chunk({}, 'network_error'), 'upstream_error'],
    ["DeepSeek's error finish", chunk({}, 'insufficient_system_resource'), 'overloaded'],
    ['an event named error', ['error', { error: { message: 'no', status_code: 400 } }], 'invalid_input'],
    ['an event named error in plain words', ['error', 'it broke'], 'upstream_error'],
  ])('as %s ends it', (_, event, kind) => {
    const seen = read([role, hello, event, stop, '[DONE]']);
    expect([seen.failure?.kind, seen.dones, seen.chunks.length]).toEqual([kind, 0, 2]);
  });
});

describe("Azure's streams", () => {
  const safe = { hate: { filtered: false, severity: 'safe' } };

  it('open with a chunk that no client needs to see', () => {
    const opening = {
      id: '',
      object: '',
      created: 0,
      model: '',
      choices: [],
      prompt_filter_results: [{ prompt_index: 0 }],
    };
    expect(read([opening, role, hello, stop, '[DONE]']).chunks).toEqual([role, hello, stop]);
  });

  it('may bring findings without a delta, also after the finish', () => {
    const finding = {
      ...head,
      choices: [
        { index: 0, finish_reason: null, content_filter_results: safe, content_filter_offsets: { check_offset: 1 } },
      ],
    };
    const seen = read([hello, stop, finding, '[DONE]']);
    expect(seen.chunks.at(-1)).toEqual({ ...head, choices: [{ ...finding.choices[0], delta: {} }] });
    expect([seen.contents.at(-1), seen.dones]).toEqual([false, 1]);
  });

  it('may be refused late', () => {
    expect(read([hello, stop, chunk({}, 'content_filter'), '[DONE]']).chunks.at(-1)).toEqual(
      chunk({}, 'content_filter'),
    );
  });
});

describe('what vendors spell otherwise', () => {
  it('reasoning is given under both names', () => {
    const { chunks } = read([chunk({ reasoning: 'hm' }), hello, stop], { reasoningField: 'reasoning' });
    expect(chunks).toEqual([chunk({ reasoning: 'hm', reasoning_content: 'hm' }), hello, stop]);
  });

  it('parts become text and reasoning', () => {
    const parts = [
      { type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] },
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
    ];
    const { chunks, produced } = read([chunk({ content: parts }), stop], { contentParts: true });
    expect([chunks[0], produced]).toEqual([chunk({ content: 'ab', reasoning_content: 'hm' }), 4]);
  });

  it('finish reasons become those that clients know', () => {
    const { chunks } = read([hello, chunk({}, 'eos')], { finishReasons: { eos: 'stop' } });
    expect(chunks).toEqual([hello, stop]);
  });
});

describe('a stream of legacy completions', () => {
  const piece = (text: string, finish: string | null = null) => ({
    id: 'cmpl-1',
    object: 'text_completion',
    choices: [{ index: 0, text, finish_reason: finish }],
  });

  it('is handed on, counted and ended the same way', () => {
    const seen = readEvents(passThrough('completions', { providerName: 'acme' }), [piece('abc'), '[DONE]']);
    expect(seen.chunks).toEqual([piece('abc'), piece('', 'stop')]);
    expect([seen.contents, seen.produced, seen.dones]).toEqual([[true, true], 3, 1]);
  });
});
