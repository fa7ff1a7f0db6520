import { describe, expect, it } from 'vitest';
import { answerChat, openGateway, startVendor, VENDOR_KEY } from '../support/scripted-vendor.js';

const USAGE = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
const text = { type: 'text', text: 'Read it.' };

/** Every place where a request can name what a vendor stores. */
const REFERENCES: readonly (readonly [what: string, path: string, body: object])[] = [
  [
    'a file of chat',
    '/chat/completions',
    { messages: [{ role: 'user', content: [text, { type: 'file', file: { file_id: 'file-abc' } }] }] },
  ],
  [
    'an object of S3',
    '/chat/completions',
    { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 's3://ours/a.png' } }] }] },
  ],
  [
    'an object of Google',
    '/chat/completions',
    { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'GS://ours/a.png' } }] }] },
  ],
  [
    'an object as a file id',
    '/chat/completions',
    { messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: 's3://ours/a.pdf' } }] }] },
  ],
  ['a conversation', '/responses', { input: 'Hi', conversation: 'conv_abc' }],
  ['a conversation as an object', '/responses', { input: 'Hi', conversation: { id: 'conv_abc' } }],
  [
    'a file of Responses',
    '/responses',
    { input: [{ role: 'user', content: [{ type: 'input_file', file_id: 'file-abc' }] }] },
  ],
  [
    'an image of Responses',
    '/responses',
    { input: [{ role: 'user', content: [{ type: 'input_image', file_id: 'file-abc' }] }] },
  ],
  [
    'a file in the output of a tool',
    '/responses',
    { input: [{ type: 'function_call_output', call_id: 'c', output: [{ type: 'input_file', file_id: 'file-abc' }] }] },
  ],
  ['vector stores', '/responses', { input: 'Hi', tools: [{ type: 'file_search', vector_store_ids: ['vs_abc'] }] }],
  ['a container', '/responses', { input: 'Hi', tools: [{ type: 'code_interpreter', container: 'cntr_abc' }] }],
  [
    'files of a new container',
    '/responses',
    { input: 'Hi', tools: [{ type: 'code_interpreter', container: { type: 'auto', file_ids: ['file-abc'] } }] },
  ],
  [
    'a document of Messages',
    '/messages',
    {
      max_tokens: 9,
      messages: [{ role: 'user', content: [{ type: 'document', source: { type: 'file', file_id: 'file_abc' } }] }],
    },
  ],
  [
    'a container of Messages',
    '/messages',
    { max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }], container: 'container_abc' },
  ],
];

function openOn(origin: string, more: object = {}) {
  const details = { baseUrl: `${origin}/v1`, apiKey: VENDOR_KEY };
  return openGateway({
    models: { fast: [{ model: 'openai/gpt-4o', ...details }] },
    ids: { secret: 'a secret of thirty-two characters, at the least' },
    logger: false,
    ...more,
  });
}

describe('what a vendor stores under the credential of the operator', () => {
  it.each(REFERENCES)('is not given to whoever names it: %s', async (_what, path, body) => {
    const { origin, requests } = await startVendor((_request, response) => answerChat(response, USAGE));
    const { post } = openOn(origin);
    const answer = await post(path, { model: 'fast', ...body });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toMatch(/names no (file|vector store|container|conversation|stored object) of yours/);
    expect(requests).toEqual([]);
  });

  it('is asked for where the operator allows it', async () => {
    const { origin, requests } = await startVendor((_request, response) => answerChat(response, USAGE));
    const { post } = openOn(origin, { vendorIds: 'allow' });
    const [, path, body] = REFERENCES[0] as (typeof REFERENCES)[number];
    expect((await post(path, { model: 'fast', ...body })).status).toBe(200);
    expect(JSON.stringify(requests[0]?.body)).toContain('"file_id":"file-abc"');
  });

  it('is no matter of words: text, schemas and functions may say what they like', async () => {
    const { origin } = await startVendor((_request, response) => answerChat(response, USAGE));
    const { post } = openOn(origin);
    const parameters = { type: 'object', properties: { file_id: { type: 'string' }, container: { enum: ['s3://a'] } } };
    const answer = await post('/chat/completions', {
      model: 'fast',
      messages: [
        { role: 'user', content: 's3://ours/a.png, file_id: file-abc' },
        { role: 'user', content: [{ ...text, text: 's3://x' }] },
      ],
      tools: [{ type: 'function', function: { name: 'read', parameters } }],
    });
    expect(answer.status).toBe(200);
  });

  it('is read by whoever uploaded it through the gateway, under the id it was given, and by nobody else', async () => {
    const { origin, requests } = await startVendor(({ path }, response) => {
      if (!path.endsWith('/files')) return answerChat(response, USAGE);
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ id: 'file-of-vendor', object: 'file', purpose: 'user_data', filename: 'a.txt' }));
    });
    const { gateway, post } = openOn(origin);
    const form = new FormData();
    form.append('model', 'fast');
    form.append('purpose', 'user_data');
    form.append('file', new Blob(['Hi']), 'a.txt');
    const uploaded = await gateway.fetchAs({ id: 'ada' })('http://portico/v1/files', { method: 'POST', body: form });
    const { id } = (await uploaded.json()) as { id: string };
    expect(id).not.toContain('vendor');
    const body = {
      model: 'fast',
      messages: [{ role: 'user', content: [text, { type: 'file', file: { file_id: id } }] }],
    };
    expect((await post('/chat/completions', body)).status).toBe(200);
    expect(JSON.stringify(requests.at(-1)?.body)).toContain('"file_id":"file-of-vendor"');
    expect((await post('/chat/completions', body, { id: 'eve' })).status).toBe(400);
  });
});
