import type { Reservation } from '../attempt-account.js';
import type { Cancellation } from '../cancellation.js';
import type { Clock } from '../clock.js';
import { asGatewayError, GatewayError } from '../errors.js';
import type { Pool } from '../routes/route-node.js';
import { maxRetriesOf } from '../routes/routing-overrides.js';
import { deploymentKey } from '../usage/counter-key.js';
import type { CandidateSet, SelectionInput } from './candidate-set.js';
import { DeploymentAttempt } from './deployment-attempt.js';
import type { DeploymentState } from './deployment-state.js';
import { race } from './race.js';
import { selectionInput } from './rank-nodes.js';
import { retryDelayMs } from './retry-delay.js';
import type { RouteScope, RoutingContext } from './route-scope.js';

/**
 * Tries the deployments of one pool until one answers: first each available one once, in the order of its strategy;
 * then, within the retry policy, those whose failure allows another try.
 */
export async function askPool<Answer>(pool: Pool, scope: RouteScope, ctx: RoutingContext<Answer>): Promise<Answer> {
  // The call may have been cancelled meanwhile: then no attempt is made and nothing is charged.
  if (scope.cancellation.cancelled) throw asGatewayError(scope.cancellation.reason);
  const { call, clock } = ctx;
  if (isExhausted(call)) throw new GatewayError('unavailable', `A call makes at most ${MAX_ATTEMPTS} attempts.`);
  const candidates = ctx.candidateSets.candidatesFor(pool, scope.group, call);
  const selection = selectionInput(call, pool.strategy.by === 'sticky' ? pool.strategy.key : 'principal');
  const tried = new Tried(scope.canResume);
  let retries = 0;
  let state: DeploymentState | undefined = await firstChoice(candidates, selection, tried, scope, ctx);
  let isFirst = true;
  for (;;) {
    const result =
      isFirst && pool.hedge !== undefined
        ? await askWithHedge(state, pool.hedge.afterMs, candidates, selection, tried, scope, ctx)
        : await askOnce(state, tried, scope, ctx);
    isFirst = false;
    if ('answer' in result) return result.answer;
    const mayGoOn = result.failure.traits.failover === 'always' && !isExhausted(call);
    if (scope.cancellation.cancelled || !mayGoOn) throw result.failure;

    state = clock.now() < scope.endsAt ? candidates.choose(clock.now(), selection, tried) : undefined;
    if (state !== undefined) continue;
    const again = nextRetry(tried.failures, retries, scope, ctx);
    if (again === undefined) throw tried.verdict(candidates, scope, clock.now());
    retries += 1;
    if (again.delayMs > 0) await pause(again.delayMs, scope, clock);
    state = again.state;
  }
}

/** Retries of every fallback multiply, and callers may choose both: one call is counted once under their limits. */
const MAX_ATTEMPTS = 32;

function isExhausted({ attempts }: RoutingContext<unknown>['call']): boolean {
  return attempts.length >= MAX_ATTEMPTS;
}

/** The deployments that failed, and those without capacity for the call. */
class Tried {
  readonly failures = new Map<DeploymentState, GatewayError>();
  readonly #full = new Set<DeploymentState>();
  readonly #mayBe: RouteScope['canResume'];

  constructor(mayBe: RouteScope['canResume']) {
    this.#mayBe = mayBe;
  }

  has(state: DeploymentState): boolean {
    return this.failures.has(state) || this.#full.has(state) || this.#mayBe?.(state.deployment) === false;
  }

  /** Undefined until one has failed: then there is nothing to search. */
  get any(): Tried | undefined {
    return this.failures.size > 0 || this.#full.size > 0 || this.#mayBe !== undefined ? this : undefined;
  }

  failed(state: DeploymentState, failure: GatewayError): void {
    this.failures.set(state, failure);
  }

  full(state: DeploymentState): void {
    this.#full.add(state);
  }

  /** The first failure is the answer; if no attempt was made, that there is no capacity. */
  verdict(candidates: CandidateSet, scope: RouteScope, now: number): GatewayError {
    for (const failure of this.failures.values()) return failure;
    return nobodyFree(scope, candidates.returnsAt(now), now);
  }
}

/** The first deployment; waits for one to become available if all are in cooldown. */
async function firstChoice<Answer>(
  candidates: CandidateSet,
  selection: SelectionInput,
  tried: Tried,
  scope: RouteScope,
  { clock, health, maxWaitMs }: RoutingContext<Answer>,
): Promise<DeploymentState> {
  if (candidates.states.every((state) => tried.has(state))) {
    throw new GatewayError('unavailable', `"${scope.group.name}" has no deployment that could continue the answer.`);
  }
  const startedAt = clock.now();
  for (;;) {
    const now = clock.now();
    const chosen = candidates.choose(now, selection, tried.any);
    if (chosen !== undefined) return chosen;
    const returnsAt = candidates.returnsAt(now);
    // The available ones cannot be used, and a cooldown is not waited for during an answer.
    if (returnsAt === 0 || !scope.isLastResort || returnsAt > startedAt + maxWaitMs || returnsAt >= scope.endsAt) {
      throw nobodyFree(scope, returnsAt, now);
    }
    await pause(returnsAt - now, scope, clock, health.onChange);
  }
}

