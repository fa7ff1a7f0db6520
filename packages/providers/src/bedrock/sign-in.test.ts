import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { secret } from '@portico/core';
import {
  Cancellation,
  type ConnectionSettings,
  type Send,
  type SigningContext,
  type UpstreamRequest,
} from '@portico/core/provider';
import { type FakeClock, fakeClock } from '@portico/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { bedrock } from './index.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Nothing answers here, as at the address of the machine where it is none. */
const NOBODY = 'http://127.0.0.1:9';

describe('signing in to Bedrock', () => {
  it('signs with keys in the options, lent ones with their token', async () => {
    const options = { accessKeyId: 'AKID', secretAccessKey: secret('hush'), sessionToken: 'lent' };
    const { headers } = await signerFor({ options }).signed();
    expect(headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKID\/20010909\/us-east-1\/bedrock\/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature=[0-9a-f]{64}$/,
    );
    expect([headers['x-amz-date'], headers['x-amz-security-token']]).toEqual(['20010909T014640Z', 'lent']);
  });

  it.each([
    ['variables', { AWS_ACCESS_KEY_ID: 'AKENV', AWS_SECRET_ACCESS_KEY: 's' }, {}, 'AKENV'],
    [
      'the default profile',
      { HOME: '/home/ada' },
      { '/home/ada/.aws/credentials': '[default]\naws_access_key_id = AKDEF\naws_secret_access_key=s' },
      'AKDEF',
    ],
    [
      'a named profile',
      { HOME: '/home/ada', AWS_PROFILE: 'work' },
      {
        '/home/ada/.aws/config': '# mine\n[profile work]\r\naws_access_key_id=AKWORK ; old\naws_secret_access_key=s\n',
      },
      'AKWORK',
    ],
    [
      'files elsewhere',
      { AWS_SHARED_CREDENTIALS_FILE: '/c', AWS_CONFIG_FILE: '/d' },
      { '/c': '[default]\naws_access_key_id=AKELSE\naws_secret_access_key=s', '/d': '[default]\nregion=eu-west-1' },
      'AKELSE',
    ],
  ])('finds keys in %s', async (_where, environment, files, id) => {
    const { headers } = await signerFor({}, { environment, readFile: filesOf(files) }).signed();
    expect(headers.authorization).toContain(`Credential=${id}/`);
  });

  it('takes on a role with keys, with a name and an external id, and signs for that too', async () => {
    const server = await startAws();
    const options = {
      accessKeyId: 'AKID',
      secretAccessKey: 'hush',
      roleArn: 'arn:aws:iam::111122223333:role/models',
      roleSessionName: 'portico-test',
      externalId: 'x-1',
      stsEndpoint: server.url,
    };
    const { headers } = await signerFor({ options }).signed();
    expect([headers.authorization?.slice(0, 41), headers['x-amz-security-token']]).toEqual([
      'AWS4-HMAC-SHA256 Credential=AKLENT1/20010',
      'token-1',
    ]);
    const [asked] = server.requests;
    expect(Object.fromEntries(new URLSearchParams(asked?.body))).toEqual({
      Action: 'AssumeRole',
      Version: '2011-06-15',
      RoleArn: 'arn:aws:iam::111122223333:role/models',
      RoleSessionName: 'portico-test',
      ExternalId: 'x-1',
    });
    expect(asked?.headers.authorization).toMatch(/Credential=AKID\/20010909\/us-east-1\/sts\/aws4_request/);
  });

  it('takes on a role with a web identity, by options and by variables, without a signature', async () => {
    const server = await startAws();
    const named = { roleArn: 'arn:r', webIdentityToken: '/var/token', stsEndpoint: server.url };
    const readFile = filesOf({ '/var/token': 'jwt-of-file\n' });
    await signerFor({ options: named }, { readFile }).signed();
    const environment = { AWS_WEB_IDENTITY_TOKEN_FILE: '/var/token', AWS_ROLE_ARN: 'arn:e' };
    await signerFor({ options: { stsEndpoint: server.url } }, { readFile, environment }).signed();
    await signerFor({ options: { ...named, webIdentityToken: secret('jwt-itself') } }).signed();
    const asked = server.requests.map(({ body, headers }) => {
      const form = new URLSearchParams(body);
      return [form.get('Action'), form.get('RoleArn'), form.get('WebIdentityToken'), headers.authorization];
    });
    expect(asked).toEqual([
      ['AssumeRoleWithWebIdentity', 'arn:r', 'jwt-of-file', undefined],
      ['AssumeRoleWithWebIdentity', 'arn:e', 'jwt-of-file', undefined],
      ['AssumeRoleWithWebIdentity', 'arn:r', 'jwt-itself', undefined],
    ]);
  });

  it('reads keys anew that somebody else puts into the files', async () => {
    let written = 0;
    const readFile = async (path: string) => {
      if (!path.endsWith('credentials')) throw new Error('no such file');
      written += 1;
      return `[default]\naws_access_key_id=AK${written}\naws_secret_access_key=s\naws_session_token=t`;
    };
    const { signed, clock } = signerFor({}, { environment: { HOME: '/h' }, readFile });
    expect((await signed()).headers.authorization).toContain('Credential=AK1/');
    await clock.advance(15 * MINUTE);
    expect((await signed()).headers.authorization).toContain('Credential=AK2/');
  });

  it('follows profiles to the one that has the keys', async () => {
    const server = await startAws();
    const config = `
      [profile outer]
role_arn = arn:outer
source_profile = inner
external_id = e

[profile inner]
role_arn = arn:inner
credential_source = Environment
[profile loop]
role_arn = arn:loop
source_profile = loop2
[profile loop2]
role_arn = arn:loop
source_profile = loop
[profile self]
role_arn = arn:self
source_profile = self
aws_access_key_id = AKSELF
aws_secret_access_key = s`;
    const means = {
      environment: { HOME: '/h', AWS_ACCESS_KEY_ID: 'AKENV', AWS_SECRET_ACCESS_KEY: 's' },
      readFile: filesOf({ '/h/.aws/config': config }),
    };
    const by = (profile: string) => signerFor({ options: { profile, stsEndpoint: server.url } }, means).signed();
    expect((await by('outer')).headers.authorization).toContain('Credential=AKLENT2/');
    expect(server.requests.map(({ body }) => new URLSearchParams(body).get('RoleArn'))).toEqual([
      'arn:inner',
      'arn:outer',
    ]);
    expect(server.requests[0]?.headers.authorization).toContain('Credential=AKENV/');
    expect(server.requests[1]?.headers.authorization).toContain('Credential=AKLENT1/');
    await by('self');
    expect(server.requests.at(-1)?.headers.authorization).toContain('Credential=AKSELF/');
    await expect(by('loop')).rejects.toMatchObject({ message: expect.stringContaining('in a cycle') });
    await expect(by('none')).rejects.toMatchObject({
      message: expect.stringContaining('in none of the AWS configuration files'),
    });
  });

  it.each([
    ['sso_session = corp', 'fromNodeProviderChain'],
    ['credential_process = /bin/keys', 'fromNodeProviderChain'],
    ['role_arn = arn:r', 'no credentials to assume it'],
    ['role_arn = arn:r\nsource_profile = gone', 'does not exist'],
    ['role_arn = arn:r\nweb_identity_token_file = /gone', 'cannot be read'],
  ])('says what a profile lacks: %s', async (settings, message) => {
    const readFile = filesOf({ '/h/.aws/config': `[profile p]\n${settings}` });
    const signing = signerFor({ options: { profile: 'p' } }, { environment: { HOME: '/h' }, readFile }).signed();
    await expect(signing).rejects.toMatchObject({
      kind: 'unauthorized_upstream',
      message: expect.stringContaining(message),
    });
  });

  it('is lent keys by a container, with the token that is for that', async () => {
    const server = await startAws();
    const environment = {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${server.url}/lent`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: '/token',
    };
    const readFile = filesOf({ '/token': 'pod-identity' });
    const { headers } = await signerFor({}, { environment, readFile }).signed();
    expect(headers.authorization).toContain('Credential=AKLENT1/');
    expect(server.requests[0]).toMatchObject({
      method: 'GET',
      path: '/lent',
      headers: { authorization: 'pod-identity' },
    });
    for (const address of ['http://evil.example/keys', 'nonsense']) {
      const asking = signerFor({}, { environment: { AWS_CONTAINER_CREDENTIALS_FULL_URI: address } }).signed();
      await expect(asking).rejects.toMatchObject({ kind: 'unauthorized_upstream' });
    }
  });

  it('is lent keys by the machine, in the newer way alone', async () => {
    const server = await startAws();
    const environment = { AWS_EC2_METADATA_SERVICE_ENDPOINT: server.url };
    const { headers } = await signerFor({}, { environment }).signed();
    expect(headers.authorization).toContain('Credential=AKLENT3/');
    expect(
      server.requests.map(({ method, path, headers: sent }) => [method, path, sent['x-aws-ec2-metadata-token']]),
    ).toEqual([
      ['PUT', '/latest/api/token', undefined],
      ['GET', '/latest/meta-data/iam/security-credentials/', 'session-1'],
      ['GET', '/latest/meta-data/iam/security-credentials/models', 'session-1'],
    ]);
  });

  it('says so where there are no keys anywhere', async () => {
    for (const environment of [{ AWS_EC2_METADATA_SERVICE_ENDPOINT: NOBODY }, { AWS_EC2_METADATA_DISABLED: 'true' }]) {
      await expect(signerFor({}, { environment }).signed()).rejects.toMatchObject({
        kind: 'unauthorized_upstream',
        message: expect.stringContaining('AWS_ACCESS_KEY_ID'),
      });
    }
  });

  it('asks a function of the host’s, again when its keys end', async () => {
    let asked = 0;
    const clock = fakeClock(1_000_000_000);
    const credentials = async () => {
      asked += 1;
      return { accessKeyId: `AK${asked}`, secretAccessKey: 's', expiration: new Date(clock.now() + HOUR) };
    };
    const { signed } = signerFor({ options: { credentials } }, { clock });
    expect((await signed()).headers.authorization).toContain('Credential=AK1/');
    await clock.advance(50 * MINUTE);
    expect((await signed()).headers.authorization).toContain('Credential=AK1/');
    await clock.advance(9.9 * MINUTE);
    expect((await signed()).headers.authorization).toContain('Credential=AK2/');
    const failing = signerFor({ options: { credentials: () => ({ accessKeyId: 'x' }) } });
    await expect(failing.signed()).rejects.toMatchObject({ kind: 'unauthorized_upstream' });
  });

  it('fetches new keys once for all calls, shortly before the old ones end, and lets none wait', async () => {
    const server = await startAws();
    const options = { accessKeyId: 'AKID', secretAccessKey: 's', roleArn: 'arn:r', stsEndpoint: server.url };
    const { signed, clock } = signerFor({ options });
    const first = await Promise.all([signed(), signed(), signed()]);
    expect(new Set(first.map(({ headers }) => headers['x-amz-security-token']))).toEqual(new Set(['token-1']));
    expect(server.requests).toHaveLength(1);
    await clock.advance(HOUR - 4 * MINUTE);
    expect((await signed()).headers['x-amz-security-token']).toBe('token-1');
    await vi.waitFor(async () => expect((await signed()).headers['x-amz-security-token']).toBe('token-2'));
    expect(server.requests).toHaveLength(2);
  });

  it.each([
    [403, 'AccessDenied', 'unauthorized_upstream', false],
    [400, 'ExpiredTokenException', 'unauthorized_upstream', false],
    [503, 'ServiceUnavailable', 'upstream_error', true],
  ])('says what the server of roles said: %i %s', async (status, code, kind, retryable) => {
    const server = await startAws();
    server.refuse(status, `<Error><Code>${code}</Code><Message>arn:aws:iam::1:user/hush</Message></Error>`);
    const options = { accessKeyId: 'AKID', secretAccessKey: 'hush', roleArn: 'arn:r', stsEndpoint: server.url };
    const failure = await signerFor({ options })
      .signed()
      .catch((reason: unknown) => reason);
    expect(failure).toMatchObject({ kind, retryable, message: expect.stringContaining(`${status}, ${code}`) });
    expect((failure as Error).message).not.toContain('hush');
  });

  it('prints no credential of a signed request (R-LOG-1)', async () => {
    const hidden = Object.defineProperty({ 'x-tenant': 'blue' }, 'toJSON', { value: () => '[hidden]' });
    const { signed } = signerFor({ options: { accessKeyId: 'AKID', secretAccessKey: 'hush' } });
    const request = await signed(new Cancellation(), hidden);
    expect(request.headers.authorization).toContain('AKID');
    expect(JSON.stringify(request.headers)).toBe('"[hidden]"');
  });
});

interface Asked {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

const opened: (() => void)[] = [];
afterEach(() => {
  for (const close of opened.splice(0)) close();
});

/** A server that lends keys as STS, a container and a machine do, numbered by the request. */
async function startAws() {
  const requests: Asked[] = [];
  let refusal: { status: number; body: string } | undefined;
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    requests.push({ method: request.method, path: request.url, headers: request.headers, body });
    const number = requests.length;
    const keys = {
      AccessKeyId: `AKLENT${number}`,
      SecretAccessKey: 'lent-secret',
      Expiration: new Date(1_000_000_000_000 + HOUR).toISOString(),
    };
    if (refusal !== undefined) return response.writeHead(refusal.status).end(refusal.body);
    if (request.method === 'POST') {
      const fields = { ...keys, SessionToken: `token-${number}`, Expiration: expiry(number) };
      const xml = Object.entries(fields).map(([name, value]) => `<${name}>${value}</${name}>`);
      return response.end(`<R><Credentials>${xml.join('')}</Credentials></R>`);
    }
    if (request.url?.endsWith('/api/token')) return response.end(`session-${number}`);
    if (request.url?.endsWith('/security-credentials/')) return response.end('models\n');
    return response.end(JSON.stringify({ ...keys, Token: `token-${number}` }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  opened.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    refuse: (status: number, body: string) => {
      refusal = { status, body };
    },
  };
}

/** Keys of the n-th request end n hours after the beginning. */
function expiry(number: number): string {
  return new Date(1_000_000_000_000 + number * HOUR).toISOString();
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
  signed(cancellation?: Cancellation, headers?: Record<string, string>): Promise<UpstreamRequest>;
}

function signerFor(
  settings: Partial<ConnectionSettings>,
  means: Partial<Omit<SigningContext, 'clock'>> & { readonly clock?: FakeClock } = {},
): Signer {
  const clock = means.clock ?? fakeClock(1_000_000_000_000);
  const connection = bedrock.connect({
    model: 'amazon.nova-pro-v1:0',
    baseUrl: undefined,
    apiKey: undefined,
    apiVersion: undefined,
    headers: {},
    ...settings,
    options: { region: 'us-east-1', ...settings.options },
  });
  return {
    clock,
    async signed(cancellation = new Cancellation(), headers = { 'content-type': 'application/json' }) {
      const request: UpstreamRequest = {
        method: 'POST',
        origin: connection.origin,
        path: '/model/x/converse',
        headers,
        body: '{}',
        cancellation,
        attempt: { callId: 'c', deployment: 'd', provider: 'bedrock', number: 1 },
      };
      const all = { send, environment: {}, readFile: undefined, ...means, clock };
      return (await connection.sign?.(request, all)) as UpstreamRequest; // it has one: no key was given
    },
  };
}

function filesOf(files: Readonly<Record<string, string>>) {
  return async (path: string) => {
    const file = files[path];
    if (file === undefined) throw new Error(`no such file: ${path}`);
    return file;
  };
}
