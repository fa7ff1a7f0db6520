import { type NEEDS, unmetNeeds } from '../abilities.js';
import type { Call } from '../call.js';
import type { Deployment } from '../deployment.js';
import { GatewayError } from '../errors.js';
import type { ModelGroup } from '../model-group.js';
import type { Operation, OperationName } from '../operation.js';
import type { Pool } from '../route-node.js';
import type { Health } from './health.js';
import { Lane } from './lane.js';
import { Standing } from './standing.js';
import { openStrategy, type StrategyParts } from './strategies/open-strategy.js';

/** The lanes of every pool, made when the first call of a sort comes. */
export interface Lanes {
  /** The deployments that can serve the call. Throws where nobody can, saying why. */
  laneFor(pool: Pool, group: ModelGroup, call: Call): Lane;
  standingsOf(pool: Pool): readonly Standing[];
  /** Why this deployment cannot serve the call; undefined if it can. */
  whyNot(standing: Standing, pool: Pool, call: Call): Refusal | undefined;
}

interface Refusal {
  readonly kind: 'operation' | 'need' | 'input_too_long' | 'output_too_long' | 'tags';
  readonly message: string;
}

/** Sorts of calls beyond this many are not kept: tags may be anything. */
const MAX_LANES = 64;

export function openLanes(health: Health, parts: StrategyParts): Lanes {
  const pools = new WeakMap<Pool, PoolAtWork>();

  return { laneFor, standingsOf: (pool) => atWork(pool).standings, whyNot };

  function laneFor(pool: Pool, group: ModelGroup, call: Call): Lane {
    const work = atWork(pool);
    const sort = sortOf(call, work);
    // Who may go on from an answer is another matter for every call.
    const isOfASort = call.mayAnswer === undefined;
    const known = isOfASort ? work.lanes.get(sort) : undefined;
    if (known !== undefined) return known;
    const able = work.standings.filter((standing) => whyNot(standing, pool, call) === undefined);
    if (able.length === 0) throw nobodyServes(pool, group, call, work);
    const lane = new Lane(able, openStrategy(pool.strategy, parts), health);
    if (isOfASort && work.lanes.size < MAX_LANES) work.lanes.set(sort, lane);
    return lane;
  }

  function atWork(pool: Pool): PoolAtWork {
    let work = pools.get(pool);
    if (work === undefined) {
      work = new PoolAtWork(pool, health);
      pools.set(pool, work);
    }
    return work;
  }

  function nobodyServes(pool: Pool, group: ModelGroup, call: Call, work: PoolAtWork): GatewayError {
    const reasons = work.standings.map((standing) => ({ standing, why: whyNot(standing, pool, call) }));
    const list = reasons.map(({ standing, why }) => `${standing.deployment.id}: ${why?.message ?? 'could'}`).join('; ');
    const some = reasons.find(({ why }) => why?.kind !== 'operation')?.why;
    if (some === undefined) return unsupported(group, pool, call.operation.name);
    const message = `No deployment of "${group.name}" can serve this call. ${list}.`;
    if (some.kind === 'input_too_long') return new GatewayError('context_too_long', message, { param: 'messages' });
    return new GatewayError('invalid_input', message, { code: 'unsupported_by_model' });
  }
}

/** A pool and what is known of it. */
class PoolAtWork {
  readonly standings: readonly Standing[];
  /** By sort of call. */
  readonly lanes = new Map<string, Lane>();
  readonly hasTags: boolean;
  readonly hasAbilities: boolean;
  /** Bounds on input and output that some of its deployments have, ascending: calls between two of them are of one sort. */
  readonly inputBounds: readonly number[];
  readonly outputBounds: readonly number[];

  constructor(pool: Pool, health: Health) {
    const { deployments } = pool;
    this.standings = deployments.map(
      (deployment) => new Standing(deployment, health.of(deployment.id), deployments.length > 1),
    );
    this.hasTags = deployments.some(({ tags }) => tags.length > 0);
    this.hasAbilities = deployments.some(({ abilities }) => Object.values(abilities).includes(false));
    this.inputBounds = bounds(deployments.map(({ abilities }) => abilities.inputTokens));
    this.outputBounds = bounds(deployments.map(({ abilities }) => abilities.outputTokens));
  }
}