function nobodyFree({ group }: RouteScope, returnsAt: number, now: number): GatewayError {
  if (!Number.isFinite(returnsAt)) {
    return new GatewayError('unavailable', `No deployment of "${group.name}" has capacity for a call of this size.`);
  }
  const waitMs = Math.max(0, returnsAt - now);
  return new GatewayError(
    'unavailable',
    `Every deployment of "${group.name}" is in cooldown or at its rate limit; the first is available in ${Math.ceil(waitMs / 1000)} s.`,
    { retryAfterMs: waitMs },
  );
}

type Result<Answer> = { readonly answer: Answer } | { readonly failure: GatewayError };

/** The first, and a second one in parallel if the first is slow. */
async function askWithHedge<Answer>(
  first: DeploymentState,
  afterMs: number | undefined,
  candidates: CandidateSet,
  selection: SelectionInput,
  tried: Tried,
  scope: RouteScope,
  ctx: RoutingContext<Answer>,
): Promise<Result<Answer>> {
  const start = (state: DeploymentState | undefined) => async (cancellation: Cancellation) => {
    const chosen =
      state ?? candidates.choose(ctx.clock.now(), selection, { has: (each) => each === first || tried.has(each) });
    if (chosen === undefined) throw new GatewayError('unavailable', 'No other deployment is left.');
    const result = await askOnce(chosen, tried, { ...scope, cancellation }, ctx);
    if ('answer' in result) return result.answer;
    throw result.failure;
  };
  // Nearly all calls are faster than this.
  const slowMs = () => afterMs ?? (selection.stream ? first.health.firstContent : first.health.whole).percentile(0.95);
  try {
    return { answer: await race([start(first), start(undefined)], slowMs, scope, ctx) };
  } catch (error) {
    return { failure: tried.failures.get(first) ?? asGatewayError(error) };
  }
}

async function askOnce<Answer>(
  state: DeploymentState,
  tried: Tried,
  scope: RouteScope,
  ctx: RoutingContext<Answer>,
): Promise<Result<Answer>> {
  const { deployment } = state;
  const { call, clock, health } = ctx;
  let reservation: Reservation | undefined;
  if (deployment.limits !== undefined) {
    const capacity = await ctx.reserve(deploymentKey(deployment.id), deployment.limits, deployment);
    if ('retryAt' in capacity) {
      tried.full(state);
      if (capacity.retryAt !== undefined) health.full(state.health, capacity.retryAt);
      return {
        failure: new GatewayError('unavailable', `A deployment of "${scope.group.name}" has reached its limits.`, {
          detail: deployment.id,
        }),
      };
    }
    reservation = capacity;
  }
  const observer = new DeploymentAttempt(state, call, health, clock);
  const attempt = ctx.beginAttempt(deployment, scope.group.name, observer, reservation);
  const { cancellation } = scope;
  const asked = ctx.ask(attempt, scope);
  // Registered after the attempt's own listener, which stops the upstream: what still arrives meanwhile is counted with it.
  const unlink = cancellation.onCancel((reason) => {
    if (reason instanceof GatewayError && reason.kind === 'superseded') {
      attempt.end({ result: 'superseded', failure: reason });
    }
  });
  try {
    return { answer: await asked };
  } catch (error) {
    const failure = asGatewayError(error);
    tried.failed(state, failure);
    attempt.end({ result: cancellation.cancelled ? 'client_gone' : 'failed', failure });
    return { failure };
  } finally {
    unlink();
  }
}

/** The deployment to try again and when: the one that is available first. */
function nextRetry<Answer>(
  failures: ReadonlyMap<DeploymentState, GatewayError>,
  retries: number,
  scope: RouteScope,
  { call, clock, random }: RoutingContext<Answer>,
): { state: DeploymentState; delayMs: number } | undefined {
  const { byKind, maxDelayMs } = scope.retries;
  let best: { state: DeploymentState; delayMs: number } | undefined;
  for (const [state, failure] of failures) {
    if (retries >= maxRetriesOf(call, scope.retries, failure.kind)) continue;
    // A policy that names the kind takes precedence.
    if (!failure.retryable && byKind?.[failure.kind] === undefined) continue;
    const delayMs = retryDelayMs(failure, retries, scope.retries, random);
    if (best === undefined || delayMs < best.delayMs) best = { state, delayMs };
  }
  if (best === undefined) return undefined;
  // If there are fallbacks, a long wait is treated as an outage, not as a retry.
  const limitMs = scope.isLastResort ? Number.POSITIVE_INFINITY : maxDelayMs;
  if (best.delayMs > limitMs || clock.now() + best.delayMs >= scope.endsAt) return undefined;
  return best;
}

/** Waits, unless the route scope ends first: then rejects with the reason. `earlier` may end the wait early. */
function pause(
  delayMs: number,
  { cancellation }: RouteScope,
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
