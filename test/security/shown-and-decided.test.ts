import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Gateway } from '@portico/core';
import type { IncomingRequest, MessageSocket } from '@portico/core/mount';
import { attachRealtime, createGateway } from '@portico/node';
import { startFakeProvider } from '@portico/testing';
import { describe, expect, it } from 'vitest';
import { openSocket } from '../support/open-socket.js';
import { upgradingHost } from '../support/upgrading-hosts.js';

// What a client shows and what authenticated it are two facts. The check against calls of other sites may be left out for the
// second alone: a page can show whatever it likes as a subprotocol, and the cookie authenticates.

const KEY = 'pk-of-ada-0123456789-0123456789';
const SECRET = 'the-secret-of-these-tests-0123456789';
const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJldmUifQ.c2lnbmF0dXJl';

const WIRES = ['HTTP', 'WebSocket'] as const;
const SITES = ['the own origin', 'a neighbour', 'another site', 'no origin'] as const;
const SHOWN = [
  'nothing',
  'a placeholder in the header',
  'junk as a subprotocol',
  'a JWT as a subprotocol',
  'junk in the header',
  'a JWT in the header',
  'the key in the header',
  'the key as a subprotocol',
  'a token in the header',
  'a token as a subprotocol',
] as const;
type Site = (typeof SITES)[number];
type Shown = (typeof SHOWN)[number];

/** Which sources of credentials a gateway has besides the session of its host, which a cookie names. */
interface Sources {
  readonly keys: boolean;
  readonly tokens: boolean;
}

interface Question extends Sources {
  readonly wire: (typeof WIRES)[number];
  readonly site: Site;
  readonly shown: Shown;
  readonly cookie: boolean;
}

const SOURCES: readonly Sources[] = [true, false].flatMap((keys) => [true, false].map((tokens) => ({ keys, tokens })));
const QUESTIONS: readonly Question[] = SOURCES.flatMap((sources) =>
  WIRES.flatMap((wire) =>
    SITES.flatMap((site) =>
      SHOWN.flatMap((shown) => [true, false].map((cookie) => ({ ...sources, wire, site, shown, cookie }))),
    ),
  ),
).filter(({ wire, shown }) => wire === 'WebSocket' || !shown.endsWith('subprotocol'));

/** The status that is right, from what each credential means and not from how the gateway finds it. */
function right({ keys, tokens, wire, site, shown, cookie }: Question): number {
  const [what, where] = shown.split(/ (?:in|as) /) as [string, string | undefined];
  // Looked at: it decides alone, wherever the request comes from.
  if (what === 'the key' && keys) return 200;
  if (what === 'a token' && tokens) return 200;
  // A token is none where tokens are off, and with keys it is a wrong one. JWTs are the host's.
  if (keys && (what === 'junk' || what === 'a token')) return 401;
  // Nobody looked at what was shown: the session decides. The host of these tests finds it by the cookie, or by any JWT.
  if (!cookie && what !== 'a JWT') return 401;
  if (site === 'the own origin') return 200;
  if (site !== 'no origin') return !cookie && wire === 'HTTP' && where === 'the header' ? 200 : 403;
  if (wire === 'HTTP') return 200;
  // No page opens a WebSocket without naming its origin; a program with a token in a header is no page.
  return !cookie && where === 'the header' ? 200 : 403;
}

/** Puts one question to a gateway. A socket that may be opened counts as 200. */
type Ask = (question: Question, token: string) => Promise<number>;

const ASKED = { model: 'chat', messages: [{ role: 'user', content: 'Hi' }] };
const AUTHORITY = 'app.example';

function headersOf({ site, shown, cookie, wire }: Question, token: string): Record<string, string> {
  const [what = '', where] = shown.split(/ (?:in|as) /);
  const value = { 'the key': KEY, 'a token': token, 'a JWT': JWT, 'a placeholder': 'session', junk: 'x' }[what];
  return {
    ...(cookie && { cookie: 'sid=1' }),
    ...(where === 'the header' && { authorization: `Bearer ${value}` }),
    ...(where === 'a subprotocol' && { 'sec-websocket-protocol': `realtime, openai-insecure-api-key.${value}` }),
    ...(site === 'the own origin' && { origin: `https://${AUTHORITY}` }),
    ...(site === 'a neighbour' && { origin: 'https://blog.app.example', 'sec-fetch-site': 'same-site' }),
    ...(site === 'another site' && { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }),
    ...(wire === 'HTTP' && { 'content-type': 'application/json' }),
  };
}

