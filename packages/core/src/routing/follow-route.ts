import type { Clock } from '../clock.js';
import { nodeKey } from '../counter-key.js';
import { asGatewayError, GatewayError } from '../errors.js';
import type { ModelGroup } from '../model-group.js';
import type { RouteNode } from '../route-node.js';
import { fallbackNames, fallbacksLeft } from '../steering.js';
import { askPool } from './ask-pool.js';
import { holds } from './conditions.js';
import { race } from './race.js';
import { byCost, bySpeed, drawOrder } from './rank-nodes.js';
import type { RouteMeans, Trip } from './trip.js';

/**
 * Asks until somebody answers: along the group's route, and where that leads nowhere along those of the groups that the
 * failure's class allows. Nothing has been sent to the client meanwhile. When all is in vain the first failure is the
 * answer, not that of a fallback the client never asked for.
 */
export async function followGroup<Answer>(start: ModelGroup, trip: Trip, means: RouteMeans<Answer>): Promise<Answer> {
  const waiting: ModelGroup[] = [start];
  let verdict: GatewayError | undefined;
  let asked = 0;
  for (let group = waiting.shift(); group !== undefined; group = waiting.shift()) {
    trip.seen.add(group.name);
    asked += 1;
    try {
      const isLastHope = trip.isLastHope && waiting.length === 0 && nextGroups(group, 'yes').length === 0;
      // Its own retries, where the group is not the one that was asked for.
      return await follow(group.route, { ...trip, group, retries: group.retries, isLastHope }, means);
    } catch (error) {
      const failure = asGatewayError(error);
      verdict ??= failure;
      if (trip.cancellation.cancelled) throw failure;
      const { elsewhere } = failure.traits;
      if (elsewhere === 'no') break;
      waiting.push(...nextGroups(group, elsewhere));
    }
  }
  throw asGatewayError(verdict);

  function nextGroups(group: ModelGroup, elsewhere: keyof typeof FALLBACK_LISTS): ModelGroup[] {
    const groups: ModelGroup[] = [];
    for (const name of fallbackNames(means.call, group, FALLBACK_LISTS[elsewhere])) {
      const next = means.find(name);
      // One that two groups fall back to waits once.
      if (next === undefined || trip.seen.has(name) || waiting.includes(next)) continue;
      if (means.mayUse(next) && means.canServe(next)) groups.push(next);
    }
    return groups.slice(0, fallbacksLeft(means.call, asked - 1 + waiting.length));
  }
}

/** Which groups may answer instead, by what the failure allows. */
const FALLBACK_LISTS = { yes: 'fallbacks', context: 'contextFallbacks', content: 'contentFallbacks' } as const;

/** Asks along one node. Rejects with a `GatewayError`. */
async function follow<Answer>(node: RouteNode, above: Trip, means: RouteMeans<Answer>): Promise<Answer> {
  const { clock, call } = means;
  const trip = withTerms(node, above, clock);
  if (node.limits === undefined) return await decide(node, trip, means);
  const hold = await means.reserve(nodeKey(trip.group.name, node.path), node.limits, undefined);
  if ('fullUntil' in hold) throw noRoom(node, hold.fullUntil, clock.now());
  try {
    const answer = await decide(node, trip, means);
    means.keep(hold, answer);
    return answer;
  } catch (error) {
    hold.settle(undefined);
    throw error;
  }

  function noRoom({ path }: RouteNode, fullUntil: number | undefined, now: number): GatewayError {
    const message = `The limits of "${call.group.name}" at ${path} leave no room for this call.`;
    const retryAfterMs = fullUntil === undefined ? undefined : Math.max(0, fullUntil - now);
    return new GatewayError('unavailable', message, { retryAfterMs });
  }
}

/** A trip under the terms of a node; most nodes have none. */
function withTerms({ retries, totalMs }: RouteNode, above: Trip, clock: Clock): Trip {
  if (retries === undefined && totalMs === undefined) return above;
  const endsAt = totalMs === undefined ? above.endsAt : Math.min(above.endsAt, clock.now() + totalMs);
  return { ...above, retries: retries ?? above.retries, endsAt };
}

async function decide<Answer>(node: RouteNode, trip: Trip, means: RouteMeans<Answer>): Promise<Answer> {
  switch (node.kind) {
    case 'pool':
      return await askPool(node, trip, means);
    case 'group':
      return await followReference(node.group, trip, means);
    case 'split':
      return await askInOrder(drawOrder(node, means.random), undefined, trip, means);
    case 'fallback':
      return await askInOrder(node.nodes, node.on, trip, means);
    case 'cheapest':
      return await askInOrder(byCost(node.nodes, means), undefined, trip, means);
    case 'fastest':
      return await askInOrder(bySpeed(node.nodes, means), undefined, trip, means);
    case 'when': {
      const now = means.clock.now();
      const branch = node.branches.find((each) => holds(each.if, means.call, now))?.to ?? node.otherwise;
      if (branch !== undefined) return await follow(branch, trip, means);
      throw new GatewayError('invalid_input', `No rule of "${trip.group.name}" fits this call.`, {
        param: 'model',
        code: 'no_route',
      });
    }
    case 'race':
      return await race(
        node.nodes.map((each) => (cancellation) => follow(each, { ...trip, cancellation, isLastHope: false }, means)),
        () => node.afterMs,
        trip,
        means,
      );
  }
}

async function followReference<Answer>(name: string, trip: Trip, means: RouteMeans<Answer>): Promise<Answer> {
  const group = means.find(name);
  if (group === undefined || trip.seen.has(name) || !means.mayUse(group)) {
    throw new GatewayError('unavailable', `"${trip.group.name}" has nobody else to ask.`);
  }
  return await followGroup(group, trip, means);
}

/** One after the other, while the failures allow it. */
async function askInOrder<Answer>(
  nodes: readonly RouteNode[],
  on: ReadonlySet<string> | undefined,
  trip: Trip,
  means: RouteMeans<Answer>,
): Promise<Answer> {
  let first: GatewayError | undefined;
  for (const [at, node] of nodes.entries()) {
    try {
      return await follow(node, { ...trip, isLastHope: trip.isLastHope && at === nodes.length - 1 }, means);
    } catch (error) {
      const failure = asGatewayError(error);
      if (first === undefined || isNobody(first)) first = failure;
      if (trip.cancellation.cancelled || means.clock.now() >= trip.endsAt) break;
      // Whoever else is asked refuses it as well, whatever kinds the configuration names.
      if (failure.fault === 'caller') break;
      if (!(on === undefined ? failure.traits.elsewhere === 'yes' : on.has(failure.kind) || isNobody(failure))) break;
    }
  }
  throw asGatewayError(first);
}

/** Nobody was even asked: whatever another one says of the call is worth more. */
function isNobody(failure: GatewayError): boolean {
  return failure.kind === 'unavailable';
}
