import { GatewayError, secret, systemClock } from '@portico/core';
import { Cancellation, type Connection, type ConnectionSettings } from '@portico/core/provider';
import { describe, expect, it } from 'vitest';
import { azure } from './azure.js';
import { azureAi } from './azure-ai.js';

const settings: ConnectionSettings = {
  model: 'our gpt',
  baseUrl: 'https://acme.openai.azure.com',
  apiKey: secret('key-1'),
  apiVersion: undefined,
  headers: {},
  options: {},
};

function addressOf(baseUrl: string, apiVersion?: string): string {
  const { origin, paths } = azure.connect({ ...settings, baseUrl, apiVersion });
  return origin + paths['chat.completions'];
}

function signed(connection: Connection, headers: Record<string, string> = {}) {
  const attempt = { callId: 'c', deployment: 'd', provider: 'azure', number: 1 };
  const request = {
    method: 'POST',
    origin: '',
    path: '',
    headers,
    body: '',
    cancellation: new Cancellation(),
    attempt,
  } as const;
  // A token that the host's own function brings needs nothing of these.
  const means = { send: neverAsked, clock: systemClock, environment: {}, readFile: undefined };
  return Promise.resolve(connection.sign?.(request, means));
}

function neverAsked(): never {
  throw new Error('nothing was to be fetched');
}

describe('the address of an Azure resource', () => {
  const v1 = 'https://acme.openai.azure.com/openai/v1/chat/completions';
  const classic = 'https://acme.openai.azure.com/openai/deployments/our%20gpt/chat/completions?api-version=2024-10-21';

  it.each([
    ['https://acme.openai.azure.com', undefined, v1],
    ['https://acme.openai.azure.com/', 'v1', `${v1}?api-version=v1`],
    ['https://acme.openai.azure.com/openai', undefined, v1],
    ['https://acme.openai.azure.com/openai/v1/', undefined, v1],
    ['https://acme.openai.azure.com/openai/v1/chat/completions', 'preview', `${v1}?api-version=preview`],
    ['https://acme.openai.azure.com', '2024-10-21', classic],
    ['https://acme.openai.azure.com//openai/', '2024-10-21', classic],
    ['https://acme.openai.azure.com?api-version=2024-10-21', undefined, classic],
    [
      'https://acme.openai.azure.com/openai/deployments/other/chat/completions?api-version=2024-06-01',
      undefined,
      'https://acme.openai.azure.com/openai/deployments/other/chat/completions?api-version=2024-06-01',
    ],
    [
      'https://acme.openai.azure.com/openai/deployments/other?api-version=2024-06-01',
      '2024-10-21',
      'https://acme.openai.azure.com/openai/deployments/other/chat/completions?api-version=2024-10-21',
    ],
    ['https://acme.azure-api.net/llm', undefined, 'https://acme.azure-api.net/llm/openai/v1/chat/completions'],
    ['https://acme.services.ai.azure.com', undefined, 'https://acme.services.ai.azure.com/openai/v1/chat/completions'],
  ])('%s with version %s', (baseUrl, apiVersion, address) => {
    expect(addressOf(baseUrl, apiVersion)).toBe(address);
  });

  it('cannot be broken out of by the name of a deployment', () => {
    const { paths } = azure.connect({ ...settings, model: '../../x?y#z', apiVersion: '2024-10-21' });
    expect(paths.embeddings).toBe('/openai/deployments/..%2F..%2Fx%3Fy%23z/embeddings?api-version=2024-10-21');
  });

  it.each([
    [undefined, '/openai/v1/files', '/openai/v1/realtime?model=our+gpt'],
    [
      '2024-10-21',
      '/openai/files?api-version=2024-10-21',
      '/openai/realtime?api-version=2024-10-21&deployment=our+gpt',
    ],
  ])('has files beside the deployments, and sockets that name theirs (version %s)', (apiVersion, files, realtime) => {
    expect(azure.connect({ ...settings, apiVersion }).relays).toMatchObject({ files, realtime });
  });

  it.each([
    ['https://acme.openai.azure.com', undefined, '/openai/v1/responses'],
    ['https://acme.openai.azure.com', '2025-04-01-preview', '/openai/responses?api-version=2025-04-01-preview'],
    // Without them there, clients of that wire are served by a bridge.
    ['https://acme.openai.azure.com', '2024-10-21', undefined],
  ])('for responses is that of the resource: %s with version %s', (baseUrl, apiVersion, path) => {
    expect(azure.connect({ ...settings, baseUrl, apiVersion }).paths.responses).toBe(path);
  });

  it('asks for the responses of a model that has nothing else, whatever its deployment is called', () => {
    expect(azure.connect({ ...settings, model: 'responses/our gpt' })).toMatchObject({ model: 'our gpt' });
    const { paths } = azure.connect({ ...settings, baseModel: 'gpt-5-pro' });
    expect([paths.responses, paths['chat.completions']]).toEqual(['/openai/v1/responses', undefined]);
  });

  it('must be there, with a version where it needs one', () => {
    expect(() => azure.connect({ ...settings, baseUrl: undefined })).toThrow('Set "baseUrl", such as');
    expect(() => addressOf('https://acme.openai.azure.com/openai/deployments/other')).toThrow(
      'azure needs "apiVersion"',
    );
  });
});

