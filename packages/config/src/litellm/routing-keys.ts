import type { PoolOptions, RetryPolicy, StickyKey } from '@portico/core';
import { didYouMean } from '../nearest-word.js';
import { countOf, mapOf, type ReadContext, textsOf } from '../read-context.js';
import { type ConfigNode, shownValue } from '../yaml/config-node.js';
import type { SettingsDraft } from './draft.js';
import { type KeyRows, type KeyVerdict, readKeys, supported } from './key-row.js';

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

/** How the deployment is chosen. */
export function takeStrategy(draft: SettingsDraft, node: ConfigNode): KeyVerdict | undefined {
  const name = node.kind === 'scalar' ? String(node.value) : '';
  const names = Object.keys(STRATEGIES);
  if (name === 'provider-budget-routing') {
    return { verdict: 'refused', message: 'budgets of vendors are not supported, and they would be used without one' };
  }
  if (!names.includes(name)) {
    const message = `${shownValue(node)} is not a strategy${didYouMean(name, names)}: there are ${names.join(', ')}`;
    return { verdict: 'refused', message };
  }
  draft.strategy = STRATEGIES[name];
  if (draft.strategy === undefined) return undefined;
  // This compares the share of its limits that each has used.
  if (draft.strategy === 'lowest-usage') draft.keepsRates = true;
  return { verdict: 'supported', message: `the strategy is ${draft.strategy as string}` };
}

/** What makes calls use the same deployment. */
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
  reading: ReadContext,
): KeyVerdict | undefined {
  const others: string[] = [];
  for (const name of textsOf(node, reading)) {
    const key = Object.hasOwn(AFFINITIES, name) ? AFFINITIES[name] : undefined;
    if (key !== undefined) draft.sticksBy ??= key;
    else if (name === RATES) draft.keepsRates = true;
    else others.push(name);
  }
  if (others.length === 0) return undefined;
  return { verdict: 'ignored', message: `not supported: ${others.join(', ')}` };
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
      'attempts after the first, for this failure',
      countOf,
      (draft, retries) => {
        for (const kind of kinds) draft[kind] = retries;
      },
    ),
  ]),
);

/** `{ RateLimitErrorRetries: 3, … }` */
export function retriesByKind(node: ConfigNode, reading: ReadContext): ByKind | undefined {
  const policy = mapOf(node, reading);
  if (policy === undefined) return undefined;
  const byKind: Record<string, number> = {};
  readKeys(policy, RETRY_KEYS, byKind, reading);
  return byKind;
}

/** The same for models by name, and their place in the file. */
export type RetriesByModel = ReadonlyMap<string, { readonly byKind: ByKind; readonly node: ConfigNode }>;

export function retriesByModel(node: ConfigNode, reading: ReadContext): RetriesByModel {
  const policies = [...(mapOf(node, reading)?.entries ?? [])];
  return new Map(
    policies.map(([name, policy]) => [name, { byKind: retriesByKind(policy, reading) ?? {}, node: policy }]),
  );
}
