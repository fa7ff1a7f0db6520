import type { Call } from '../call.js';
import { type CAPABILITY_BITS, missingCapabilities } from '../capabilities.js';
import type { Deployment } from '../deployment.js';
import { GatewayError } from '../errors.js';
import type { ModelGroup } from '../model-group.js';
import type { Operation, OperationName } from '../operation.js';
import type { Pool } from '../routes/route-node.js';
import { CandidateSet } from './candidate-set.js';
import { DeploymentState } from './deployment-state.js';
import type { Health } from './health.js';
import { createStrategy, type StrategyDeps } from './strategies/create-strategy.js';

/** The candidate sets of every pool, created for the first call of a class. */
export interface CandidateSets {
  /** The deployments that can serve the call. Throws if there are none, with the reasons. */
  candidatesFor(pool: Pool, group: ModelGroup, call: Call): CandidateSet;
  statesOf(pool: Pool): readonly DeploymentState[];
  /** Why this deployment cannot serve the call; undefined if it can. */
  ineligibility(state: DeploymentState, pool: Pool, call: Call): Refusal | undefined;
}

interface Refusal {
  readonly kind: 'operation' | 'need' | 'input_too_long' | 'output_too_long' | 'tags';
  readonly message: string;
}

/** More request classes than this are not cached: tags may be anything. */
const MAX_CANDIDATE_SETS = 64;

export function createCandidateSets(health: Health, deps: StrategyDeps): CandidateSets {
  const pools = new WeakMap<Pool, PoolState>();

  return { candidatesFor, statesOf: (pool) => atWork(pool).states, ineligibility };

  function candidatesFor(pool: Pool, group: ModelGroup, call: Call): CandidateSet {
    const work = atWork(pool);
    const requestClass = requestClassOf(call, work);
    // Which deployments can continue a stored response differs for every call.
    const isCacheable = call.deploymentFilter === undefined;
    const known = isCacheable ? work.candidateSets.get(requestClass) : undefined;
    if (known !== undefined) return known;
    const able = work.states.filter((state) => ineligibility(state, pool, call) === undefined);
    if (able.length === 0) throw nobodyServes(pool, group, call, work);
    const candidates = new CandidateSet(able, createStrategy(pool.strategy, deps), health);
    if (isCacheable && work.candidateSets.size < MAX_CANDIDATE_SETS) work.candidateSets.set(requestClass, candidates);
    return candidates;
  }

  function atWork(pool: Pool): PoolState {
    let work = pools.get(pool);
    if (work === undefined) {
      work = new PoolState(pool, health);
      pools.set(pool, work);
    }
    return work;
  }

  function nobodyServes(pool: Pool, group: ModelGroup, call: Call, work: PoolState): GatewayError {
    const reasons = work.states.map((state) => ({ state, why: ineligibility(state, pool, call) }));
    const detail = reasons.map(({ state, why }) => `${state.deployment.id}: ${why?.message ?? 'could'}`).join('; ');
    const some = reasons.find(({ why }) => why?.kind !== 'operation')?.why;
    if (some === undefined) return unsupported(group, pool, call.operation.name);
    // Which deployments there are is not for callers; why none of them can is.
    const whys = [...new Set(reasons.map(({ why }) => why?.message ?? 'could'))].join('; ');
    const message = `"${group.name}" cannot serve this call: it ${whys}.`;
    if (some.kind === 'input_too_long')
      return new GatewayError('context_too_long', message, { param: 'messages', detail });
    return new GatewayError('invalid_input', message, { code: 'unsupported_by_model', detail });
  }
}

/** A pool and what is known about it. */
class PoolState {
  readonly states: readonly DeploymentState[];
  /** By request class. */
  readonly candidateSets = new Map<string, CandidateSet>();
  readonly hasTags: boolean;
  readonly hasCapabilities: boolean;
  /** The limits on input and output of its deployments, ascending: calls between two of them are in one class. */
  readonly inputBounds: readonly number[];
  readonly outputBounds: readonly number[];

  constructor(pool: Pool, health: Health) {
    const { deployments } = pool;
    this.states = deployments.map(
      (deployment) => new DeploymentState(deployment, health.of(deployment.id), deployments.length > 1),
    );
    this.hasTags = deployments.some(({ tags }) => tags.length > 0);
    this.hasCapabilities = deployments.some(({ capabilities }) => Object.values(capabilities).includes(false));
    this.inputBounds = bounds(deployments.map(({ capabilities }) => capabilities.inputTokens));
    this.outputBounds = bounds(deployments.map(({ capabilities }) => capabilities.outputTokens));
  }
}

