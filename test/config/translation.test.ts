import { type ReadTextOptions, readConfig } from '@portico/config';
import { reveal, type Secret } from '@portico/core';
import { describe, expect, it } from 'vitest';

// What a LiteLLM configuration means here, told by the configuration it becomes.

const environment = {
  OPENAI_API_KEY: 'sk-openai',
  AZURE_KEY: 'azure',
  ANTHROPIC_API_KEY: 'sk-ant',
  SECONDS: '20',
  YES: 'True',
};

const DEPLOYMENT = 'litellm_params: {model: openai/gpt-4o, api_key: os.environ/OPENAI_API_KEY';
const ONE = `model_list: [{model_name: a, ${DEPLOYMENT}}}]`;
const THREE = `model_list: [${['a', 'b', 'c'].map((name) => `{model_name: ${name}, ${DEPLOYMENT}}}`).join(', ')}]`;

describe("LiteLLM's configuration becomes the gateway's", () => {
  it('several entries of one name are deployments of one model, with their shares', () => {
    const { models } = read(`model_list:
  - {model_name: a, ${DEPLOYMENT}, rpm: 900}}
  - {model_name: a, ${DEPLOYMENT}, rpm: 300}}
  - {model_name: a, ${DEPLOYMENT}}}`);
    expect(deploymentsOf(models.a)).toMatchObject([
      { id: 'a:openai/gpt-4o', weight: 900 },
      { id: 'a:openai/gpt-4o#2', weight: 300 },
      { id: 'a:openai/gpt-4o#3', weight: 600 },
    ]);
  });

  it('os.environ/ is followed wherever it stands, and credentials do not print', () => {
    const { models } = read(`model_list:
  - {model_name: a, ${DEPLOYMENT}, timeout: os.environ/SECONDS, drop_params: os.environ/YES}}`);
    const [deployment] = deploymentsOf(models.a);
    expect(deployment).toMatchObject({ dropUnsupported: true, deadlines: { headersMs: 20_000, idleMs: 20_000 } });
    expect(reveal(deployment?.apiKey as Secret)).toBe('sk-openai');
    expect(JSON.stringify(models)).not.toContain('sk-openai');
  });

  it('a number that stands for a text stays as it is written', () => {
    const { models } = read(ONE.replace('}}]', ', api_version: 1.10}}]'));
    expect(deploymentsOf(models.a)).toMatchObject([{ apiVersion: '1.10' }]);
  });

  it('timeouts bound silence, and an answer that goes on may take longer than they', () => {
    const { models, deadlines } = read(`${ONE.replace('}}]', ', timeout: 900, stream_timeout: 5}}]')}
router_settings: {timeout: 30}`);
    expect(deploymentsOf(models.a)).toMatchObject([
      { deadlines: { headersMs: 900_000, answerMs: 900_000, firstTokenMs: 5_000, idleMs: 5_000 } },
    ]);
    expect(models.a).toMatchObject({ deadlines: { totalMs: 900_000 } });
    expect(deadlines).toEqual({
      headersMs: 30_000,
      firstTokenMs: 30_000,
      idleMs: 30_000,
      answerMs: 600_000,
      totalMs: 600_000,
    });
  });

  it("has LiteLLM's defaults where it says so, and nowhere else", () => {
    expect(read(ONE)).not.toHaveProperty('deadlines');
    const { cooldowns, deadlines } = read(`compat: litellm\n${ONE}`);
    expect(cooldowns).toEqual({ failuresInARow: 4 });
    expect(deadlines).toMatchObject({ headersMs: 6_000_000, totalMs: 6_000_000 });
    expect(read(`compat: litellm\n${ONE}\nrouter_settings: {timeout: 30}`).deadlines).toMatchObject({
      headersMs: 30_000,
    });
  });

  it('prices are per million tokens', () => {
    const { models } = read(`model_list:
  - model_name: a
    ${DEPLOYMENT}, input_cost_per_token: 0.00000015}
    model_info: {output_cost_per_token: 6e-7}`);
    expect(deploymentsOf(models.a)).toMatchObject([{ price: { input: 0.15, output: 0.6 } }]);
  });

  it('an organization of a list is a deployment each', () => {
    const { models } = read(ONE.replace('}}]', ', organization: [one, two]}}]'));
    expect(deploymentsOf(models.a).map(({ options }) => options)).toEqual([
      { organization: 'one' },
      { organization: 'two' },
    ]);
  });

  it('deployments of a higher order are asked when the lower ones cannot answer, before other models', () => {
    const { models } = read(`model_list:
  - {model_name: a, ${DEPLOYMENT}, order: 2}}
  - {model_name: a, ${DEPLOYMENT}, order: 1}}
  - {model_name: b, ${DEPLOYMENT}}}
router_settings: {fallbacks: [{a: [b]}]}`);
    expect(deploymentsOf(models.a)).toMatchObject([{ order: 2 }, { order: 1 }]);
    expect(models.a).toMatchObject({ fallbacks: ['b'] });
    const some = read(`model_list:
  - {model_name: a, ${DEPLOYMENT}}}
  - {model_name: a, ${DEPLOYMENT}, order: 1}}`);
    expect(deploymentsOf(some.models.a)).toMatchObject([{ order: 2 }, { order: 1 }]);
  });

  it('fallbacks: a model has its own, else those of the star, else the usual ones; never itself', () => {
    const own = read(`${THREE}\nrouter_settings: {fallbacks: [{a: [b, c]}, {"*": [c]}]}`);
    expect(fallbacksOf(own.models)).toEqual({ a: ['b', 'c'], b: ['c'], c: [] });
    const usual = read(`${THREE}\nlitellm_settings: {fallbacks: [{a: [b]}], default_fallbacks: [c]}`);
    expect(fallbacksOf(usual.models)).toEqual({ a: ['b'], b: ['c'], c: [] });
  });

  it('a model that cannot hold an input has the general fallbacks, unless there are some for just that', () => {
    const general = read(`${THREE}\nrouter_settings: {fallbacks: [{a: [b]}]}`);
    expect(general.models.a).toMatchObject({ contextFallbacks: ['b'], contentFallbacks: [] });
    const special = read(`${THREE}
router_settings: {fallbacks: [{a: [b]}], context_window_fallbacks: [{a: [c]}], content_policy_fallbacks: [{b: [c]}]}`);
    expect(special.models.a).toMatchObject({ fallbacks: ['b'], contextFallbacks: ['c'], contentFallbacks: [] });
    expect(special.models.b).toMatchObject({ contextFallbacks: [], contentFallbacks: ['c'] });
  });

  it.each([
    ['simple-shuffle', undefined],
    ['least-busy', 'least-in-flight'],
    ['latency-based-routing', 'lowest-latency'],
    ['cost-based-routing', 'lowest-cost'],
    ['usage-based-routing-v2', 'lowest-usage'],
  ])('the strategy %s is %s here, where there is something to choose', (theirs, ours) => {
    const { models } = read(`model_list:
  - {model_name: a, ${DEPLOYMENT}, rpm: 10}}
  - {model_name: a, ${DEPLOYMENT}}}
  - {model_name: b, ${DEPLOYMENT}}}
router_settings: {routing_strategy: ${theirs}}`);
    expect(models.a).toHaveProperty('deployments');
    expect((models.a as { strategy?: string }).strategy).toBe(ours);
    expect(models.b).not.toHaveProperty('strategy');
  });

  it('rpm and tpm are shares, and bounds only where the file says so', () => {
    const text = ONE.replace('}}]', ', rpm: 10, tpm: 5000, max_parallel_requests: 3}}]');
    const limitsIn = (more: string) => (deploymentsOf(read(text + more).models.a)[0] as { limits?: object }).limits;
    const rates = { requestsPerMinute: 10, tokensPerMinute: 5_000 };
    expect(limitsIn('')).toEqual({ concurrentCalls: 3 });
    for (const setting of [
      'enable_pre_call_checks: true',
      'optional_pre_call_checks: [enforce_model_rate_limits]',
      'routing_strategy: usage-based-routing',
    ]) {
      expect(limitsIn(`\nrouter_settings: {${setting}}`), setting).toEqual({ ...rates, concurrentCalls: 3 });
    }
    const usual = read(`${ONE}\nrouter_settings: {default_max_parallel_requests: 7}`);
    expect(deploymentsOf(usual.models.a)).toMatchObject([{ limits: { concurrentCalls: 7 } }]);
  });

  it('what a deployment cannot do keeps calls that need it away', () => {
    const info = 'model_info: {supports_vision: false, supports_function_calling: true, max_input_tokens: 4096}';
    const text = `model_list: [{model_name: a, ${DEPLOYMENT}}, ${info}}]`;
    expect(deploymentsOf(read(text).models.a)).toMatchObject([{ capabilities: { images: false } }]);
    const checked = read(`${text}\nrouter_settings: {enable_pre_call_checks: true}`);
    expect(deploymentsOf(checked.models.a)).toMatchObject([{ capabilities: { images: false, inputTokens: 4_096 } }]);
  });

  it('tags choose among deployments where filtering is on', () => {
    const text = `model_list:
  - {model_name: a, ${DEPLOYMENT}, tags: [paid]}}
  - {model_name: a, ${DEPLOYMENT}, tags: [default]}}`;
    const tagsIn = (more: string) =>
      deploymentsOf(read(text + more).models.a).map((details) => (details as { tags?: unknown }).tags);
    expect(tagsIn('\nrouter_settings: {enable_tag_filtering: true}')).toEqual([['paid'], undefined]);
    expect(tagsIn('')).toEqual([undefined, undefined]);
  });

  it('calls stick to deployments by what the file says', () => {
    const { models } = read(`model_list:
  - {model_name: a, ${DEPLOYMENT}}}
  - {model_name: a, ${DEPLOYMENT}}}
router_settings: {optional_pre_call_checks: [prompt_caching]}`);
    expect(models.a).toMatchObject({ strategy: { by: 'sticky', key: 'prompt' } });
  });

  it('retries may depend on what failed, for all models and for one', () => {
    const config = read(`${ONE}
router_settings: {retry_policy: {RateLimitErrorRetries: 4}, model_group_retry_policy: {a: {TimeoutErrorRetries: 0}}}`);
    expect(config.retries).toEqual({ byKind: { rate_limited: 4 } });
    expect(config.models.a).toMatchObject({ retries: { byKind: { timeout: 0 } } });
    expect(() => read(`${ONE}\nrouter_settings: {model_group_retry_policy: {b: {}}}`)).toThrow('there is no model "b"');
    expect(() => read(`${ONE}\nrouter_settings: {retry_policy: {RateLimitErorRetries: 4}}`)).toThrow(
      'did you mean "RateLimitErrorRetries"?',
    );
  });

  it('router_settings win over litellm_settings, whatever stands first', () => {
    const config = read(`router_settings: {num_retries: 5, cooldown_time: 7, allowed_fails: 2, retry_after: 3}
litellm_settings: {num_retries: 1, allowed_fails: 9}
${ONE}`);
    expect(config).toMatchObject({
      retries: { maxRetries: 5, baseDelayMs: 3_000 },
      cooldowns: { cooldownMs: 7_000, failuresInARow: 3 },
    });
  });

  it('an alias leads to the model, which keeps its limits and rests', () => {
    const { models } = read(`${ONE}\nrouter_settings: {model_group_alias: {x: a, y: {model: a, hidden: true}}}`);
    expect(Object.keys(models)).toEqual(['a', 'x', 'y']);
    expect(models.y).toMatchObject({ route: 'a' });
  });

  it('stars of a name fill those of the model; where it has fewer, what is asked for is taken whole', () => {
    const starred = (name: string, model: string) =>
      deploymentsOf(read(`model_list: [{model_name: "${name}", litellm_params: {model: "${model}"}}]`).models[name]);
    expect(starred('openai/*', 'openai/*')).toMatchObject([{ model: 'openai/*' }]);
    expect(starred('anthropic/claude-*', 'anthropic/claude-*')).toMatchObject([{ model: 'anthropic/claude-*' }]);
    expect(starred('house-*', 'gpt-*')).toMatchObject([{ model: 'openai/gpt-*' }]);
    expect(starred('cheap-*', 'openai/gpt-4o-mini')).toMatchObject([{ model: 'openai/gpt-4o-mini' }]);
    expect(starred('*/gpt-*', 'openai/*')).toMatchObject([{ model: '*/gpt-*' }]);
    expect(() => starred('openai/*', 'azure/*-*')).toThrow('"azure/*-*" has more wildcards than "openai/*"');
    expect(() => starred('house-*', 'some-*')).toThrow('"some-*" does not name its vendor');
  });

  it('a star that stands for everything knows whose models are that say no vendor, as far as there are credentials', () => {
    const text = 'model_list: [{model_name: "*", litellm_params: {model: "*"}, model_info: {id: all}}';
    const { models } = read(`${text}, {model_name: "gpt-*", ${DEPLOYMENT}}}]`);
    expect(Object.keys(models)).toEqual(expect.arrayContaining(['*', 'claude-*', 'chatgpt-*', 'gpt-*']));
    expect(models).not.toHaveProperty('grok-*');
    expect(deploymentsOf(models['claude-*'])).toMatchObject([{ model: 'anthropic/claude-*' }]);
    // What the file names itself is what it says.
    expect(deploymentsOf(models['gpt-*'])).toMatchObject([{ model: 'openai/gpt-4o' }]);
    const own = read(`environment_variables: {XAI_API_KEY: xai-of-the-file}\n${text}]`);
    for (const name of ['xai/*', 'grok-*']) {
      const [deployment] = deploymentsOf(own.models[name]);
      expect(reveal(deployment?.apiKey as Secret)).toBe('xai-of-the-file');
    }
  });

  it('a model that only a star serves can have fallbacks, retries and other names of its own', () => {
    const text = `model_list:
  - {model_name: openai/*, litellm_params: {model: openai/*, api_key: sk-own, tags: [x]}, model_info: {id: all}}
  - {model_name: spare, ${DEPLOYMENT}}}`;
    const { models } = read(`${text}
router_settings:
  fallbacks: [{openai/gpt-4o: [openai/gpt-4o-mini, spare]}, {spare: [openai/o3]}]
  model_group_alias: {best: openai/gpt-4.1}
  model_group_retry_policy: {openai/gpt-4.1: {TimeoutErrorRetries: 1}}`);
    const { 'openai/*': pattern, spare, best, ...named } = models;
    expect(pattern).toMatchObject({ fallbacks: [] });
    expect(best).toMatchObject({ route: 'openai/gpt-4.1' });
    expect(spare).toMatchObject({ fallbacks: ['openai/o3'] });
    expect(Object.keys(named).sort()).toEqual(['openai/gpt-4.1', 'openai/gpt-4o', 'openai/gpt-4o-mini', 'openai/o3']);
    for (const [name, model] of Object.entries(named)) {
      const [deployment] = deploymentsOf(model);
      expect(deployment).toMatchObject({ model: name, id: `all:${name}` });
      expect(reveal(deployment?.apiKey as Secret)).toBe('sk-own');
    }
    expect(named['openai/gpt-4o']).toMatchObject({ fallbacks: ['openai/gpt-4o-mini', 'spare'] });
    expect(named['openai/gpt-4.1']).toMatchObject({ retries: { byKind: { timeout: 1 } } });
    expect(() => read(`${text}\nrouter_settings: {fallbacks: [{spare: [opnai/o3]}]}`)).toThrow(
      'there is no model "opnai/o3"',
    );
  });

  it('access groups are lists of models, for those who give out keys', () => {
    const { accessGroups } = load(`model_list:
  - {model_name: a, ${DEPLOYMENT}}, model_info: {access_groups: [beta, all]}}
  - {model_name: openai/*, ${DEPLOYMENT.replace('gpt-4o', '*')}}, model_info: {access_groups: [all]}}`);
    expect(accessGroups).toEqual({ beta: ['a'], all: ['a', 'openai/*'] });
  });

  it('requests may steer themselves where the file asks for LiteLLM, and then their tags count', () => {
    expect(read(`compat: litellm\n${ONE}`)).toMatchObject({ compat: 'litellm', requestOverrides: true });
    expect(read(ONE)).not.toHaveProperty('requestOverrides');
    const rejecting = `${ONE}\ngeneral_settings: {reject_clientside_metadata_tags: true}`;
    expect(read(rejecting)).not.toHaveProperty('requestOverrides');
    expect(() => read(`compat: litellm\n${rejecting}`)).toThrow('tags of clients count with "compat: litellm"');
  });

  it("AWS is signed in to by what the file says: a deployment's own keys, else its variables", () => {
    const { models } =
      read(`environment_variables: {AWS_REGION_NAME: eu-west-1, AWS_ACCESS_KEY_ID: AKFILE, AWS_SECRET_ACCESS_KEY: s}
model_list:
  - {model_name: a, litellm_params: {model: bedrock/amazon.nova-pro-v1:0}}
  - {model_name: b, litellm_params: {model: us.anthropic.claude-sonnet-4-6, aws_profile_name: dev, aws_region_name: us-east-1}}
  - {model_name: c, litellm_params: {model: bedrock_converse/meta.llama3-8b, aws_access_key_id: AKOWN, aws_secret_access_key: t}}`);
    const told = ['a', 'b', 'c'].map((name) => {
      const [deployment] = deploymentsOf(models[name]);
      const { region, profile, accessKeyId } = (deployment?.options ?? {}) as Record<string, unknown>;
      return [deployment?.id, region, profile, accessKeyId && reveal(accessKeyId as Secret)];
    });
    expect(told).toEqual([
      ['a:bedrock/amazon.nova-pro-v1:0', 'eu-west-1', undefined, 'AKFILE'],
      ['b:bedrock/us.anthropic.claude-sonnet-4-6', 'us-east-1', 'dev', undefined],
      ['c:bedrock/meta.llama3-8b', 'eu-west-1', undefined, 'AKOWN'],
    ]);
  });

  it('variables of the file are found like those of the environment, and win over them', () => {
    const { models } = read(`environment_variables: {OPENAI_API_KEY: sk-of-the-file}
model_list: [{model_name: a, litellm_params: {model: openai/gpt-4o}}]`);
    expect(reveal(deploymentsOf(models.a)[0]?.apiKey as Secret)).toBe('sk-of-the-file');
  });

  it('a deployment for other surroundings is left out', () => {
    const text = `model_list:
  - {model_name: a, ${DEPLOYMENT}}, model_info: {id: one, supported_environments: [production]}}
  - {model_name: a, ${DEPLOYMENT}}, model_info: {id: two, supported_environments: [staging]}}`;
    const { models } = read(text, { environment: { ...environment, LITELLM_ENVIRONMENT: 'staging' } });
    expect(deploymentsOf(models.a).map(({ id }) => id)).toEqual(['two']);
  });

  it('plugins are found by the names of callbacks and of guardrails, once each', () => {
    const ledger = { name: 'ledger' };
    const rules = { name: 'rules' };
    const { plugins } = read(
      `${ONE}
litellm_settings: {callbacks: [ledger], success_callback: ledger}
guardrails: [{guardrail_name: rules, litellm_params: {guardrail: x, mode: pre_call, default_on: true}}]`,
      { plugins: { ledger, rules } },
    );
    expect(plugins).toEqual([ledger, rules]);
  });
});

