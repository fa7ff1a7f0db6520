import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createGateway, type JsonObject, secret } from '@portico/core';
import {
  Cancellation,
  type ConnectionSettings,
  type Send,
  type SigningContext,
  type UpstreamRequest,
} from '@portico/core/provider';
import { type FakeClock, fakeClock } from '@portico/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { vertex } from './index.js';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const HOUR = 3_600_000;
const MINUTE = 60_000;

describe('signing in to Vertex AI with the key of a service account', () => {
  it('states who asks, signed, and gets a token for it', async () => {
    const server = await startTokenServer();
    const { signed } = signerFor({ options: { credentials: serviceAccount(server.url) } });
    expect((await signed()).headers.authorization).toBe('Bearer token-1');
    const [{ method, headers, body }] = server.requests as [Asked];
    expect([method, headers['content-type']]).toEqual(['POST', 'application/x-www-form-urlencoded']);
    const form = new URLSearchParams(body);
    expect(form.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer');
    const [header = '', claims = '', signature = ''] = (form.get('assertion') ?? '').split('.');
    expect(decoded(header)).toEqual({ alg: 'RS256', typ: 'JWT', kid: 'key-1' });
    expect(decoded(claims)).toEqual({
      iss: 'portico@acme.iam.example',
      scope: 'https://www.googleapis.com/auth/cloud-platform',
      aud: `${server.url}/token`,
      iat: 1_000_000,
      exp: 1_003_600,
    });
    const isGenuine = verify(
      'sha256',
      Buffer.from(`${header}.${claims}`),
      createPublicKey(publicKey.export({ type: 'spki', format: 'pem' })),
      Buffer.from(signature, 'base64url'),
    );
    expect(isGenuine).toBe(true);
  });

  it('takes the key as text, and with line breaks that were quoted once too often', async () => {
    const server = await startTokenServer();
    const key = serviceAccount(server.url);
    const quoted = { ...key, private_key: pem.replaceAll('\n', '\\n') };
    for (const settings of [
      { apiKey: secret(JSON.stringify(key)) },
      { options: { credentials: secret(JSON.stringify(quoted)) } },
    ]) {
      expect((await signerFor(settings).signed()).headers.authorization).toMatch(/^Bearer token-/);
    }
  });

  it('keeps the token until shortly before it ends, and lets no call wait for the next', async () => {
    const server = await startTokenServer();
    const { signed, clock } = signerFor({ options: { credentials: serviceAccount(server.url) } });
    await signed();
    await clock.advance(HOUR - 6 * MINUTE);
    expect((await signed()).headers.authorization).toBe('Bearer token-1');
    expect(server.requests).toHaveLength(1);

    await clock.advance(2 * MINUTE);
    const early = signed();
    expect(early).not.toBeInstanceOf(Promise);
    expect((await early).headers.authorization).toBe('Bearer token-1');
    await vi.waitFor(async () => expect((await signed()).headers.authorization).toBe('Bearer token-2'));
    expect(server.requests).toHaveLength(2);
  });

  it('fetches one token for all calls that want one, and none anew for a call that leaves', async () => {
    const server = await startTokenServer();
    const { signed } = signerFor({ options: { credentials: serviceAccount(server.url) } });
    const leaving = new Cancellation();
    const left = Promise.resolve(signed(leaving)).catch((reason: unknown) => reason);
    const others = Promise.all([signed(), signed(), signed()]);
    leaving.cancel('gone');
    expect(await left).toBe('gone');
    expect((await others).map(({ headers }) => headers.authorization)).toEqual(Array(3).fill('Bearer token-1'));
    expect(server.requests).toHaveLength(1);
  });

  it('goes on with the old token while the server of tokens is away', async () => {
    const server = await startTokenServer();
    const { signed, clock } = signerFor({ options: { credentials: serviceAccount(server.url) } });
    await signed();
    server.answerWith({ status: 503, body: {} });
    await clock.advance(HOUR - 2 * MINUTE);
    expect((await signed()).headers.authorization).toBe('Bearer token-1');
    await server.asked(2);
    await clock.advance(2 * MINUTE);
    await expect(signed()).rejects.toMatchObject({ kind: 'upstream_error', retryable: true });
  });

  it.each([
    [
      { status: 400, body: { error: 'invalid_grant', error_description: 'Invalid JWT Signature.' } },
      'unauthorized_upstream',
      '400, invalid_grant',
    ],
    [{ status: 200, body: { id_token: 'x' } }, 'unauthorized_upstream', '200'],
    [{ status: 500, body: {} }, 'upstream_error', '500'],
  ])('says what the server of tokens said: %j', async (answer, kind, told) => {
    const server = await startTokenServer();
    server.answerWith(answer);
    const { signed } = signerFor({ options: { credentials: serviceAccount(server.url) } });
    await expect(signed()).rejects.toMatchObject({ kind, message: expect.stringContaining(`(status ${told})`) });
  });

  it('gives up on a server of tokens that does not answer, for this call and for the next', async () => {
    const server = await startTokenServer();
    server.answerWith('never');
    const { signed, clock } = signerFor({ options: { credentials: serviceAccount(server.url) } });
    const first = Promise.resolve(signed()).catch((reason: unknown) => reason);
    await server.asked(1);
    await clock.advance(21_000);
    expect(await first).toMatchObject({ kind: 'timeout' });
    server.answerWith({ status: 200, body: { access_token: 'late', expires_in: 3600 } });
    expect((await signed()).headers.authorization).toBe('Bearer late');
  });

  it('never says what the key holds', async () => {
    const server = await startTokenServer();
    const credentials = { ...serviceAccount(server.url), private_key: 'hush-hush' };
    const { signed } = signerFor({ options: { credentials } });
    const failure = await Promise.resolve(signed()).catch((reason: unknown) => reason);
    expect(failure).toMatchObject({ kind: 'unauthorized_upstream' });
    expect(`${failure} ${JSON.stringify(failure)} ${(failure as Error).stack}`).not.toContain('hush');
  });
});

describe('signing in to Vertex AI otherwise', () => {
  it('uses what gcloud left in a named file, and names the project that pays', async () => {
    const server = await startTokenServer();
    const { signed } = signerFor(
      { apiKey: secret('/keys/adc.json') },
      { readFile: filesOf({ '/keys/adc.json': user(server.url) }) },
    );
    const { headers } = await signed();
    expect([headers.authorization, headers['x-goog-user-project']]).toEqual(['Bearer token-1', 'payer']);
    expect(Object.fromEntries(new URLSearchParams(server.requests[0]?.body))).toEqual({
      grant_type: 'refresh_token',
      client_id: 'id',
      client_secret: 'hush',
      refresh_token: 'refresh',
    });
  });

  it('looks for the file of gcloud where it usually is', async () => {
    const server = await startTokenServer();
    const path = '/home/ada/.config/gcloud/application_default_credentials.json';
    const { signed } = signerFor(
      {},
      { environment: { HOME: '/home/ada' }, readFile: filesOf({ [path]: user(server.url) }) },
    );
    expect((await signed()).headers.authorization).toBe('Bearer token-1');
  });

  it("uses the machine's own account where there is no file", async () => {
    const server = await startTokenServer();
    const environment = { HOME: '/home/ada', GCE_METADATA_HOST: server.url.replace('http://', '') };
    const { signed } = signerFor({}, { environment, readFile: filesOf({}) });
    expect((await signed()).headers.authorization).toBe('Bearer token-1');
    const [{ method, path, headers }] = server.requests as [Asked];
    expect([method, path, headers['metadata-flavor']]).toEqual([
      'GET',
      '/computeMetadata/v1/instance/service-accounts/default/token',
      'Google',
    ]);
  });

  it.each([
    [{ readFile: filesOf({}) }, 'cannot be read'],
    [{ readFile: undefined }, 'cannot be read'],
    [{ readFile: filesOf({ '/keys/adc.json': { type: 'external_account' } }) }, 'tokenProvider'],
  ])('says what is wrong with a file that is named', async (means, message) => {
    const { signed } = signerFor({ apiKey: secret('/keys/adc.json') }, means);
    await expect(signed()).rejects.toMatchObject({
      kind: 'unauthorized_upstream',
      message: expect.stringContaining(message),
    });
  });

  it('asks a token provider each time, since it keeps what it has', async () => {
    let tokens = 0;
    const tokenProvider = async () => {
      tokens += 1;
      return secret(`own-${tokens}`);
    };
    const { signed } = signerFor({ options: { tokenProvider } });
    expect((await signed()).headers.authorization).toBe('Bearer own-1');
    expect((await signed()).headers.authorization).toBe('Bearer own-2');
    const { signed: failing } = signerFor({ options: { tokenProvider: () => undefined } });
    await expect(failing()).rejects.toMatchObject({ kind: 'unauthorized_upstream' });
  });

  it('prints no credential of a signed request (R-LOG-1)', async () => {
    const { signed } = signerFor({ options: { tokenProvider: () => 'hush-hush' } });
    const hidden = Object.defineProperty({ 'x-tenant': 'blue' }, 'toJSON', { value: () => '[hidden]' });
    const request = await signed(new Cancellation(), hidden);
    expect([request.headers.authorization, JSON.stringify(request.headers)]).toEqual([
      'Bearer hush-hush',
      '"[hidden]"',
    ]);
  });
});

describe('a gateway with Vertex AI behind it', () => {
  it('asks for a token past the interceptors, then the model, each at its own address', async () => {
    const server = await startTokenServer();
    const seen: string[] = [];
    const gateway = createGateway(
      {
        models: {
          smart: {
            deployments: [
              {
                model: 'vertex_ai/gemini-2.5-flash',
                baseUrl: server.url,
                options: { credentials: serviceAccount(server.url) },
              },
            ],
          },
        },
        unknownPrice: 'allow',
        interceptors: [
          (next) => (request) => {
            seen.push(request.path);
            return next(request);
          },
        ],
      },
      { providers: [vertex], transport: { send, close: async () => {} }, environment: {} },
    );
    server.answerModelsWith({ candidates: [{ content: { parts: [{ text: 'Hi' }] }, finishReason: 'STOP' }] });
    const answer = await gateway.chat(
      { model: 'smart', messages: [{ role: 'user', content: 'Hello' }] },
      { as: { id: 'job' } },
    );
    const place = '/v1beta1/projects/acme/locations/us-central1/publishers/google/models/gemini-2.5-flash';
    expect((answer as { choices: { message: JsonObject }[] }).choices[0]?.message.content).toBe('Hi');
    expect(server.requests.map(({ path }) => path)).toEqual(['/token', `${place}:generateContent`]);
    expect(server.requests[1]?.headers.authorization).toBe('Bearer token-1');

    server.answerModelsWith(
      `data: ${JSON.stringify({ candidates: [{ content: { parts: [{ text: 'Hi' }] }, finishReason: 'STOP' }] })}\r\n\r\n`,
    );
    let text = '';
    for await (const chunk of gateway.chatStream(
      { model: 'smart', messages: [{ role: 'user', content: 'Hello' }] },
      { as: { id: 'job' } },
    )) {
      text += (chunk as { choices: { delta: { content?: string } }[] }).choices[0]?.delta.content ?? '';
    }
    expect([text, server.requests.at(-1)?.path]).toEqual(['Hi', `${place}:streamGenerateContent?alt=sse`]);
    expect(seen).toEqual([`${place}:generateContent`, `${place}:streamGenerateContent?alt=sse`]);
    await gateway.close();
  });
});

interface Asked {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

type Answer = { readonly status: number; readonly body: JsonObject } | 'never';

const opened: (() => void)[] = [];
afterEach(() => {
  for (const close of opened.splice(0)) close();
});

/** A server that gives tokens, numbered, and answers for a model at every other path. */
async function startTokenServer() {
  const requests: Asked[] = [];
  let answer: Answer | undefined;
  let modelAnswer: JsonObject | string = {};
  let onAsked = () => {};
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    requests.push({ method: request.method, path: request.url, headers: request.headers, body });
    onAsked();
    if (request.url?.includes('/models/')) {
      const isStream = typeof modelAnswer === 'string';
      response.writeHead(200, { 'content-type': isStream ? 'text/event-stream' : 'application/json' });
      response.end(isStream ? modelAnswer : JSON.stringify(modelAnswer));
      return;
    }
    if (answer === 'never') return;
    const { status, body: told } = answer ?? {
      status: 200,
      body: { access_token: `token-${requests.length}`, expires_in: 3600 },
    };
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(told));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  opened.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    answerWith: (next: Answer) => {
      answer = next;
    },
    answerModelsWith: (next: JsonObject | string) => {
      modelAnswer = next;
    },
    asked: (count: number) =>
      new Promise<void>((resolve) => {
        onAsked = () => {
          if (requests.length >= count) resolve();
        };
        onAsked();
      }),
  };
}

