import type { PoolOptions, RetryPolicy, StickyKey } from '@portico/core';
import { didYouMean } from '../nearest-word.js';
import { countOf, mapOf, type Reading, textsOf } from '../reading.js';
import { type ConfigNode, shownValue } from '../yaml/config-node.js';
import type { SettingsDraft } from './draft.js';
import { type Judgement, type KeyRows, readKeys, supported } from './key-row.js';

/** LiteLLM's strategies by the gateway's. */
const STRATEGIES: Readonly<Record<string, PoolOptions['strategy']>> = {
  'simple-shuffle': undefined,
  'least-busy': 'least-in-flight',
  'usage-based-routing': 'lowest-usage',
  'usage-based-routing-v2': 'lowest-usage',
  'latency-based-routing': 'lowest-latency',
  'cost-based-routing': 'lowest-cost',
  'provider-budget-routing': undefined,
};

/** How the deployment that is asked is chosen. */
export function takeStrategy(draft: SettingsDraft, node: ConfigNode): Judgement | undefined {
  const name = node.kind === 'scalar' ? String(node.value) : '';
  const names = Object.keys(STRATEGIES);
  if (name === 'provider-budget-routing') {
    return { verdict: 'refused', says: 'vendors have no budgets here, and would be asked without one' };
  }
  if (!names.includes(name)) {
    const says = `${shownValue(node)} is no strategy${didYouMean(name, names)}: there are ${names.join(', ')}`;
    return { verdict: 'refused', says };
  }
  draft.strategy = STRATEGIES[name];
  if (draft.strategy === undefined) return undefined;
  // What is compared are shares of what each may use.
  if (draft.strategy === 'lowest-usage') draft.keepsRates = true;
  return { verdict: 'supported', says: `deployments are picked by ${draft.strategy as string}` };
}

/** What calls stick to a deployment by. */
const AFFINITIES: Readonly<Record<string, StickyKey>> = {
  prompt_caching: 'prompt',
  session_affinity: 'session',
  deployment_affinity: 'principal',
};

const RATES = 'enforce_model_rate_limits';

export function takeChecks(
  draft: SettingsDraft,
  node: ConfigNode,
  _node: ConfigNode,
  reading: Reading,
): Judgement | undefined {
  const others: string[] = [];
  for (const name of textsOf(node, reading)) {
    const key = Object.hasOwn(AFFINITIES, name) ? AFFINITIES[name] : undefined;
    if (key !== undefined) draft.sticksBy ??= key;
    else if (name === RATES) draft.keepsRates = true;
    else others.push(name);
  }
  if (others.length === 0) return undefined;
  return { verdict: 'ignored', says: `nothing here is checked by ${others.join(', ')}` };
}

const KINDS = {
  BadRequestErrorRetries: ['invalid_input'],
  AuthenticationErrorRetries: ['unauthorized_upstream'],
  TimeoutErrorRetries: ['timeout'],
  RateLimitErrorRetries: ['rate_limited'],
  ContentPolicyViolationErrorRetries: ['content_filtered'],
  InternalServerErrorRetries: ['overloaded', 'upstream_error', 'network'],
} as const;

type ByKind = NonNullable<RetryPolicy['byKind']>;

const RETRY_KEYS: KeyRows<Record<string, number>> = Object.fromEntries(
  Object.entries(KINDS).map(([key, kinds]) => [
    key,
    supported<Record<string, number>, number>(
      'attempts after the first where this failed',
      countOf,
      (draft, retries) => {
        for (const kind of kinds) draft[kind] = retries;
      },
    ),
  ]),
);

/** `{ RateLimitErrorRetries: 3, … }` */
export function retriesByKind(node: ConfigNode, reading: Reading): ByKind | undefined {
  const policy = mapOf(node, reading);
  if (policy === undefined) return undefined;
  const byKind: Record<string, number> = {};
  readKeys(policy, RETRY_KEYS, byKind, reading);
  return byKind;
}

/** The same for models by their names, and where it says so. */
export type RetriesByModel = ReadonlyMap<string, { readonly byKind: ByKind; readonly node: ConfigNode }>;

export function retriesByModel(node: ConfigNode, reading: Reading): RetriesByModel {
  const policies = [...(mapOf(node, reading)?.entries ?? [])];
  return new Map(
    policies.map(([name, policy]) => [name, { byKind: retriesByKind(policy, reading) ?? {}, node: policy }]),
  );
}
