import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { put, start } from '../cli/portico-process.js';
import { portico } from '../cli/run-here.js';

// A server without a key is for the programs of its own machine. Pages in a browser there reach it too, under another name or
// from another site: they are told apart by headers that no page can choose.

const CONFIG =
  'model_list:\n  - model_name: chat\n    litellm_params: { model: openai/m, api_key: sk-none, api_base: "http://127.0.0.1:9/v1" }\n';
const KEY = 'sk-master-0123456789-0123456789';

const PATHS = ['/v1/models', '/health', '/health/liveliness', '/v1/model/info'];
const FOREIGN: readonly (readonly [what: string, headers: Record<string, string>])[] = [
  ['a name that points here', { host: 'evil.example' }],
  ['a name that begins like this machine', { host: 'localhost.evil.example' }],
  ['a page of another site', { 'sec-fetch-site': 'cross-site' }],
  ['a page of another port', { 'sec-fetch-site': 'same-site', origin: 'http://localhost:3000' }],
  ['an origin alone', { origin: 'https://evil.example' }],
  ['a sandboxed page', { origin: 'null' }],
];

describe('a server without a key', () => {
  it('answers programs of this machine, and neither other names nor other sites', async () => {
    const { url } = await start(['--config', put(CONFIG)], {});
    const { port } = new URL(url);
    for (const host of ['localhost', '127.0.0.1', '[::1]']) {
      expect(await statusOf(url, '/v1/models', { host: `${host}:${port}` })).toBe(200);
    }
    expect(await statusOf(url, '/v1/models', { 'sec-fetch-site': 'none' })).toBe(200);
    for (const path of PATHS) {
      for (const [what, headers] of FOREIGN) {
        expect([what, path, await statusOf(url, path, headers)]).toEqual([what, path, 403]);
      }
    }
    const socket = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
    };
    for (const [, headers] of FOREIGN) {
      expect(await statusOf(url, '/v1/realtime?model=chat', { ...socket, ...headers })).toBe(403);
    }
  });

  it('answers everybody with --open', async () => {
    const { url } = await start(['--config', put(CONFIG), '--open'], {});
    for (const [, headers] of FOREIGN.slice(0, 2)) expect(await statusOf(url, '/health/liveliness', headers)).toBe(200);
  });

  it('listens for other machines only with --open', async () => {
    const { code, errors } = await portico(['--config', put(CONFIG), '--host', '0.0.0.0', '--port', '0']);
    expect(code).toBe(2);
    expect(errors).toContain('--open');
  });
});

it('a server with a key answers whoever shows it, under any name', async () => {
  const { url } = await start(['--config', put(CONFIG)], { LITELLM_MASTER_KEY: KEY });
  const authorization = `Bearer ${KEY}`;
  expect(await statusOf(url, '/v1/models', { authorization, host: 'llm.internal.example' })).toBe(200);
});

/** By hand, because `fetch` sets these headers itself. */
function statusOf(url: string, path: string, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request(new URL(path, url), { headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    asked.on('error', reject).on('upgrade', (_answer, socket) => {
      socket.destroy();
      resolve(101);
    });
    asked.end();
  });
}