/** The least of a transport, by the runtime's own `fetch`. */
const send: Send = async ({ method, origin, path, headers, body, cancellation }) => {
  const answer = await fetch(origin + path, {
    method,
    headers: Object.entries(headers),
    signal: cancellation.signal,
    ...(body === undefined ? {} : { body: body as string }),
  });
  return {
    status: answer.status,
    headers: { get: (name) => answer.headers.get(name) ?? undefined },
    body: {
      start(sink) {
        answer.arrayBuffer().then((bytes) => {
          sink.bytes(new Uint8Array(bytes));
          sink.end();
        }, sink.fail);
      },
      pause: () => {},
      resume: () => {},
      cancel: () => {},
    },
  };
};

interface Signer {
  readonly clock: FakeClock;
  signed(cancellation?: Cancellation, headers?: Record<string, string>): UpstreamRequest | Promise<UpstreamRequest>;
}

function signerFor(settings: Partial<ConnectionSettings>, means: Partial<SigningContext> = {}): Signer {
  const clock = fakeClock(1_000_000_000);
  const connection = vertex.connect({
    model: 'gemini-2.5-flash',
    baseUrl: undefined,
    apiKey: undefined,
    apiVersion: undefined,
    headers: {},
    ...settings,
    options: { project: 'acme', ...settings.options },
  });
  return {
    clock,
    signed(cancellation = new Cancellation(), headers = {}) {
      const request: UpstreamRequest = {
        method: 'POST',
        origin: connection.origin,
        path: '/',
        headers,
        body: '{}',
        cancellation,
        attempt: { callId: 'c', deployment: 'd', provider: 'vertex_ai', number: 1 },
      };
      const all = { send, clock, environment: {}, readFile: undefined, ...means };
      return connection.sign?.(request, all) as UpstreamRequest | Promise<UpstreamRequest>; // it has one: no key was given
    },
  };
}

function serviceAccount(url: string) {
  return {
    type: 'service_account',
    project_id: 'acme',
    private_key_id: 'key-1',
    private_key: pem,
    client_email: 'portico@acme.iam.example',
    token_uri: `${url}/token`,
  };
}

function user(url: string): JsonObject {
  return {
    type: 'authorized_user',
    client_id: 'id',
    client_secret: 'hush',
    refresh_token: 'refresh',
    quota_project_id: 'payer',
    token_uri: `${url}/token`,
  };
}

function filesOf(files: Readonly<Record<string, JsonObject>>) {
  return async (path: string) => {
    const file = files[path];
    if (file === undefined) throw new Error(`no such file: ${path}`);
    return JSON.stringify(file);
  };
}

function decoded(part: string): unknown {
  return JSON.parse(Buffer.from(part, 'base64url').toString());
}
