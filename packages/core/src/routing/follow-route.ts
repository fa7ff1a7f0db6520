import type { Clock } from '../clock.js';
import { asGatewayError, GatewayError } from '../errors.js';
import type { ModelGroup } from '../model-group.js';
import type { RouteNode } from '../routes/route-node.js';
import { fallbackNames, fallbacksLeft } from '../routes/routing-overrides.js';
import { nodeKey } from '../usage/counter-key.js';
import { askPool } from './ask-pool.js';
import { holds } from './conditions.js';
import { race } from './race.js';
import { byCost, bySpeed, weightedShuffle } from './rank-nodes.js';
import type { RouteScope, RoutingContext } from './route-scope.js';

/**
 * Tries until a deployment answers: along the group's route, and then along the fallbacks that the failure's kind
 * allows. Nothing has been sent to the client meanwhile. If all fail, the first failure is the answer, not that of a
 * fallback the client did not request.
 */
export async function followGroup<Answer>(
  start: ModelGroup,
  scope: RouteScope,
  ctx: RoutingContext<Answer>,
): Promise<Answer> {
  const waiting: ModelGroup[] = [start];
  let verdict: GatewayError | undefined;
  let asked = 0;
  for (let group = waiting.shift(); group !== undefined; group = waiting.shift()) {
    scope.visitedGroups.add(group.name);
    asked += 1;
    try {
      const isLastResort = scope.isLastResort && waiting.length === 0 && nextGroups(group, 'always').length === 0;
      // Its own retry policy, if the group is not the requested one.
      return await follow(group.route, { ...scope, group, retries: group.retries, isLastResort }, ctx);
    } catch (error) {
      const failure = asGatewayError(error);
      verdict ??= failure;
      if (scope.cancellation.cancelled) throw failure;
      const { failover } = failure.traits;
      if (failover === 'never') break;
      waiting.push(...nextGroups(group, failover));
    }
  }
  throw asGatewayError(verdict);

  function nextGroups(group: ModelGroup, failover: keyof typeof FALLBACK_LISTS): ModelGroup[] {
    const groups: ModelGroup[] = [];
    for (const name of fallbackNames(ctx.call, group, FALLBACK_LISTS[failover])) {
      const next = ctx.find(name);
      // A group that is a fallback of two groups is waited for once.
      if (next === undefined || scope.visitedGroups.has(name) || waiting.includes(next)) continue;
      if (ctx.mayUse(next) && ctx.canServe(next)) groups.push(next);
    }
    return groups.slice(0, fallbacksLeft(ctx.call, asked - 1 + waiting.length));
  }
}

/** Which groups may answer instead, by what the failure allows. */
const FALLBACK_LISTS = { always: 'fallbacks', context: 'contextFallbacks', content: 'contentFallbacks' } as const;

/** Tries one node. Rejects with a `GatewayError`. */
async function follow<Answer>(node: RouteNode, above: RouteScope, ctx: RoutingContext<Answer>): Promise<Answer> {
  const { clock, call } = ctx;
  const scope = withTerms(node, above, clock);
  if (node.limits === undefined) return await decide(node, scope, ctx);
  const reservation = await ctx.reserve(nodeKey(scope.group.name, node.path), node.limits, undefined);
  if ('retryAt' in reservation) throw noRoom(node, reservation.retryAt, clock.now());
  try {
    const answer = await decide(node, scope, ctx);
    ctx.keepReservation(reservation, answer);
    return answer;
  } catch (error) {
    reservation.settle(undefined);
    throw error;
  }

  function noRoom({ path }: RouteNode, saturatedUntil: number | undefined, now: number): GatewayError {
    const message = `The limits of "${call.group.name}" at ${path} have no capacity left for this call.`;
    const retryAfterMs = saturatedUntil === undefined ? undefined : Math.max(0, saturatedUntil - now);
    return new GatewayError('unavailable', message, { retryAfterMs });
  }
}

/** The scope under the settings of a node; most nodes have none. */
function withTerms({ retries, totalMs }: RouteNode, above: RouteScope, clock: Clock): RouteScope {
  if (retries === undefined && totalMs === undefined) return above;
  const endsAt = totalMs === undefined ? above.endsAt : Math.min(above.endsAt, clock.now() + totalMs);
  return { ...above, retries: retries ?? above.retries, endsAt };
}

async function decide<Answer>(node: RouteNode, scope: RouteScope, ctx: RoutingContext<Answer>): Promise<Answer> {
  switch (node.kind) {
    case 'pool':
      return await askPool(node, scope, ctx);
    case 'group':
      return await followReference(node.group, scope, ctx);
    case 'split':
      return await askInOrder(weightedShuffle(node, ctx.random), undefined, scope, ctx);
    case 'fallback':
      return await askInOrder(node.nodes, node.on, scope, ctx);
    case 'cheapest':
      return await askInOrder(byCost(node.nodes, ctx), undefined, scope, ctx);
    case 'fastest':
      return await askInOrder(bySpeed(node.nodes, ctx), undefined, scope, ctx);
    case 'when': {
      const now = ctx.clock.now();
      const branch = node.branches.find((each) => holds(each.if, ctx.call, now))?.to ?? node.otherwise;
      if (branch !== undefined) return await follow(branch, scope, ctx);
      throw new GatewayError('invalid_input', `No rule of "${scope.group.name}" matches this call.`, {
        param: 'model',
        code: 'no_route',
      });
    }
    case 'race':
      return await race(
        node.nodes.map((each) => (cancellation) => follow(each, { ...scope, cancellation, isLastResort: false }, ctx)),
        () => node.afterMs,
        scope,
        ctx,
      );
  }
}

async function followReference<Answer>(name: string, scope: RouteScope, ctx: RoutingContext<Answer>): Promise<Answer> {
  const group = ctx.find(name);
  if (group === undefined || scope.visitedGroups.has(name) || !ctx.mayUse(group)) {
    throw new GatewayError('unavailable', `"${scope.group.name}" has no other deployment left.`);
  }
  return await followGroup(group, scope, ctx);
}

/** One after the other, while the failures allow it. */
async function askInOrder<Answer>(
  nodes: readonly RouteNode[],
  on: ReadonlySet<string> | undefined,
  scope: RouteScope,
  ctx: RoutingContext<Answer>,
): Promise<Answer> {
  let first: GatewayError | undefined;
  for (const [at, node] of nodes.entries()) {
    try {
      return await follow(node, { ...scope, isLastResort: scope.isLastResort && at === nodes.length - 1 }, ctx);
    } catch (error) {
      const failure = asGatewayError(error);
      if (first === undefined || isNobody(first)) first = failure;
      if (scope.cancellation.cancelled || ctx.clock.now() >= scope.endsAt) break;
      // Every other group would reject it as well, whatever kinds the configuration names.
      if (failure.fault === 'caller') break;
      if (!(on === undefined ? failure.traits.failover === 'always' : on.has(failure.kind) || isNobody(failure))) break;
    }
  }
  throw asGatewayError(first);
}

/** No attempt was made at all: any failure of another one says more about the call. */
function isNobody(failure: GatewayError): boolean {
  return failure.kind === 'unavailable';
}
