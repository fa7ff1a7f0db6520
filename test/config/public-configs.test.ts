import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkConfig, isUsable, readConfig } from '@portico/config';
import { describe, expect, it } from 'vitest';

// Configurations that people have published: each starts, or is refused for a protection that is missing here.

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = resolve(process.env.PORTICO_SHARED ?? resolve(root, '../shared'), 'reports/configs');
const files = existsSync(folder) ? readdirSync(folder) : [];

/** The keys that refuse a file: nothing here does what they do. */
const REFUSED: Readonly<Record<string, readonly string[]>> = {
  '01.yaml': ['general_settings.custom_auth'],
  '19.yaml': ['litellm_settings.max_end_user_budget'],
  '29.yaml': ['general_settings.enable_jwt_auth', 'general_settings.litellm_jwtauth'],
  // Its only deployment signs in to Microsoft Entra by a client secret.
  '35.yaml': ['tenant_id', 'client_id', 'client_secret'].map((key) => `model_list[0].litellm_params.${key}`),
};

/** What a deployment machine has: the vendors' usual variables. */
const USUAL = {
  OPENAI_API_KEY: 'k',
  AWS_REGION: 'us-east-1',
  DEEPSEEK_API_KEY: 'k',
  COHERE_API_KEY: 'k',
  HF_TOKEN: 'k',
  XAI_API_KEY: 'k',
  PERPLEXITYAI_API_KEY: 'k',
  GITHUB_API_KEY: 'k',
};

describe.skipIf(files.length === 0)('public configurations (skipped without the shared folder)', () => {
  it.each(files)('%s starts, or names the protection that is missing', (file) => {
    const text = readFileSync(resolve(folder, file), 'utf8');
    const environment = { ...USUAL, ...variablesOf(text) };
    const report = checkConfig(resolve(folder, file), { environment, shownAs: file });
    const refused = report.findings.filter(({ verdict }) => verdict === 'refused').map(({ path }) => path);
    expect(refused).toEqual(REFUSED[file] ?? []);
    expect(isUsable(report)).toBe(REFUSED[file] === undefined);
    if (file !== '35.yaml') expect(report.problems).toEqual([]);
  });

  it.each(['01.yaml', '19.yaml', '29.yaml'])('%s starts where it is said that the protection is not needed', (file) => {
    const environment = { ...USUAL, ...variablesOf(readFileSync(resolve(folder, file), 'utf8')) };
    const report = checkConfig(resolve(folder, file), { environment, acceptMissing: true });
    expect(isUsable(report)).toBe(true);
    expect(report.findings.some(({ message }) => message.startsWith('MISSING'))).toBe(true);
  });
});

describe('a deployment that cannot be served', () => {
  const good = '{model_name: good, litellm_params: {model: openai/gpt-4o, api_key: k}}';
  const bad = '{model_name: bad, litellm_params: {model: own-vendor/x, api_key: k}}';

  it('leaves itself out with its line, and its name out of fallbacks and aliases', () => {
    const { report, config } = readConfig(
      `model_list: [${good}, ${bad}]
router_settings: {fallbacks: [{good: [bad]}, {bad: [good]}], model_group_alias: {other: bad}}`,
      { environment: {} },
    );
    expect(report.models).toEqual(['good']);
    expect(report.findings).toContainEqual(
      expect.objectContaining({
        verdict: 'left out',
        path: 'model_list[1].litellm_params.model',
        message: '"own-vendor" is not a known provider.',
      }),
    );
    expect(config.models.good).toMatchObject({ fallbacks: [] });
  });

  it('leaves the others of its name', () => {
    const { report } = readConfig(`model_list: [${good}, ${bad.replace('bad', 'good')}]`, { environment: {} });
    expect([report.models, report.deployments]).toEqual([['good'], 1]);
  });

  it('leaves itself out rather than be used without its guardrail', () => {
    const guarded = good.replace('api_key: k', 'api_key: k, guardrails: [pii]').replace('good', 'guarded');
    const { report } = readConfig(`model_list: [${good}, ${guarded}]`, { environment: {} });
    expect(report.models).toEqual(['good']);
  });

  it('refuses the file where no other is left', () => {
    expect(() => readConfig(`model_list: [${bad}]`, { environment: {} })).toThrow('"own-vendor" is not a known');
  });
});

