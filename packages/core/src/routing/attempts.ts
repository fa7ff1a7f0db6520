import type { Attempt, Call } from '../call.js';
import type { Clock } from '../clock.js';
import type { Deployment } from '../deployment.js';
import { GatewayError } from '../errors.js';
import type { ModelGroup } from '../model-group.js';
import type { Cooldowns } from './cooldowns.js';
import { pickWeighted } from './pick-weighted.js';
import { retryDelayMs } from './retry-delay.js';
import { nobodyServes, type RouteTable } from './route-table.js';

export interface AttemptParts<Answer> {
  readonly table: RouteTable;
  readonly cooldowns: Cooldowns;
  readonly clock: Clock;
  /** Milliseconds since the epoch at which the call's total deadline passes. */
  readonly callEndsAt: number;
  /** Longest wait for a resting deployment when all of them rest. */
  readonly maxWaitMs: number;
  /** Whether the caller may use a group: asked of every fallback too. */
  mayUse(group: ModelGroup): boolean;
  /** Asks one deployment once and tells the cooldowns of its success, which for a stream is its end; rejects with a `GatewayError`. */
  ask(deployment: Deployment, attempt: Attempt): Promise<Answer>;
  attemptEnded(attempt: Attempt): void;
}

/**
 * Asks deployments until one answers: each of the group once, in weighted order; then again, within the retry policy, those
 * whose failure allows it; then the fallback groups. Nothing has been sent to the client meanwhile. When all is in vain the
 * first group's failure is the answer, not that of a fallback the client never asked for.
 */
export async function attempt<Answer>(call: Call, parts: AttemptParts<Answer>): Promise<Answer> {
  const seen: string[] = [];
  const waiting: ModelGroup[] = [call.group];
  let verdict: GatewayError | undefined;
  for (let group = waiting.shift(); group !== undefined; group = waiting.shift()) {
    seen.push(group.name);
    try {
      const isLastHope = waiting.length === 0 && nextGroups(group, 'yes').length === 0;
      return await askGroup(call, group, isLastHope, parts);
    } catch (error) {
      const failure = error as GatewayError; // askGroup rejects with nothing else
      verdict ??= failure;
      if (call.cancellation.cancelled) throw failure;
      const { elsewhere } = failure.traits;
      if (elsewhere === 'no') break;
      waiting.push(...nextGroups(group, elsewhere));
    }
  }
  throw verdict as GatewayError;

  function nextGroups(group: ModelGroup, elsewhere: keyof typeof FALLBACK_LISTS): ModelGroup[] {
    const names = group[FALLBACK_LISTS[elsewhere]];
    const groups: ModelGroup[] = [];
    for (const name of names) {
      const next = parts.table.groups.get(name);
      if (next === undefined || seen.includes(name) || !parts.mayUse(next)) continue;
      if (parts.table.deploymentsFor(next, call.operation.name).length > 0) groups.push(next);
    }
    return groups;
  }
}

/** Which groups may answer instead, by what the failure allows. */
const FALLBACK_LISTS = { yes: 'fallbacks', context: 'contextFallbacks', content: 'contentFallbacks' } as const;

async function askGroup<Answer>(
  call: Call,
  group: ModelGroup,
  isLastHope: boolean,
  parts: AttemptParts<Answer>,
): Promise<Answer> {
  // Whoever left while the house decided is not asked for, and owes nothing.
  if (call.cancellation.cancelled) throw call.cancellation.reason;
  const able = parts.table.deploymentsFor(group, call.operation.name);
  if (able.length === 0) throw nobodyServes(group, call.operation.name);
  let failures: Map<Deployment, GatewayError> | undefined;
  let retries = 0;
  let deployment = await firstChoice(call, group, able, isLastHope, parts);
  for (;;) {
    const result = await askOnce(call, deployment, parts);
    if ('answer' in result) return result.answer;
    failures ??= new Map();
    failures.set(deployment, result.failure);
    if (call.cancellation.cancelled || result.failure.traits.elsewhere !== 'yes') throw result.failure;

    const fresh = pickWeighted(
      able.filter((other) => !failures?.has(other) && parts.cooldowns.restsUntil(other) === 0),
    );
    if (fresh !== undefined) {
      deployment = fresh;
      continue;
    }
    const again = nextRetry(failures, retries, group, isLastHope, parts);
    if (again === undefined) throw firstOf(failures);
    retries += 1;
    if (again.delayMs > 0) await sleep(again.delayMs, call, parts.clock);
    deployment = again.deployment;
  }
}