function configOf({ keys, tokens }: Sources, url: string) {
  return {
    models: { chat: [{ model: 'openai/well', baseUrl: url, apiKey: 'sk-0000000000000000000000' }] },
    ...(keys && { keys: [{ key: KEY, principal: { id: 'ada' } }] }),
    ...(tokens && { tokens: { secret: SECRET } }),
    retries: { maxRetries: 0 },
    authenticate({ request }: { request: { header(name: string): string | undefined } }) {
      const isKnown = request.header('cookie') === 'sid=1' || request.header('authorization') === `Bearer ${JWT}`;
      return isKnown ? { id: 'eve' } : undefined;
    },
  };
}

const PLACES: Readonly<
  Record<string, (config: object) => Promise<{ gateway: Gateway<never>; ask: Ask; close(): void }>>
> = {
  'in-process': (config) => {
    const gateway = createGateway(config as never);
    return Promise.resolve({ gateway, ask: askHandle(gateway), close: () => undefined });
  },
  'behind node:http': (config) => overSockets('node:http', config),
  'behind Express': (config) => overSockets('Express 5', config),
  'behind Fastify': (config) => overSockets('Fastify 5', config),
};

function askHandle(gateway: Gateway<never>): Ask {
  return async (question, token) => {
    const headers = headersOf(question, token);
    const isSocket = question.wire === 'WebSocket';
    const offered = headers['sec-websocket-protocol']?.split('api-key.')[1];
    const request: IncomingRequest<object> = {
      method: isSocket ? 'GET' : 'POST',
      path: isSocket ? '/v1/realtime' : '/v1/chat/completions',
      query: isSocket ? 'model=nothing' : '',
      header: (name) => headers[name],
      subprotocolKey: offered,
      ip: '127.0.0.1',
      authority: AUTHORITY,
      host: {},
      body: { kind: 'parsed', value: ASKED },
      onClientGone: () => undefined,
      ...(isSocket && { accept: () => Promise.reject<MessageSocket>(new Error('No model is asked for.')) }),
    };
    return seen((await gateway.handle(request as never))?.status);
  };
}

async function overSockets(host: string, config: object) {
  const { server, gateway } = await upgradingHost(host, config);
  const detach = attachRealtime(server, gateway, { prefix: '/llm' });
  const port = await listen(server);
  const ask: Ask = async (question, token) => {
    const isSocket = question.wire === 'WebSocket';
    const body = isSocket ? '' : JSON.stringify(ASKED);
    const upgrade =
      'connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
    const client = await openSocket(port);
    const lines = Object.entries(headersOf(question, token)).map(([name, value]) => `${name}: ${value}\r\n`);
    client.write(
      `${isSocket ? 'GET /llm/v1/realtime?model=nothing' : 'POST /llm/v1/chat/completions'} HTTP/1.1\r\nhost: ${AUTHORITY}\r\n${lines.join('')}${isSocket ? upgrade : `connection: close\r\ncontent-length: ${body.length}\r\n`}\r\n${body}`,
    );
    return seen(Number(/^HTTP\/1.1 (\d+)/.exec(await client.closed)?.[1]));
  };
  return {
    gateway,
    ask,
    close() {
      detach();
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Who may converse is told that the model is not there: nothing needs to be opened for the answer. */
function seen(status: number | undefined): number {
  return status === 404 ? 200 : (status ?? 0);
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port; // it listens on TCP
}

describe.each(Object.keys(PLACES))('%s, the check against other sites hangs on what authenticated', (place) => {
  it.each(SOURCES)('with keys: $keys, tokens: $tokens', async (sources) => {
    const provider = await startFakeProvider();
    const open = PLACES[place];
    if (open === undefined) throw new TypeError(place);
    const { gateway, ask, close } = await open(configOf(sources, provider.url));
    const other = createGateway(configOf({ keys: false, tokens: true }, provider.url));
    const { token } = await (sources.tokens ? gateway : other).issueToken({ id: 'ada' });
    const wrong: string[] = [];
    for (const question of QUESTIONS) {
      if (question.keys !== sources.keys || question.tokens !== sources.tokens) continue;
      const status = await ask(question, token);
      if (status !== right(question)) wrong.push(`${JSON.stringify(question)}: ${status}, and not ${right(question)}`);
    }
    await gateway.close({ graceMs: 0 });
    await other.close();
    close();
    await provider.close();
    expect(wrong).toEqual([]);
  });
});
