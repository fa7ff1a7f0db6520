import { existsSync, readFileSync } from 'node:fs';
import type { UpstreamOperationName } from '@portico/core';
import { describe, expect, it } from 'vitest';
import { allProviders, openAiCompatibleVendors } from '../src/index.js';
import { listedVendors } from './recorded.js';

const providers = allProviders();

describe('every vendor', () => {
  it('has a prefix of its own, which can stand before a slash', () => {
    const names = providers.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => !/^[a-z\d][a-z\d_-]*$/.test(name))).toEqual([]);
  });

  it('looks for its credential where variables can be', () => {
    const variables = providers.flatMap(({ keyVariables }) => keyVariables);
    expect(variables.filter((name) => !/^[A-Z][A-Z\d_]*$/.test(name))).toEqual([]);
  });

  it('can be asked something', () => {
    expect(providers.filter(({ codecs }) => Object.keys(codecs).length === 0)).toEqual([]);
  });
});

describe('a row of the table of vendors', () => {
  it('is reached by https, or on this machine', () => {
    const local = /^http:\/\/(?:localhost|127\.0\.0\.1):\d+/;
    const addresses = openAiCompatibleVendors.flatMap(({ baseUrl }) => baseUrl ?? []);
    expect(addresses.filter((url) => !(url.startsWith('https://') || local.test(url)))).toEqual([]);
    expect(addresses.filter((url) => url.endsWith('/'))).toEqual([]);
  });

  it('says of no operation that it is elsewhere which it does not have', () => {
    for (const { name, operations, elsewhere = {} } of openAiCompatibleVendors) {
      expect(operations, name).toEqual(expect.arrayContaining(Object.keys(elsewhere)));
      expect(new Set(operations).size, name).toBe(operations.length);
    }
  });
});

/** Prefixes of the reference that are not served. */
const NOT_SERVED: Readonly<Record<string, string>> = {
  github_copilot: 'only a person at a browser can sign in',
  segmind: 'an image is an answer of bytes to a wire of its own',
  triton: 'its generate interface has no turns; its OpenAI frontend is a custom_openai',
};

/** What the reference says a vendor has and that is not asked there, by letter. `PT` are answered by its chat instead. */
const NOT_ASKED: Readonly<Record<string, readonly [letters: string, why: string]>> = {
  azure_ai: ['IR', 'each partner has an address and a wire of its own for them'],
  fireworks_ai: ['IA', 'images are workflows, sound is at another host'],
  perplexity: ['P', 'it serves other models than its chat'],
  nvidia_nim: ['R', 'another host and another wire'],
  deepinfra: ['R', 'a wire of its own'],
  dashscope: ['RI', 'wires of its own'],
  minimax: ['AI', 'wires of its own'],
  hyperbolic: ['IA', 'wires of its own'],
  llamacpp: ['T', 'in newer versions alone'],
  ollama: ['PT', 'in newer versions alone'],
  huggingface: ['P', 'for some hosts alone'],
  databricks: ['P', 'for some models alone'],
  cloudflare: ['P', 'for some models alone'],
};

const OPERATIONS: Readonly<Record<string, readonly UpstreamOperationName[]>> = {
  C: ['chat.completions'],
  L: ['completions'],
  E: ['embeddings'],
  I: ['images.generations'],
  A: ['audio.speech', 'audio.transcriptions'],
  R: ['rerank'],
  P: ['responses'],
  T: ['messages'],
};

const absent = !existsSync(listedVendors);

describe.skipIf(absent)(`the reference of vendors${absent ? ' (skipped: not here, set PORTICO_SHARED)' : ''}`, () => {
  const rows = absent ? [] : readRows(readFileSync(listedVendors, 'utf8'));

  it('has no prefix that is not served, but for those with a reason', () => {
    expect(rows.length).toBeGreaterThan(100);
    const served = new Set(providers.map(({ name }) => name));
    const missing = rows.flatMap(({ prefixes }) => prefixes).filter((prefix) => !served.has(prefix));
    expect(missing.sort()).toEqual(Object.keys(NOT_SERVED));
  });

  it('knows no operation of a vendor that is not asked there, but for those with a reason', () => {
    const missing: Record<string, string> = {};
    for (const { prefixes, letters } of rows) {
      for (const { name, codecs } of providers.filter(({ name }) => prefixes.includes(name))) {
        const lacking = letters.filter((letter) => !OPERATIONS[letter]?.some((operation) => operation in codecs));
        if (lacking.length > 0) missing[name] = lacking.join('');
      }
    }
    const known = Object.entries(NOT_ASKED).map(([name, [letters]]) => [name, letters]);
    expect(missing).toEqual(Object.fromEntries(known));
  });

  it('names the address and the variables that the table has', () => {
    for (const { name, baseUrl, keyVariables } of openAiCompatibleVendors) {
      const row = rows.find(({ prefixes }) => prefixes.includes(name));
      // Its address in OpenAI's wire is from its own documentation; the reference knows its native one.
      if (row === undefined || row.address === 'same' || name === 'bytez') continue;
      const known = row.address.replaceAll(/\{(\w+)\}/g, '{}');
      const ours = baseUrl?.replaceAll(/\{(\w+)\}/g, '{}').replace(/\/v1$/, '');
      if (ours !== undefined) expect(known, name).toContain(ours);
      for (const variable of keyVariables) expect(row.key, name).toContain(variable.replace(/^DATAROBOT/, ''));
    }
  });
});

interface Row {
  readonly prefixes: readonly string[];
  readonly address: string;
  readonly key: string;
  readonly letters: readonly string[];
}

/** `| # | prefix | provider | base URL | key variable | auth | endpoints | quirks |` */
function readRows(text: string): Row[] {
  return text.split('\n').flatMap((line) => {
    const [, number = '', prefix = '', , address = '', key = '', , endpoints = ''] = line
      .split('|')
      .map((s) => s.trim());
    if (!/^\d+$/.test(number)) return [];
    const bare = endpoints.replaceAll(/\(.*?\)/g, '');
    return [
      {
        prefixes: [...prefix.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
        address,
        key,
        letters: bare.split(/\s+/).filter((letter) => letter in OPERATIONS),
      },
    ];
  });
}