describe('signing in to Azure', () => {
  it('is by a key in its own header', () => {
    expect(azure.connect(settings).headers).toEqual({ 'api-key': 'key-1' });
  });

  it('is by a token alone where the options name one, key or not', () => {
    const connection = azure.connect({ ...settings, options: { adToken: secret('jwt-1') } });
    expect([connection.headers, connection.sign]).toEqual([{ authorization: 'Bearer jwt-1' }, undefined]);
  });

  it('is by a fresh token for each request', async () => {
    const tokens = ['jwt-1', 'jwt-2'];
    const connection = azure.connect({ ...settings, options: { tokenProvider: async () => tokens.shift() } });
    expect(connection.headers).toEqual({});
    expect((await signed(connection, { 'x-a': '1' }))?.headers).toEqual({ 'x-a': '1', authorization: 'Bearer jwt-1' });
    expect((await signed(connection))?.headers).toEqual({ authorization: 'Bearer jwt-2' });
  });

  it('leaves headers masked that were masked (R-LOG-1)', async () => {
    const headers = Object.defineProperty({ 'x-a': '1' }, 'toJSON', { value: () => 'masked' });
    const request = await signed(azure.connect({ ...settings, options: { tokenProvider: () => 'jwt-1' } }), headers);
    expect(JSON.stringify(request?.headers)).toBe('"masked"');
  });

  it('fails when no token is given, and never falls back to the key', async () => {
    const providers = [() => Promise.reject(new Error('no identity')), () => undefined];
    for (const tokenProvider of providers) {
      const connection = azure.connect({ ...settings, options: { tokenProvider } });
      const failure = await signed(connection).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(GatewayError);
      expect(failure).toMatchObject({
        kind: 'unauthorized_upstream',
        message: 'The token provider of azure returned no token.',
      });
    }
  });

  it('needs one of them, or a header of the host', () => {
    const without = { ...settings, apiKey: undefined };
    expect(() => azure.connect(without)).toThrow(
      'azure has no credential. Give "apiKey", or the option "adToken" or "tokenProvider".',
    );
    const headers = { 'ocp-apim-subscription-key': 'k' };
    expect(azure.connect({ ...without, headers }).headers).toEqual(headers);
    expect(() => azure.connect({ ...settings, options: { adToken: 'a', tokenProvider: () => 'b' } })).toThrow(
      'not both',
    );
    expect(() => azure.connect({ ...settings, options: { token: 'a' } })).toThrow('azure has no option "token"');
  });
});

describe("Azure's errors", () => {
  function classify(status: number, error: object) {
    return azure.classify({ status, headers: { get: () => undefined }, body: { error }, text: '' }).kind;
  }

  it.each([
    [
      400,
      { code: 'content_filter', message: 'x', innererror: { code: 'ResponsibleAIPolicyViolation' } },
      'content_filtered',
    ],
    [400, { code: 'OperationNotSupported', message: 'x' }, 'upstream_model_not_found'],
    [401, { code: '401', message: 'Access denied due to invalid subscription key' }, 'unauthorized_upstream'],
    [404, { code: 'DeploymentNotFound', message: 'x' }, 'upstream_model_not_found'],
    [429, { code: '429', message: 'x' }, 'rate_limited'],
    [429, { code: 'NoCapacity', message: 'x' }, 'overloaded'],
  ])('%i %j is %s', (status, error, kind) => {
    expect(classify(status, error)).toBe(kind);
  });
});

describe('Azure AI Foundry', () => {
  it.each([
    ['https://acme.services.ai.azure.com', undefined, '/models/chat/completions?api-version=2024-05-01-preview'],
    ['https://acme.services.ai.azure.com', '2025-01-01', '/models/chat/completions?api-version=2025-01-01'],
    ['https://acme.services.ai.azure.com/openai/v1', undefined, '/openai/v1/chat/completions'],
    ['https://llama.eastus.models.ai.azure.com/v1', undefined, '/v1/chat/completions'],
  ])('%s with version %s', (baseUrl, apiVersion, path) => {
    const connection = azureAi.connect({ ...settings, baseUrl, apiVersion });
    expect(connection.paths['chat.completions']).toBe(path);
    expect(connection.headers).toEqual({ 'extra-parameters': 'pass-through', 'api-key': 'key-1' });
  });
});