/** What tells calls apart whose deployments differ; for most pools that is the operation alone. */
function sortOf(call: Call, work: PoolAtWork): string {
  const { operation, demand } = call;
  let sort: string = operation.name;
  if (demand.stream) sort += ' stream';
  if (work.hasAbilities) sort += ` ${demand.needs ?? 0}`;
  if (work.inputBounds.length > 0) sort += ` <${placeOf(leastInputTokens(call), work.inputBounds)}`;
  if (work.outputBounds.length > 0) sort += ` >${placeOf(wantedOutputTokens(call), work.outputBounds)}`;
  if (work.hasTags) sort += ` #${[...call.tags].sort().join(',')}`;
  return sort;
}

function whyNot({ deployment }: Standing, pool: Pool, call: Call): Refusal | undefined {
  const { operation, demand } = call;
  const { abilities, id } = deployment;
  if (!serves(deployment, operation.name)) {
    return { kind: 'operation', message: `has no "${operation.name}"` };
  }
  if (!mayServe(deployment, call)) return { kind: 'need', message: 'does not keep the answers that this call needs' };
  const unmet = unmetNeeds(demand.needs ?? 0, abilities);
  if (unmet.length > 0) return { kind: 'need', message: `has no ${unmet.map((need) => WORDS[need]).join(' and no ')}` };
  const input = leastInputTokens(call);
  if (abilities.inputTokens !== undefined && input > abilities.inputTokens) {
    return {
      kind: 'input_too_long',
      message: `takes ${abilities.inputTokens} tokens of input, and this is about ${input}`,
    };
  }
  const output = wantedOutputTokens(call);
  if (abilities.outputTokens !== undefined && output > abilities.outputTokens) {
    return {
      kind: 'output_too_long',
      message: `answers with ${abilities.outputTokens} tokens at most, and ${output} are asked for`,
    };
  }
  if (!isFor(deployment, pool, call.tags)) {
    return { kind: 'tags', message: `"${id}" is for calls tagged ${deployment.tags.join(', ') || 'otherwise'}` };
  }
  return undefined;
}

const WORDS: Readonly<Record<keyof typeof NEEDS, string>> = {
  tools: 'tools',
  images: 'eyes for pictures',
  audio: 'ears for sound',
  files: 'way to read files',
  jsonSchema: 'answers by schema',
};

/** A call goes to deployments that share a tag with it; one that shares none with anybody goes to those without tags. */
function isFor(deployment: Deployment, pool: Pool, tags: readonly string[]): boolean {
  const shares = ({ tags: own }: Deployment) => own.some((tag) => tags.includes(tag));
  return shares(deployment) || (deployment.tags.length === 0 && !pool.deployments.some(shares));
}

/** Whether a deployment can be asked for an operation at all. */
export function serves({ codecs, connection }: Deployment, operation: OperationName): boolean {
  if (connection.relays !== undefined && operation in connection.relays) return true;
  const { paths } = connection as { readonly paths: Readonly<Record<string, unknown>> };
  return (codecs as Readonly<Record<string, unknown>>)[operation] !== undefined && paths[operation] !== undefined;
}

/** Whether it can be asked for this very call. */
export function mayServe(
  deployment: Deployment,
  { operation, mayAnswer }: Pick<Call<unknown, Operation>, 'operation' | 'mayAnswer'>,
): boolean {
  return serves(deployment, operation.name) && mayAnswer?.(deployment) !== false;
}

/** The refusal of a pool that has nobody for an operation: says who is there and what they can. */
export function unsupported(
  group: ModelGroup,
  pool: Pick<Pool, 'deployments'>,
  operation: OperationName,
): GatewayError {
  const has = pool.deployments
    .map((d) => `${d.id} (${[...Object.keys(d.codecs), ...Object.keys(d.connection.relays ?? {})].join(', ')})`)
    .join(', ');
  return new GatewayError(
    'invalid_input',
    `No deployment of "${group.name}" supports "${operation}". It has: ${has}.`,
    { param: 'model', code: 'unsupported_operation' },
  );
}

/** What the input has at the least, so that nobody is passed over who could have read it: long words make few tokens. */
function leastInputTokens({ demand }: Call): number {
  return Math.floor(demand.inputCharacters / 6);
}

function wantedOutputTokens({ demand }: Call): number {
  return demand.maxOutputTokens === undefined ? 0 : Math.ceil(demand.maxOutputTokens / demand.answers);
}

function bounds(values: readonly (number | undefined)[]): readonly number[] {
  return [...new Set(values.filter((value) => value !== undefined))].sort((a, b) => a - b);
}

function placeOf(value: number, bounds: readonly number[]): number {
  let place = 0;
  while (place < bounds.length && (bounds[place] as number) < value) place += 1;
  return place;
}
