import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkConfig, importLiteLlm, importPortkey, isUsable, readConfig } from '@portico/config';
import { describe, expect, it, onTestFinished } from 'vitest';
import { surroundings } from './surroundings.js';

// LiteLLM's configurations become the gateway's own, which serve the same.

const corpus = fileURLToPath(new URL('corpus', import.meta.url));
const usable = readdirSync(corpus)
  .filter((file) => file.endsWith('.yaml'))
  .filter((file) => isUsable(checkConfig(resolve(corpus, file), surroundings(file))));

describe('portico import litellm', () => {
  it.each(usable)('%s', (file) => {
    const around = surroundings(file);
    const { environment } = around;
    const { text } = importLiteLlm(resolve(corpus, file), { ...around, shownAs: file });
    const then = readConfig(text, {
      environment: { ...environment, PORTICO_KEY_MASTER: 'sk-more-than-twenty-letters' },
    });
    const before = checkConfig(resolve(corpus, file), around);
    expect(then.report).toMatchObject({ format: 'native', models: before.models, deployments: before.deployments });
    // Values of the environment are referred to and not written down, whatever they are.
    for (const value of Object.values(environment ?? {})) expect(text).not.toContain(value);
  });

  it('are most of those there are', () => {
    expect(usable.length).toBeGreaterThan(40);
  });

  it('is short where nothing else is said', () => {
    const { text } = importLiteLlm(resolve(corpus, '01-three-lines.yaml'), { environment: {}, shownAs: 'config.yaml' });
    expect(text).toBe(`# yaml-language-server: $schema=node_modules/@portico/config/schema.json
# From config.yaml, which stays as it is.
models:
  gpt-4o: openai/gpt-4o
anonymous:
  id: anonymous
`);
  });
});

// As in Portkey's documentation.
const OPENAI = { provider: 'openai', override_params: { model: 'gpt-4o' } };
const ANTHROPIC = { provider: 'anthropic', overrideParams: { model: 'claude-sonnet-4-5', temperature: 0 } };
const AZURE = {
  provider: 'azure-openai',
  api_key: 'k',
  custom_host: 'https://house.openai.azure.com',
  override_params: { model: 'gpt-4o' },
};

describe('portico import portkey', () => {
  it('a single target is a model of one deployment', () => {
    const single = { ...OPENAI, retry: { attempts: 3, on_status_codes: [429] }, cache: { mode: 'simple' } };
    expect(modelsOf(single)).toEqual({
      smart: { deployments: [{ model: 'openai/gpt-4o' }], retries: { maxRetries: 3 } },
    });
  });

  it('shares of the calls are weights, and one of 0 is left out', () => {
    const config = {
      strategy: { mode: 'loadbalance' },
      targets: [
        { ...OPENAI, weight: 0.7 },
        { ...AZURE, weight: 0.3 },
        { ...ANTHROPIC, weight: 0 },
      ],
    };
    expect(modelsOf(config).smart?.deployments).toEqual([
      { model: 'openai/gpt-4o', weight: 0.7 },
      { model: 'azure/gpt-4o', apiKey: 'k', baseUrl: 'https://house.openai.azure.com', weight: 0.3 },
    ]);
  });

  it('targets to fall back to are groups, be they shares or chains themselves', () => {
    const shares = { strategy: { mode: 'loadbalance' }, targets: [OPENAI, AZURE] };
    const chain = { strategy: { mode: 'fallback' }, targets: [shares, ANTHROPIC] };
    const models = modelsOf({
      strategy: { mode: 'fallback', on_status_codes: [429] },
      requestTimeout: 5_000,
      targets: [ANTHROPIC, chain],
    });
    expect(Object.entries(models).map(([name, { deployments }]) => [name, deployments.length])).toEqual([
      ['smart', 1],
      ['smart (2)', 2],
      ['smart (3)', 1],
    ]);
    expect(models.smart).toMatchObject({
      deployments: [{ deadlines: { headersMs: 5_000, firstTokenMs: 5_000 } }],
      fallbacks: ['smart (2)', 'smart (3)'],
    });
  });

  it.each([
    [{ ...OPENAI, output_guardrails: ['no-secrets'] }, 'output_guardrails: there is no such guardrail here'],
    [
      { strategy: { mode: 'conditional' }, targets: [OPENAI] },
      'strategy.mode: no group here chooses by what a call is',
    ],
    [{ strategy: { mode: 'fallbck' }, targets: [OPENAI] }, 'there is no such mode: there are single, loadbalance'],
    [{ provider: 'openai' }, 'needs a model: models are named here'],
    [{ ...OPENAI, provider: '@prod' }, "the vendor is known to Portkey's servers alone"],
    [{ ...OPENAI, provider: 'opnai' }, '"opnai" is no vendor that is known here (did you mean "openai"?)'],
    [{ ...OPENAI, wieght: 1 }, 'wieght: there is no such key (did you mean "weight"?)'],
    [
      { strategy: { mode: 'loadbalance' }, targets: [{ strategy: { mode: 'fallback' }, targets: [OPENAI, AZURE] }] },
      'targets[0]: a share of the calls cannot have targets of its own',
    ],
  ])('says what it cannot bring over: %j', (config, message) => {
    expect(() => imported(config)).toThrow(message);
  });

  it('says what it leaves behind', () => {
    const { report } = imported({ ...ANTHROPIC, virtual_key: 'vk', cache: { mode: 'simple' } });
    expect(report.findings.filter(({ verdict }) => verdict === 'ignored').map(({ path }) => path)).toEqual([
      'overrideParams.temperature',
      'virtual_key',
      'cache',
    ]);
  });

  function imported(config: object) {
    const folder = mkdtempSync(join(tmpdir(), 'portico-portkey-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'smart.json');
    writeFileSync(file, JSON.stringify(config, null, 2));
    return importPortkey(file);
  }

  function modelsOf(config: object) {
    const { text } = imported(config);
    const environment = { OPENAI_API_KEY: 'k', ANTHROPIC_API_KEY: 'k' };
    const { models } = readConfig(text, { environment }).config;
    return models as Readonly<Record<string, { readonly deployments: readonly object[] }>>;
  }
});
