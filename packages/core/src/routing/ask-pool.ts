import type { Reservation } from '../attempt-account.js';
import type { Cancellation } from '../cancellation.js';
import type { Clock } from '../clock.js';
import { deploymentKey } from '../counter-key.js';
import { asGatewayError, GatewayError } from '../errors.js';
import type { Pool } from '../route-node.js';
import { maxRetriesOf } from '../steering.js';
import type { Lane, PickedCall } from './lane.js';
import { race } from './race.js';
import { pickedCall } from './rank-nodes.js';
import { retryDelayMs } from './retry-delay.js';
import type { Standing } from './standing.js';
import type { RouteMeans, Trip } from './trip.js';
import { Visit } from './visit.js';

/**
 * Asks deployments of one pool until one answers: each that may be asked once, as its strategy has it; then again, within
 * the retry policy, those whose failure allows it.
 */
export async function askPool<Answer>(pool: Pool, trip: Trip, means: RouteMeans<Answer>): Promise<Answer> {
  // Whoever left while the house decided is not asked for, and owes nothing.
  if (trip.cancellation.cancelled) throw asGatewayError(trip.cancellation.reason);
  const { call, clock } = means;
  const lane = means.lanes.laneFor(pool, trip.group, call);
  const picked = pickedCall(call, pool.strategy.by === 'sticky' ? pool.strategy.key : 'principal');
  const tried = new Tried(trip.mayTakeUp);
  let retries = 0;
  let standing: Standing | undefined = await firstChoice(lane, picked, tried, trip, means);
  let isFirst = true;
  for (;;) {
    const result =
      isFirst && pool.hedge !== undefined
        ? await askWithHedge(standing, pool.hedge.afterMs, lane, picked, tried, trip, means)
        : await askOnce(standing, tried, trip, means);
    isFirst = false;
    if ('answer' in result) return result.answer;
    if (trip.cancellation.cancelled || result.failure.traits.elsewhere !== 'yes') throw result.failure;

    standing = clock.now() < trip.endsAt ? lane.choose(clock.now(), picked, tried) : undefined;
    if (standing !== undefined) continue;
    const again = nextRetry(tried.failures, retries, trip, means);
    if (again === undefined) throw tried.verdict(lane, trip, clock.now());
    retries += 1;
    if (again.delayMs > 0) await pause(again.delayMs, trip, clock);
    standing = again.standing;
  }
}

/** Who was asked in vain, and who had no room for the call. */
class Tried {
  readonly failures = new Map<Standing, GatewayError>();
  readonly #full = new Set<Standing>();
  readonly #mayBe: Trip['mayTakeUp'];

  constructor(mayBe: Trip['mayTakeUp']) {
    this.#mayBe = mayBe;
  }

  has(standing: Standing): boolean {
    return this.failures.has(standing) || this.#full.has(standing) || this.#mayBe?.(standing.deployment) === false;
  }

  /** Undefined as long as nobody is out: then there is nothing to look through. */
  get any(): Tried | undefined {
    return this.failures.size > 0 || this.#full.size > 0 || this.#mayBe !== undefined ? this : undefined;
  }

  failed(standing: Standing, failure: GatewayError): void {
    this.failures.set(standing, failure);
  }

  full(standing: Standing): void {
    this.#full.add(standing);
  }

  /** The first failure is the answer; where nobody was asked, that nobody has room. */
  verdict(lane: Lane, trip: Trip, now: number): GatewayError {
    for (const failure of this.failures.values()) return failure;
    return nobodyFree(trip, lane.returnsAt(now), now);
  }
}

/** Who is asked first; waits for the first to return if all rest. */
async function firstChoice<Answer>(
  lane: Lane,
  picked: PickedCall,
  tried: Tried,
  trip: Trip,
  { clock, health, maxWaitMs }: RouteMeans<Answer>,
): Promise<Standing> {
  if (lane.standings.every((standing) => tried.has(standing))) {
    throw new GatewayError('unavailable', `"${trip.group.name}" has nobody who could go on.`);
  }
  const startedAt = clock.now();
  for (;;) {
    const now = clock.now();
    const chosen = lane.choose(now, picked, tried.any);
    if (chosen !== undefined) return chosen;
    const returnsAt = lane.returnsAt(now);
    // Those that may be asked now are out of the question, and who rests is not waited for in the middle of an answer.
    if (returnsAt === 0 || !trip.isLastHope || returnsAt > startedAt + maxWaitMs || returnsAt >= trip.endsAt) {
      throw nobodyFree(trip, returnsAt, now);
    }
    await pause(returnsAt - now, trip, clock, health.onChange);
  }
}