describe("LiteLLM's guardrails", () => {
  const model = 'model_list: [{model_name: a, litellm_params: {model: openai/gpt-4o, api_key: k}}]';

  it.each(['presidio', 'detect_prompt_injection', 'hide_secrets', 'openai_moderations', 'blocked_user_check'])(
    'among the callbacks refuse the start if nobody gives "%s", and are used if somebody does',
    (name) => {
      const text = `${model}\nlitellm_settings: {callbacks: ["${name}"]}`;
      expect(() => readConfig(text, { environment: {} })).toThrow('calls would not be checked');
      const { config } = readConfig(text, { environment: {}, plugins: { [name]: { name } } });
      expect(config.plugins).toEqual([{ name }]);
    },
  );

  it("that only listen are ignored, and a hook of one's own is said to do nothing now", () => {
    const { report } = readConfig(`${model}\nlitellm_settings: {callbacks: [prometheus, my_hook.instance]}`, {
      environment: {},
    });
    const [told] = report.findings.filter(({ verdict }) => verdict === 'ignored');
    expect(told?.message).toContain('such a hook may change and refuse calls, and nothing does so now');
  });

  it('on demand refuse the calls that name them, and those that are always on refuse the start', async () => {
    const text = (on: string) =>
      `${model}\nguardrails: [{guardrail_name: pii, litellm_params: {guardrail: presidio, mode: pre_call${on}}}]`;
    expect(() => readConfig(text(', default_on: true'), { environment: {} })).toThrow('calls would not be checked');
    const { config } = readConfig(text(''), { environment: {} });
    const authorize = config.plugins?.[0]?.policies?.authorize;
    const ask = (body: object) => authorize?.({ request: { body } } as Parameters<typeof authorize>[0]);
    expect(await ask({})).toBeUndefined();
    expect(await ask({ guardrails: ['pii'] })).toMatchObject({ kind: 'invalid_input' });
  });
});

describe('budget durations', () => {
  it.each([
    ['7d', 'week'],
    ['1w', 'week'],
    ['30m', '30m'],
    ['2h', '2h'],
    ['3600s', 'hour'],
    ['10d', '10d'],
    ['1mo', 'month'],
    ['2mo', '60d'],
  ])('of %s are of a %s here', (duration, per) => {
    const { principal } = readConfig(
      `model_list: [{model_name: a, litellm_params: {model: openai/gpt-4o, api_key: k}}]
litellm_settings: {max_budget: 10, budget_duration: ${duration}}`,
      { environment: {} },
    );
    expect(principal?.budget).toEqual({ usd: 10, per });
  });
});

describe('names of models', () => {
  const modelOf = (params: string) => {
    const text = `model_list: [{model_name: a, litellm_params: {${params}}}]`;
    const { models } = readConfig(text, { environment: {} }).config;
    return (models.a as { readonly deployments: readonly object[] }).deployments[0];
  };

  it('without their vendor are those of Vertex AI where the file names a project or place of it', () => {
    for (const prefix of ['vertex', 'vertex_ai']) {
      const place = `${prefix}_project: proj-1, ${prefix}_location: europe-west4`;
      expect(modelOf(`model: gemini-2.5-flash, ${place}`)).toMatchObject({ model: 'vertex_ai/gemini-2.5-flash' });
    }
  });

  it.each(['gpt-5-mini', 'azure/gpt-5-mini', 'azure/eu/gpt-5-mini', 'openai/gpt-5-mini'])(
    'behind a deployment of Azure may be "%s"',
    (base) => {
      const params = `model: azure/our-deployment, api_base: "https://az.example", api_key: k, base_model: ${base}`;
      expect(modelOf(params)).toMatchObject({ baseModel: 'gpt-5-mini' });
    },
  );
});

function variablesOf(text: string): Record<string, string> {
  const names = [...text.matchAll(/os\.environ\/(\w+)/g)].flatMap(([, name]) => name ?? []);
  return Object.fromEntries(names.map((name) => [name, exampleOf(name)]));
}

function exampleOf(name: string): string {
  if (name.includes('BASE')) return 'https://base.example/v1';
  if (name.includes('PLACE')) return 'europe-west4';
  if (name.includes('PORT')) return '6379';
  return name.includes('HOST') ? 'redis.example' : `value-of-${name}-that-is-long`.toLowerCase().replaceAll('_', '-');
}