describe('access', () => {
  it('whoever shows the master key, with the budget of the file', () => {
    const { config, guard } = load(`${ONE}
litellm_settings: {max_budget: 20, budget_duration: 30d}
general_settings: {master_key: sk-a-key-of-more-than-twenty, max_parallel_requests: 5}`);
    expect(guard).toBe('keys');
    expect(config.keys).toMatchObject([
      { principal: { id: 'master', budget: { usd: 20, per: 'month' }, limits: { concurrentCalls: 5 } } },
    ]);
  });

  it('a key that is short still works, and is told apart', () => {
    const { config, guard } = load(`${ONE}\ngeneral_settings: {master_key: sk-1234}`);
    expect(guard).toBe('short key');
    const ask = (headers: Record<string, string>) => () =>
      config.authenticate?.({ request: { header: (name: string) => headers[name] } } as never);
    expect(ask({ authorization: 'Bearer sk-1234' })()).toEqual({ id: 'master' });
    expect(ask({ 'x-api-key': 'sk-1234' })()).toEqual({ id: 'master' });
    expect(ask({ authorization: 'Bearer sk-12345' })).toThrow('not valid here');
    expect(ask({})).toThrow('No credential was sent');
  });

  it('everybody, where there is no key; LITELLM_MASTER_KEY is one', () => {
    expect(load(ONE).guard).toBe('none');
    const guarded = { environment: { ...environment, LITELLM_MASTER_KEY: 'sk-a-key-of-more-than-twenty' } };
    expect(load(ONE, guarded).guard).toBe('keys');
  });
});