function nobodyFree({ group }: Trip, returnsAt: number, now: number): GatewayError {
  if (!Number.isFinite(returnsAt)) {
    return new GatewayError('unavailable', `No deployment of "${group.name}" has room for a call as large as this.`);
  }
  const waitMs = Math.max(0, returnsAt - now);
  return new GatewayError(
    'unavailable',
    `Every deployment of "${group.name}" rests after failures or is full; the first returns in ${Math.ceil(waitMs / 1000)} s.`,
    { retryAfterMs: waitMs },
  );
}

type Result<Answer> = { readonly answer: Answer } | { readonly failure: GatewayError };

/** The first, and where it is slow a second one beside it. */
async function askWithHedge<Answer>(
  first: Standing,
  afterMs: number | undefined,
  lane: Lane,
  picked: PickedCall,
  tried: Tried,
  trip: Trip,
  means: RouteMeans<Answer>,
): Promise<Result<Answer>> {
  const start = (standing: Standing | undefined) => async (cancellation: Cancellation) => {
    const chosen =
      standing ?? lane.choose(means.clock.now(), picked, { has: (each) => each === first || tried.has(each) });
    if (chosen === undefined) throw new GatewayError('unavailable', 'There is nobody else to ask.');
    const result = await askOnce(chosen, tried, { ...trip, cancellation }, means);
    if ('answer' in result) return result.answer;
    throw result.failure;
  };
  // What nearly all calls are faster than, this one should have been too.
  const slowMs = () => afterMs ?? (picked.stream ? first.health.firstContent : first.health.whole).percentile(0.95);
  try {
    return { answer: await race([start(first), start(undefined)], slowMs, trip, means) };
  } catch (error) {
    return { failure: tried.failures.get(first) ?? asGatewayError(error) };
  }
}

async function askOnce<Answer>(
  standing: Standing,
  tried: Tried,
  trip: Trip,
  means: RouteMeans<Answer>,
): Promise<Result<Answer>> {
  const { deployment } = standing;
  const { call, clock, health } = means;
  let reservation: Reservation | undefined;
  if (deployment.limits !== undefined) {
    const room = await means.reserve(deploymentKey(deployment.id), deployment.limits, deployment);
    if ('fullUntil' in room) {
      tried.full(standing);
      if (room.fullUntil !== undefined) health.full(standing.health, room.fullUntil);
      return { failure: new GatewayError('unavailable', `"${deployment.id}" has no room within its limits.`) };
    }
    reservation = room;
  }
  const observer = new Visit(standing, call, health, clock);
  const attempt = means.beginAttempt(deployment, trip.group.name, observer, reservation);
  const { cancellation } = trip;
  const unlink = cancellation.onCancel((reason) => {
    if (reason instanceof GatewayError && reason.kind === 'superseded') {
      attempt.end({ result: 'superseded', failure: reason });
    }
  });
  try {
    return { answer: await means.ask(attempt, trip) };
  } catch (error) {
    const failure = asGatewayError(error);
    tried.failed(standing, failure);
    attempt.end({ result: cancellation.cancelled ? 'client_gone' : 'failed', failure });
    return { failure };
  } finally {
    unlink();
  }
}

/** The deployment to ask again and when: the one that may be asked soonest. */
function nextRetry<Answer>(
  failures: ReadonlyMap<Standing, GatewayError>,
  retries: number,
  trip: Trip,
  { call, clock, random }: RouteMeans<Answer>,
): { standing: Standing; delayMs: number } | undefined {
  const { byKind, maxDelayMs } = trip.retries;
  let best: { standing: Standing; delayMs: number } | undefined;
  for (const [standing, failure] of failures) {
    if (retries >= maxRetriesOf(call, trip.retries, failure.kind)) continue;
    // A policy that names the kind has the last word on it.
    if (!failure.retryable && byKind?.[failure.kind] === undefined) continue;
    const delayMs = retryDelayMs(failure, retries, trip.retries, random);
    if (best === undefined || delayMs < best.delayMs) best = { standing, delayMs };
  }
  if (best === undefined) return undefined;
  // With somewhere else to go, a long wait is no retry but an outage.
  const limitMs = trip.isLastHope ? Number.POSITIVE_INFINITY : maxDelayMs;
  if (best.delayMs > limitMs || clock.now() + best.delayMs >= trip.endsAt) return undefined;
  return best;
}

/** Waits, unless the trip ends first: then rejects with the reason. `earlier` may end the wait before its time. */
function pause(
  delayMs: number,
  { cancellation }: Trip,
  clock: Clock,
  earlier?: (done: () => void) => () => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = clock.after(Math.max(0, delayMs), done);
    const unwatch = earlier?.(done);
    const forget = cancellation.onCancel((reason) => {
      stop();
      unwatch?.();
      reject(reason);
    });

    function done(): void {
      stop();
      unwatch?.();
      forget();
      resolve();
    }
  });
}
