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

  it('refers to an address as the file does', () => {
    const ollama = (environment: Record<string, string>) =>
      importLiteLlm(fileOf('litellm.yaml', OLLAMA), { environment }).text;
    expect(ollama({ OLLAMA_HOST: 'http://gpu:11434/' })).toContain('baseUrl: env:OLLAMA_HOST\n');
  });

  it.each([{ AWS_REGION_NAME: 'eu-west-1' }, {}])(
    'refers to the region of AWS, whether it is there or not: %j',
    (set) => {
      const { text } = importLiteLlm(fileOf('litellm.yaml', BEDROCK), { environment: set });
      expect(text).toContain('region: env:AWS_REGION_NAME\n');
    },
  );

  it('names the Redis by one address, which LiteLLM has in parts', () => {
    const redis = (settings: string) => {
      const text = `model_list: [{model_name: a, litellm_params: {model: openai/gpt-4o}}]\nrouter_settings: ${settings}`;
      return importLiteLlm(fileOf('litellm.yaml', text), { environment: {} }).text;
    };
    expect(redis('{redis_url: os.environ/SHARED}')).toContain('redis: env:SHARED\n');
    expect(redis('{redis_host: cache, redis_db: 2}')).toContain('redis: redis://cache:6379/2\n');
    const inParts = redis('{redis_host: cache, redis_password: os.environ/REDIS_PASSWORD}');
    expect(inParts).toContain('redis: env:REDIS_URL\n');
    expect(inParts).toContain('# Set REDIS_URL to the URL');
  });

  it('is short where nothing else is said', () => {
    const { text } = importLiteLlm(resolve(corpus, '01-three-lines.yaml'), { environment: {}, shownAs: 'config.yaml' });
    expect(text).toBe(`# yaml-language-server: $schema=node_modules/@portico/config/schema.json
# Converted from config.yaml, which was not changed.
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
    expect(modelOf(single)).toEqual({ deployments: ['openai/gpt-4o'], retries: { maxRetries: 3 } });
  });

  it('shares of the calls are a split, and one of 0 is left out', () => {
    const config = {
      strategy: { mode: 'loadbalance' },
      targets: [
        { ...OPENAI, weight: 0.7 },
        { ...AZURE, weight: 0.3 },
        { ...ANTHROPIC, weight: 0 },
      ],
    };
    expect(modelOf(config)).toEqual({
      route: {
        split: [
          { weight: 0.7, to: { deployments: ['openai/gpt-4o'] } },
          {
            weight: 0.3,
            to: { deployments: [{ model: 'azure/gpt-4o', apiKey: 'k', baseUrl: 'https://house.openai.azure.com' }] },
          },
        ],
      },
    });
  });

  it('a tree is the same tree, whatever is in what', () => {
    const chain = { strategy: { mode: 'fallback' }, targets: [OPENAI, ANTHROPIC] };
    const config = {
      strategy: { mode: 'loadbalance' },
      requestTimeout: 5_000,
      targets: [chain, { ...ANTHROPIC, retry: { attempts: 1 } }],
    };
    const deadlines = { headersMs: 5_000, firstTokenMs: 5_000 };
    const openai = { deployments: [{ model: 'openai/gpt-4o', deadlines }] };
    const anthropic = { deployments: [{ model: 'anthropic/claude-sonnet-4-5', deadlines }] };
    expect(modelOf(config)).toEqual({
      route: {
        split: [
          { weight: 1, to: { fallback: [openai, anthropic] } },
          { weight: 1, to: { ...anthropic, retries: { maxRetries: 1 } } },
        ],
      },
    });
  });

  it('conditions are conditions, one branch for each of several that will do', () => {
    const config = {
      strategy: {
        mode: 'conditional',
        conditions: [
          condition({ 'metadata.plan': { $eq: 'paid' }, 'params.max_tokens': { $gt: 1_000, $lt: 9_000 } }, 'large'),
          condition({ $or: [{ 'metadata.team': { $in: ['a', 'b'] } }, { 'metadata.user': 'ada' }] }, 'large'),
        ],
        default: 'small',
      },
      targets: [
        { name: 'large', ...ANTHROPIC },
        { name: 'small', ...OPENAI },
      ],
    };
    const large = { deployments: ['anthropic/claude-sonnet-4-5'] };
    expect(modelOf(config)).toEqual({
      route: {
        when: [
          { if: { body: { 'metadata.plan': 'paid', max_tokens: { above: 1_000, below: 9_000 } } }, to: large },
          { if: { body: { 'metadata.team': ['a', 'b'] } }, to: large },
          { if: { body: { 'metadata.user': 'ada' } }, to: large },
        ],
        otherwise: { deployments: ['openai/gpt-4o'] },
      },
    });
  });

  it.each([
    [{ ...OPENAI, output_guardrails: ['no-secrets'] }, 'output_guardrails: this guardrail is not available'],
    [{ strategy: { mode: 'conditional' }, targets: [OPENAI] }, 'needs "conditions" to choose by'],
    [chosenBy({ 'metadata.a': { $regex: 'x' } }), '"$regex" is not a supported comparison here'],
    [chosenBy({ 'headers.a': 'x' }), '"headers.a" is not a known property of a call'],
    [chosenBy({ 'metadata.a': 'x' }, 'its'), 'no target is called "its" (did you mean "it"?)'],
    [chosenBy(undefined), 'needs a "query" and a "then"'],
    [{ strategy: { mode: 'fallbck' }, targets: [OPENAI] }, 'unknown mode. Supported: single, loadbalance'],
    [{ provider: 'openai' }, 'needs a model: name it'],
    [{ ...OPENAI, provider: '@prod' }, "only Portkey's servers know this vendor"],
    [{ ...OPENAI, provider: 'opnai' }, '"opnai" is not a known vendor (did you mean "openai"?)'],
    [{ ...OPENAI, wieght: 1 }, 'wieght: there is no such key (did you mean "weight"?)'],
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
    return importPortkey(fileOf('smart.json', JSON.stringify(config, null, 2)));
  }

  function modelOf(config: object): unknown {
    const { text } = imported(config);
    const environment = { OPENAI_API_KEY: 'k', ANTHROPIC_API_KEY: 'k' };
    return readConfig(text, { environment }).config.models.smart;
  }
});

const BEDROCK =
  'model_list: [{model_name: a, litellm_params: {model: bedrock/amazon.nova-pro-v1:0, aws_region_name: os.environ/AWS_REGION_NAME}}]';
const OLLAMA = `model_list:
  - {model_name: a, litellm_params: {model: ollama/llama3, api_base: os.environ/OLLAMA_HOST}}
`;

function fileOf(name: string, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'portico-import-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

function chosenBy(query: object | undefined, target = 'it'): object {
  const strategy = { mode: 'conditional', conditions: [condition(query, target)] };
  return { strategy, targets: [{ name: 'it', ...OPENAI }] };
}

/** Not written as a literal: what has a `then` passes for a promise. */
function condition(query: object | undefined, target: string): object {
  return JSON.parse(
    `{ ${query === undefined ? '' : `"query": ${JSON.stringify(query)}, `}"then": "${target}" }`,
  ) as object;
}