describe('a file that cannot be used', () => {
  it('is refused with every problem at once, each with file, line, path and the nearest word (R-CFG-1)', () => {
    const text = `model_list:
  - model_name: a
    litellm_params: {model: openia/gpt-4o, api_key: x}
router_settings:
  routing_strategy: simple-shufle
  num_retires: 3`;
    expect(() => read(text)).toThrow(`config.yaml has 3 problems:
  config.yaml:3:29 model_list[0].litellm_params.model: "openia" is not a known provider (did you mean "openai"?).
  config.yaml:5:3 router_settings.routing_strategy: "simple-shufle" is not a strategy (did you mean "simple-shuffle"?): there are simple-shuffle, least-busy, usage-based-routing, usage-based-routing-v2, latency-based-routing, cost-based-routing, provider-budget-routing.
  config.yaml:6:3 router_settings.num_retires: there is no such key (did you mean "num_retries"?).`);
  });

  it('never repeats what may be a secret (R-LOG-1)', () => {
    const text = 'model_list: [{model_name: a, litellm_params: {model: openai/gpt-4o, api_key: [sk-secret]}}]';
    expect(() => read(text)).toThrow(expect.objectContaining({ message: expect.not.stringContaining('sk-secret') }));
  });

  it.each([
    ['', 'the file is empty.'],
    ['- a', 'the file must contain a map'],
    ['model_list:\n  - a: [', 'config.yaml:2:9: this is not YAML'],
    ['a: 1\na: 2', 'config.yaml:2:1: this is not YAML: Map keys must be unique'],
    ['model_list: &a\n  - *a', 'this alias contains itself'],
    [bomb(), 'expand to too many values'],
  ])('%j', (text, message) => {
    expect(() => read(text)).toThrow(message);
  });
});

function load(text: string, options: ReadTextOptions = {}) {
  return readConfig(text, { environment, ...options });
}

function read(text: string, options: ReadTextOptions = {}) {
  return load(text, options).config;
}

type Details = { readonly id?: string; readonly apiKey?: unknown; readonly options?: unknown };

function deploymentsOf(model: unknown): readonly Details[] {
  return (model as { readonly deployments: readonly Details[] }).deployments;
}

function fallbacksOf(models: object): object {
  return Object.fromEntries(
    Object.entries(models).map(([name, model]) => [name, (model as { fallbacks: unknown }).fallbacks]),
  );
}

/** Aliases of aliases: nine times nine times nine and so on. */
function bomb(): string {
  const lines = ['x-a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1]'];
  for (const [from, to] of ['ab', 'bc', 'cd', 'de', 'ef', 'fg']) {
    lines.push(`x-${to}: &${to} [${Array.from({ length: 9 }, () => `*${from}`).join(', ')}]`);
  }
  return lines.join('\n');
}
