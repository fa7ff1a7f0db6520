import { describe, expect, it } from 'vitest';
import { createGateway } from '../create-gateway.js';
import type { Provider } from '../provider.js';
import { secret } from '../secret.js';

const ENVIRONMENT = { ACME_API_KEY: 'sk-acme-0123456789', ACME_BASE_URL: 'https://proxy.example/v1' };

/** What a vendor was connected with, and what was logged. */
function connected(deployment: object, environment: Record<string, string> = ENVIRONMENT) {
  const seen: (string | undefined)[] = [];
  const acme: Provider = {
    name: 'acme',
    needsKey: true,
    keyVariables: ['ACME_API_KEY'],
    codecs: {},
    connect({ baseUrl }) {
      seen.push(baseUrl);
      return { origin: 'https://acme.example', paths: {}, headers: {} };
    },
    classify: () => {
      throw new TypeError('Nothing is asked.');
    },
  };
  const lines: string[] = [];
  const transport = { send: () => Promise.reject(new Error('Nothing is asked.')), close: async () => {} };
  createGateway(
    {
      models: { fast: [{ model: 'acme/m', ...deployment }] },
      logger: { debug() {}, info: (_fields, message) => void lines.push(message), warn() {}, error() {} },
    },
    { providers: [acme], transport, environment },
  );
  return { seen, lines };
}

describe('the base URL of a deployment that names none', () => {
  it("is the one that the vendor's own SDK would read, and is logged", () => {
    const { seen, lines } = connected({});
    expect(seen).toEqual(['https://proxy.example/v1']);
    expect(lines).toEqual(['"fast:acme/m" uses the base URL of ACME_BASE_URL: https://proxy.example/v1']);
  });

  it('may be under the name that LiteLLM reads', () => {
    expect(connected({}, { ACME_API_KEY: 'sk', ACME_API_BASE: 'https://b.example' }).seen).toEqual([
      'https://b.example',
    ]);
  });

  it('is its own where it names one', () => {
    expect(connected({ baseUrl: 'https://own.example' })).toEqual({ seen: ['https://own.example'], lines: [] });
  });
});

describe('a key that is undefined', () => {
  it('is refused: another account would pay', () => {
    expect(() => connected({ apiKey: undefined })).toThrow(/models\.fast\[0\]\.apiKey: is undefined.*ACME_API_KEY/);
  });

  it('is looked for in the environment where it is left out', () => {
    expect(connected({}).seen).toHaveLength(1);
    expect(connected({ apiKey: secret('sk-own-0123456789') }).seen).toHaveLength(1);
  });
});
