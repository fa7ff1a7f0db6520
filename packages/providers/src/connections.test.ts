import { createHash, createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { secret } from '@portico/core';
import type { ConnectionSettings, Provider } from '@portico/core/provider';
import { describe, expect, it } from 'vitest';
import { settings } from '../test/connection-settings.js';
import { type Loose, target } from '../test/read-stream.js';
import { signedBy } from '../test/signing.js';
import { cloudflare, databricks, huggingface, snowflake } from './index.js';

describe('signing in to Databricks', () => {
  const baseUrl = 'https://acme.databricks.example';

  it('takes a token as it is, and finds the endpoints of a bare workspace (documented)', () => {
    const { headers, sign, origin, paths } = connect(databricks, { baseUrl, apiKey: secret('dapi') });
    expect([headers.authorization, sign]).toEqual(['Bearer dapi', undefined]);
    expect(origin + paths['chat.completions']).toBe(`${baseUrl}/serving-endpoints/chat/completions`);
  });

  it.each([
    [{ clientId: 'id', clientSecret: secret('hush') }, {}],
    [{}, { DATABRICKS_CLIENT_ID: 'id', DATABRICKS_CLIENT_SECRET: 'hush' }],
  ])('gets a token for a service principal (documented)', async (options, environment) => {
    const connection = connect(databricks, { baseUrl: `${baseUrl}/serving-endpoints`, options });
    const { request, asked } = await signedBy(connection, { access_token: 't', expires_in: 3600 }, environment);
    expect(request.headers.authorization).toBe('Bearer t');
    expect([asked[0]?.origin, asked[0]?.path]).toEqual([baseUrl, '/oidc/v1/token']);
    expect(asked[0]?.headers.authorization).toBe(`Basic ${btoa('id:hush')}`);
  });

  it('says what is missing', async () => {
    await expect(signedBy(connect(databricks, { baseUrl }), {})).rejects.toMatchObject({
      kind: 'unauthorized_upstream',
    });
  });
});

describe('signing in to Snowflake', () => {
  const options = { account: 'acme-eu' };

  it.each([
    ['pat/abc', 'abc', 'PROGRAMMATIC_ACCESS_TOKEN'],
    ['abc', 'abc', 'PROGRAMMATIC_ACCESS_TOKEN'],
    ['eyJh.eyJz.x', 'eyJh.eyJz.x', 'KEYPAIR_JWT'],
  ])('says which kind of token %s is (documented)', (key, sent, type) => {
    const { origin, headers } = connect(snowflake, { options, apiKey: secret(key) });
    expect(origin).toBe('https://acme-eu.snowflakecomputing.com');
    expect([headers.authorization, headers['x-snowflake-authorization-token-type']]).toEqual([`Bearer ${sent}`, type]);
  });

  it('makes a JWT of a key pair, named by the fingerprint of its public half (documented)', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const connection = connect(snowflake, { options: { ...options, user: 'ada', privateKey: secret(pem) } });
    const { request } = await signedBy(connection, {});
    expect(request.headers['x-snowflake-authorization-token-type']).toBe('KEYPAIR_JWT');
    const [header = '', claims = '', signature = ''] = `${request.headers.authorization}`
      .replace('Bearer ', '')
      .split('.');
    const der = publicKey.export({ type: 'spki', format: 'der' });
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toEqual({
      iss: `ACME-EU.ADA.SHA256:${createHash('sha256').update(der).digest('base64')}`,
      sub: 'ACME-EU.ADA',
      iat: 1_000_000,
      exp: 1_003_540,
    });
    const isGenuine = verify(
      'sha256',
      Buffer.from(`${header}.${claims}`),
      createPublicKey(publicKey.export({ type: 'spki', format: 'pem' })),
      Buffer.from(signature, 'base64url'),
    );
    expect(isGenuine).toBe(true);
  });

  it('says what is missing', async () => {
    expect(() => connect(snowflake, { options })).toThrow(/SNOWFLAKE_PAT/);
    expect(() => connect(snowflake, { options: { ...options, privateKey: 'x' } })).toThrow(/"account" and "user"/);
    const broken = connect(snowflake, { options: { ...options, user: 'ada', privateKey: 'hush-hush' } });
    const failure: Loose = await signedBy(broken, {}).catch((thrown: unknown) => thrown);
    expect(failure.kind).toBe('unauthorized_upstream');
    expect(`${failure} ${failure.stack}`).not.toContain('hush');
  });
});

describe('asking Hugging Face', () => {
  const encode = (settings: Partial<ConnectionSettings>, model: string): Loose => {
    const { codecs = huggingface.codecs } = connect(huggingface, { apiKey: secret('hf'), model, ...settings });
    const asked = { messages: [{ role: 'user', content: 'Hi' }], temperature: 0, top_p: 1 };
    return codecs['chat.completions']?.encode(asked, target({ model }));
  };

  it.each([
    ['meta-llama/Llama-3.3-70B-Instruct', 'meta-llama/Llama-3.3-70B-Instruct'],
    ['together/meta-llama/Llama-3.3-70B-Instruct', 'meta-llama/Llama-3.3-70B-Instruct:together'],
  ])('routes %s (documented)', (model, sent) => {
    expect(encode({}, model)).toMatchObject({ model: sent, temperature: 0, top_p: 1 });
  });

  it('leaves out what a server of text generation inference refuses (documented)', () => {
    const baseUrl = 'http://gpu-1:8080';
    const sent = encode({ baseUrl }, 'tgi');
    expect([sent.model, sent.temperature, sent.top_p]).toEqual(['tgi', undefined, undefined]);
    const { origin, paths } = connect(huggingface, { baseUrl, apiKey: secret('hf') });
    expect(origin + paths['chat.completions']).toBe('http://gpu-1:8080/v1/chat/completions');
  });
});

describe('asking Cloudflare', () => {
  const account = 'https://api.cloudflare.com/client/v4/accounts/f00/ai';

  it.each([[{ options: { accountId: 'f00' } }], [{ baseUrl: `${account}/run/` }], [{ baseUrl: `${account}/v1` }]])(
    'goes to the account that is said (documented): %j',
    (settings) => {
      const { origin, paths } = connect(cloudflare, { ...settings, apiKey: secret('cf') });
      expect(origin + paths['chat.completions']).toBe(`${account}/v1/chat/completions`);
    },
  );

  it.each([
    [7009, 'overloaded'],
    [10000, 'unauthorized_upstream'],
  ])('reads the error %d out of the wrapper of its native interface (documented)', (code, kind) => {
    const body = { result: null, success: false, errors: [{ code, message: 'no' }], messages: [] };
    expect(cloudflare.classify({ status: 400, body, text: '', headers: { get: () => undefined } }).kind).toBe(kind);
  });
});

function connect(provider: Provider, changes: Partial<ConnectionSettings>) {
  return provider.connect(settings(changes));
}
