import type { Logger } from '@portico/core';
import { unreachableUrls } from '@portico/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openGateway, startVendor, VENDOR_KEY } from '../support/scripted-vendor.js';

/** What only operators may read: the deployment's id, the vendor's model, its host and port, and its own words. */
const HIDDEN = ['dep-canary', 'canary-model', '127.0.0.1', 'canary words', 'canary.invalid', VENDOR_KEY];

const WAYS = [
  ['chat', '/chat/completions', { messages: [{ role: 'user', content: 'Hi' }] }],
  ['messages', '/messages', { messages: [{ role: 'user', content: 'Hi' }], max_tokens: 9 }],
  ['responses', '/responses', { input: 'Hi' }],
] as const;

const VENDORS_THAT_FAIL = {
  'answers 500': (response) => fails(response, 500),
  'answers 401': (response) => fails(response, 401),
  'answers 403': (response) => fails(response, 403),
  'answers 429': (response) => fails(response, 429),
  'answers 503': (response) => fails(response, 503),
  'answers with a page': (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('canary words'),
  'closes the connection': (response) => response.destroy(),
  'says nothing': () => {},
} satisfies Record<string, (response: import('node:http').ServerResponse) => void>;

function fails(response: import('node:http').ServerResponse, status: number): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(
    JSON.stringify({ error: { message: 'canary words about canary-model', type: 'server_error', code: null } }),
  );
}

describe.each(WAYS)('what a caller of %s reads of a failure', (_name, path, body) => {
  it.each(Object.keys(VENDORS_THAT_FAIL) as (keyof typeof VENDORS_THAT_FAIL)[])(
    'names the model it asked for, and nothing behind it, where the vendor %s; the log has the rest',
    async (fault) => {
      const { origin } = await startVendor((_request, response) => VENDORS_THAT_FAIL[fault](response));
      await judge(path, body, `${origin}/v1`);
    },
  );

  it('says nothing of an address that cannot be reached or does not exist', async () => {
    const urls = await unreachableUrls();
    onTestFinished(() => urls.close());
    for (const baseUrl of [urls.refused, 'http://canary.invalid/v1']) await judge(path, body, baseUrl);
  });

  it('says what a model cannot do without naming its deployments', async () => {
    const { post } = open('http://127.0.0.1:9/v1', [], { capabilities: { images: false } });
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } };
    const answer = await post('/chat/completions', { model: 'smart', messages: [{ role: 'user', content: [image] }] });
    const text = await answer.text();
    expect(answer.status).toBe(400);
    expect(text).toContain('does not support image input');
    for (const hidden of HIDDEN) expect(text).not.toContain(hidden);
  });
});

async function judge(path: string, body: object, baseUrl: string): Promise<void> {
  for (const stream of [false, true]) {
    const lines: string[] = [];
    const { post } = open(baseUrl, lines);
    const answer = await post(path, { model: 'smart', stream, ...body });
    const shown = `${[...answer.headers].join('\n')}\n${await answer.text()}`;
    expect(shown).toContain('smart');
    for (const hidden of HIDDEN) expect(shown).not.toContain(hidden);
    expect(lines.join('\n')).toContain('dep-canary');
    expect(lines.join('\n')).not.toContain(VENDOR_KEY);
  }
}

function open(baseUrl: string, lines: string[], more: object = {}) {
  const note = (fields: object, message: string) => void lines.push(`${message} ${JSON.stringify(fields)}`);
  const logger: Logger = { debug() {}, info() {}, warn: note, error: note };
  return openGateway({
    models: { smart: [{ id: 'dep-canary', model: 'openai/canary-model', baseUrl, apiKey: VENDOR_KEY, ...more }] },
    deadlines: { headersMs: 100, firstTokenMs: 100 },
    retries: { maxRetries: 0 },
    logger,
  });
}