/** Who is asked first; waits for the first to return if all rest. */
async function firstChoice<Answer>(
  call: Call,
  group: ModelGroup,
  able: readonly Deployment[],
  isLastHope: boolean,
  parts: AttemptParts<Answer>,
): Promise<Deployment> {
  for (;;) {
    const chosen = pickWeighted(able.filter((deployment) => parts.cooldowns.restsUntil(deployment) === 0));
    if (chosen !== undefined) return chosen;
    let returnsAt = Number.POSITIVE_INFINITY;
    for (const deployment of able) returnsAt = Math.min(returnsAt, parts.cooldowns.restsUntil(deployment));
    const now = parts.clock.now();
    const waitMs = returnsAt - now;
    if (!isLastHope || waitMs > parts.maxWaitMs || returnsAt >= parts.callEndsAt) {
      throw new GatewayError(
        'unavailable',
        `Every deployment of "${group.name}" rests after failures; the first returns in ${Math.ceil(waitMs / 1000)} s.`,
        { retryAfterMs: waitMs },
      );
    }
    await sleep(waitMs, call, parts.clock);
  }
}

async function askOnce<Answer>(
  call: Call,
  deployment: Deployment,
  parts: AttemptParts<Answer>,
): Promise<{ answer: Answer } | { failure: GatewayError }> {
  const record: Attempt = {
    deployment: deployment.id,
    provider: deployment.provider.name,
    model: deployment.model,
    startedAt: parts.clock.now(),
    endedAt: undefined,
    firstContentAt: undefined,
    status: undefined,
    upstreamRequestId: undefined,
    failure: undefined,
  };
  call.attempts.push(record);
  try {
    return { answer: await parts.ask(deployment, record) };
  } catch (error) {
    const failure = error as GatewayError; // `ask` rejects with nothing else
    record.endedAt = parts.clock.now();
    record.failure = failure.kind;
    if (!call.cancellation.cancelled) parts.cooldowns.failed(deployment, failure);
    parts.attemptEnded(record);
    return { failure };
  }
}

/** The deployment to ask again and when: the one that may be asked soonest. */
function nextRetry<Answer>(
  failures: ReadonlyMap<Deployment, GatewayError>,
  retries: number,
  group: ModelGroup,
  isLastHope: boolean,
  parts: AttemptParts<Answer>,
): { deployment: Deployment; delayMs: number } | undefined {
  if (retries >= group.retries.maxRetries) return undefined;
  let best: { deployment: Deployment; delayMs: number } | undefined;
  for (const [deployment, failure] of failures) {
    if (!failure.retryable) continue;
    const delayMs = retryDelayMs(failure, retries, group.retries);
    if (best === undefined || delayMs < best.delayMs) best = { deployment, delayMs };
  }
  if (best === undefined) return undefined;
  // With somewhere else to go, a long wait is no retry but an outage.
  const limitMs = isLastHope ? Number.POSITIVE_INFINITY : group.retries.maxDelayMs;
  if (best.delayMs > limitMs || parts.clock.now() + best.delayMs >= parts.callEndsAt) return undefined;
  return best;
}

function firstOf(failures: ReadonlyMap<Deployment, GatewayError>): GatewayError {
  for (const failure of failures.values()) return failure;
  throw new TypeError('a group without attempts has no failure');
}

/** Waits, unless the call ends first: then rejects with the reason. */
function sleep(delayMs: number, call: Call, clock: Clock): Promise<void> {
  return new Promise((resolve, reject) => {
    const wake = clock.after(delayMs, () => {
      forget();
      resolve();
    });
    const forget = call.cancellation.onCancel((reason) => {
      wake();
      reject(reason);
    });
  });
}
