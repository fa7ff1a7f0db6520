import type { UsageRecord } from '@portico/core';
import { describe, expect, it } from 'vitest';
import { answerChat, openGateway, startVendor, VENDOR_KEY } from '../support/scripted-vendor.js';

// What a request says of its own size is not believed: each of these calls is worth one dollar, and the budget is two.

const TOKENS = 25_000;
/** Dollars for a million tokens, so that this many of them cost one dollar. */
const PRICE = 1e6 / TOKENS;
const AT_ONCE = 20;

const WORDS = 'word '.repeat((TOKENS * 4) / 5);
const CHINESE = '你好世界'.repeat((TOKENS * 4) / 12);
const MESSAGES = [{ role: 'user', content: 'Hi' }];
const CHAT = '/chat/completions';

function chatWith(part: object): object {
  return { messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }, part] }], max_tokens: 1 };
}

const INPUTS: readonly (readonly [what: string, path: string, body: object])[] = [
  ['plain text', CHAT, { messages: [{ role: 'user', content: WORDS }], max_tokens: 1 }],
  ['functions', CHAT, { messages: MESSAGES, functions: [{ name: 'f', description: WORDS }], max_tokens: 1 }],
  ['a prediction', CHAT, { messages: MESSAGES, prediction: { type: 'content', content: WORDS }, max_tokens: 1 }],
  ['a field that nobody knows', CHAT, { messages: MESSAGES, extra: { text: WORDS }, max_tokens: 1 }],
  ['a document with text', CHAT, chatWith({ type: 'document', source: { type: 'text', data: WORDS } })],
  [
    'a document with a text without spaces',
    CHAT,
    chatWith({ type: 'document', source: { type: 'text', data: WORDS.replaceAll(' ', 'a') } }),
  ],
  ['a file with a text of its own', CHAT, chatWith({ type: 'file', text: WORDS })],
  ['a file whose data are text', CHAT, chatWith({ type: 'file', file: { file_data: WORDS } })],
  ['a file whose data URL is text', CHAT, chatWith({ type: 'file', file: { file_data: `data:text/plain,${WORDS}` } })],
  [
    'a title of an image',
    CHAT,
    chatWith({ type: 'image_url', image_url: { url: 'https://a.example/1.png', title: WORDS } }),
  ],
  [
    'a schema with a type "file"',
    CHAT,
    {
      messages: MESSAGES,
      tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'file', description: WORDS } } }],
      max_tokens: 1,
    },
  ],
  [
    'a response format',
    CHAT,
    {
      messages: MESSAGES,
      response_format: { type: 'json_schema', json_schema: { type: 'document', d: WORDS } },
      max_tokens: 1,
    },
  ],
  ['Chinese', CHAT, { messages: [{ role: 'user', content: CHINESE }], max_tokens: 1 }],
  ['instructions of Responses', '/responses', { input: 'Hi', instructions: WORDS, max_output_tokens: 16 }],
  [
    'a text format of Responses',
    '/responses',
    { input: 'Hi', text: { format: { type: 'json_schema', name: 'n', schema: { d: WORDS } } }, max_output_tokens: 16 },
  ],
  [
    'a document of Messages',
    '/messages',
    {
      messages: [
        {
          role: 'user',
          content: [{ type: 'document', source: { type: 'text', media_type: 'text/plain', data: WORDS } }],
        },
      ],
      max_tokens: 1,
    },
  ],
  ['a suffix of a completion', '/completions', { prompt: 'Hi', suffix: WORDS, max_tokens: 1 }],
];

const OUTPUTS: readonly (readonly [what: string, path: string, body: object])[] = [
  ['the smaller of two limits', CHAT, { messages: MESSAGES, max_completion_tokens: 1, max_tokens: TOKENS }],
  [
    'the smaller of two limits, the other way round',
    CHAT,
    { messages: MESSAGES, max_completion_tokens: TOKENS, max_tokens: 1 },
  ],
  ['a limit of zero', CHAT, { messages: MESSAGES, max_tokens: 0 }],
  ['a limit of zero on Messages', '/messages', { messages: MESSAGES, max_tokens: 0 }],
  ['a limit of zero on Responses', '/responses', { input: 'Hi', max_output_tokens: 0 }],
  ['fewer candidates than answers', '/completions', { prompt: 'Hi', max_tokens: TOKENS / 100, best_of: 1, n: 100 }],
];