/** What distinguishes calls with different candidates; for most pools only the operation. */
function requestClassOf(call: Call, work: PoolState): string {
  const { operation, summary } = call;
  let requestClass: string = operation.name;
  if (summary.stream) requestClass += ' stream';
  if (work.hasCapabilities) requestClass += ` ${summary.requiredCapabilities ?? 0}`;
  if (work.inputBounds.length > 0) requestClass += ` <${findTarget(leastInputTokens(call), work.inputBounds)}`;
  if (work.outputBounds.length > 0) requestClass += ` >${findTarget(wantedOutputTokens(call), work.outputBounds)}`;
  if (work.hasTags) requestClass += ` #${[...call.tags].sort().join(',')}`;
  return requestClass;
}

function ineligibility({ deployment }: DeploymentState, pool: Pool, call: Call): Refusal | undefined {
  const { operation, summary } = call;
  const { capabilities } = deployment;
  if (!serves(deployment, operation.name)) {
    return { kind: 'operation', message: `does not support "${operation.name}"` };
  }
  if (!mayServe(deployment, call)) return { kind: 'need', message: 'does not store responses, which this call needs' };
  const unmet = missingCapabilities(summary.requiredCapabilities ?? 0, capabilities);
  if (unmet.length > 0)
    return { kind: 'need', message: `does not support ${unmet.map((need) => WORDS[need]).join(' or ')}` };
  const input = leastInputTokens(call);
  if (capabilities.inputTokens !== undefined && input > capabilities.inputTokens) {
    return {
      kind: 'input_too_long',
      message: `accepts ${capabilities.inputTokens} input tokens, and this call has about ${input}`,
    };
  }
  const output = wantedOutputTokens(call);
  if (capabilities.outputTokens !== undefined && output > capabilities.outputTokens) {
    return {
      kind: 'output_too_long',
      message: `returns at most ${capabilities.outputTokens} output tokens, and ${output} are requested`,
    };
  }
  if (!isFor(deployment, pool, call.tags)) {
    return { kind: 'tags', message: `is only for calls tagged ${deployment.tags.join(', ') || 'otherwise'}` };
  }
  return undefined;
}

const WORDS: Readonly<Record<keyof typeof CAPABILITY_BITS, string>> = {
  tools: 'tools',
  images: 'image input',
  audio: 'audio input',
  files: 'file input',
  jsonSchema: 'JSON schema output',
  priorityTier: 'a dearer service tier (capabilities.priorityTier)',
};

/** A call uses deployments that share a tag with it; if none does, it uses those without tags. */
function isFor(deployment: Deployment, pool: Pool, tags: readonly string[]): boolean {
  const shares = ({ tags: own }: Deployment) => own.some((tag) => tags.includes(tag));
  return shares(deployment) || (deployment.tags.length === 0 && !pool.deployments.some(shares));
}

/** Whether a deployment supports an operation at all. */
export function serves({ codecs, connection }: Deployment, operation: OperationName): boolean {
  if (connection.relays !== undefined && operation in connection.relays) return true;
  const { paths } = connection as { readonly paths: Readonly<Record<string, unknown>> };
  return (codecs as Readonly<Record<string, unknown>>)[operation] !== undefined && paths[operation] !== undefined;
}

/** Whether it can be used for this particular call. */
export function mayServe(
  deployment: Deployment,
  { operation, deploymentFilter }: Pick<Call<unknown, Operation>, 'operation' | 'deploymentFilter'>,
): boolean {
  return serves(deployment, operation.name) && deploymentFilter?.(deployment) !== false;
}

/** The error of a pool without a deployment for an operation: lists them and what they support. */
export function unsupported(
  group: ModelGroup,
  pool: Pick<Pool, 'deployments'>,
  operation: OperationName,
): GatewayError {
  const operationsOf = ({ codecs, connection }: Deployment) => [
    ...Object.keys(codecs),
    ...Object.keys(connection.relays ?? {}),
  ];
  const all = [...new Set(pool.deployments.flatMap(operationsOf))].join(', ');
  return new GatewayError('invalid_input', `"${group.name}" does not support "${operation}". It supports: ${all}.`, {
    param: 'model',
    code: 'unsupported_operation',
    detail: pool.deployments.map((each) => `${each.id} (${operationsOf(each).join(', ')})`).join(', '),
  });
}

/**
 * The least number of input tokens, so that no deployment is skipped that could have accepted it: long words make few
 * tokens.
 */
function leastInputTokens({ summary }: Call): number {
  return Math.floor(summary.inputCharacters / 6);
}

function wantedOutputTokens({ summary }: Call): number {
  return summary.maxOutputTokens === undefined ? 0 : Math.ceil(summary.maxOutputTokens / summary.answers);
}

function bounds(values: readonly (number | undefined)[]): readonly number[] {
  return [...new Set(values.filter((value) => value !== undefined))].sort((a, b) => a - b);
}

function findTarget(value: number, bounds: readonly number[]): number {
  let target = 0;
  while (target < bounds.length && (bounds[target] as number) < value) target += 1;
  return target;
}