describe('the size of a request is measured', () => {
  it.each([...INPUTS, ...OUTPUTS])('a budget holds against twenty calls at once: %s', async (_what, path, body) => {
    const { post } = await start({ budget: 2, usage: { prompt_tokens: TOKENS, completion_tokens: 0 } });
    const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => post(path, body)));
    expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(2);
    expect(answers.map(({ status }) => status)).toContain(429);
  });

  it.each(INPUTS)('an answer without usage is charged for it: %s', async (_what, path, body) => {
    const { post, records } = await start({ usage: undefined });
    expect((await post(path, body)).status).toBe(200);
    const [record] = await records();
    expect(record?.usage.inputTokens).toBeGreaterThan(0.7 * TOKENS);
    expect(record?.usage.inputTokens).toBeLessThan(1.6 * TOKENS);
  });

  it('counts the data of attachments at a flat rate, and no names or tags of the call', async () => {
    const { post, records } = await start({ usage: undefined });
    const data = 'iVBORw0KGgo+/w=='.repeat(10_000).replaceAll('=', 'A');
    const parts = [
      { type: 'image_url', image_url: { url: `data:image/png;base64,${data}` } },
      { type: 'input_audio', input_audio: { data, format: 'wav' } },
      { type: 'file', file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${data}` } },
    ];
    await post(CHAT, { messages: [{ role: 'user', content: parts }], user: WORDS, metadata: { note: WORDS } });
    const [record] = await records();
    expect(record?.usage.inputTokens).toBeLessThan(3_100);
  });
});

describe('a dearer tier is an ability to be granted', () => {
  it.each([
    [{ service_tier: 'priority' }, 400, 200],
    [{ service_tier: 'scale' }, 400, 200],
    [{ speed: 'fast' }, 400, 200],
    [{ service_tier: 'flex' }, 200, 200],
    [{ service_tier: 'auto' }, 200, 200],
    [{ service_tier: null }, 200, 200],
  ])('%j', async (fields, without, withIt) => {
    const { post } = await start({});
    const statusOf = async (model: string) => (await post(CHAT, { model, messages: MESSAGES, ...fields })).status;
    expect([await statusOf('chat'), await statusOf('granted')]).toEqual([without, withIt]);
  });
});

interface Options {
  readonly budget?: number;
  readonly usage?: { readonly prompt_tokens: number; readonly completion_tokens: number } | undefined;
}

async function start({ budget, usage }: Options) {
  const { origin } = await startVendor((request, response) => {
    if (request.path.endsWith('/completions') && request.body.prompt !== undefined) {
      response.setHeader('content-type', 'application/json');
      const choices = [{ index: 0, text: 'Hi', finish_reason: 'stop' }];
      response.end(JSON.stringify({ id: 'a', object: 'text_completion', created: 1, model: 'm', choices, usage }));
    } else answerChat(response, usage);
  });
  const vendor = {
    model: 'openai/m',
    baseUrl: `${origin}/v1`,
    apiKey: VENDOR_KEY,
    price: { input: PRICE, output: PRICE },
    maxOutputTokens: TOKENS,
    dropUnsupported: true,
  };
  const kept: UsageRecord[] = [];
  const { post, gateway } = openGateway({
    models: { chat: [vendor], granted: [{ ...vendor, capabilities: { priorityTier: true } }] },
    plugins: [{ name: 'ledger', sinks: [{ record: (batch) => void kept.push(...batch) }] }],
  });
  const principal = { id: 'ada', ...(budget !== undefined && { budget: { usd: budget, per: 'total' as const } }) };
  return {
    post: (path: string, body: object) => post(path, { model: 'chat', ...body }, principal),
    async records() {
      await gateway.close({ graceMs: 0 });
      return kept;
    },
  };
}
