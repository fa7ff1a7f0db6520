import type { Call } from '../call.js';
import type { Clock } from '../clock.js';
import type { Deployment } from '../deployment.js';
import { GatewayError } from '../errors.js';
import { mayUseModel } from '../governance/access.js';
import type { PriceBook } from '../governance/price-sheet.js';
import type { ReserveRoom } from '../governance/reserve-room.js';
import type { ModelGroup } from '../model-group.js';
import type { SignMeans } from '../provider.js';
import { followGroup } from '../routing/follow-route.js';
import type { Health } from '../routing/health.js';
import { openLanes, serves } from '../routing/lanes.js';
import type { RouteTable } from '../routing/route-table.js';
import type { RouteMeans, Trip } from '../routing/trip.js';
import type { Visit } from '../routing/visit.js';
import type { Send } from '../transport.js';
import { type Answer, type AskParts, askDeployment } from '../upstream/ask-deployment.js';
import type { Meter } from './meter.js';

/** Gets an answer for an admitted call, from whoever can give one. */
export type Route = (call: Call, meter: Meter) => Promise<Answer>;

export interface RouteParts {
  readonly table: RouteTable;
  readonly health: Health;
  readonly prices: PriceBook;
  readonly reserve: ReserveRoom;
  readonly send: Send;
  /** What signing may use: the transport itself, past the interceptors. */
  readonly signing: SignMeans;
  readonly clock: Clock;
  readonly heartbeatMs: number;
  readonly maxWaitMs: number;
}

export function openRoute(parts: RouteParts): Route {
  const { table, health, clock, prices } = parts;
  const priceOf = (deployment: Deployment) => comparablePrice(deployment, prices);
  const { random } = Math;
  const lanes = openLanes(health, { priceOf, random });
  const usageRefusers = new Set<Deployment>();

  return (call, meter) => {
    const ask: AskParts = {
      send: parts.send,
      signing: parts.signing,
      clock,
      heartbeatMs: parts.heartbeatMs,
      usageRefusers,
      estimate: (characters) => meter.estimate(characters),
    };
    const means: RouteMeans<Answer> = {
      call,
      lanes,
      health,
      clock,
      random,
      maxWaitMs: parts.maxWaitMs,
      find: (name) => table.groups.get(name),
      mayUse: (group) => mayUseModel(call.principal, group.name),
      canServe: (group) => canServe(group, call, table),
      priceOf,
      ask: (visit, trip) => askOnVisit(visit, trip, call, meter, ask),
      attemptEnded: ({ attempt }) => meter.attemptEnded(attempt),
      superseded: (visit) => visit.abandoned(meter.superseded(visit.attempt, visit.standing.deployment)),
      discard: (answer) => discard(answer, meter),
      reserve: (key, limits, deployment) => parts.reserve(key, limits, call, deployment),
      keep: (hold) => meter.keep(hold),
      mayAskTwice: () => meter.mayAskTwice(),
    };
    const { group, cancellation } = call;
    const trip: Trip = {
      group,
      cancellation,
      endsAt: call.startedAt + group.totalMs,
      retries: group.retries,
      isLastHope: true,
      seen: new Set(),
    };
    return followGroup(group, trip, means);
  };
}

/** Asks once and tells the visit how it went. Rejects as `askDeployment` does: whoever asked tells the visit of that. */
async function askOnVisit(visit: Visit, trip: Trip, call: Call, meter: Meter, ask: AskParts): Promise<Answer> {
  const { standing, attempt } = visit;
  const { deployment } = standing;
  meter.asking(deployment);
  const answer = await askDeployment(
    call,
    deployment,
    {
      record: attempt,
      cancellation: trip.cancellation,
      endsAt: trip.endsAt,
      onFirstContent: () => visit.opened(),
      onStreamEnd(end) {
        const usage = meter.usageOf(end);
        if (end.outcome === 'ok') visit.answered(usage);
        else if (end.outcome === 'incomplete') visit.failed(end.failure, usage);
        else visit.abandoned(usage);
        meter.streamEnded(end, deployment, attempt);
      },
    },
    ask,
  );
  if (answer.kind === 'whole') visit.answered(meter.usageOfWhole(answer));
  return answer;
}

/** An answer that came when another had won already. */
function discard(answer: Answer, meter: Meter): void {
  const superseded = new GatewayError('superseded', 'Another attempt was faster.');
  if (answer.kind === 'events') answer.stream.cancel(superseded);
  else meter.superseded(answer.attempt, answer.deployment, meter.usageOfWhole(answer));
}

function canServe(group: ModelGroup, call: Call, table: RouteTable, seen = new Set<string>()): boolean {
  if (group.deployments.some((deployment) => serves(deployment, call.operation.name))) return true;
  seen.add(group.name);
  return group.leadsTo.some((name) => {
    const next = table.groups.get(name);
    return next !== undefined && !seen.has(name) && canServe(next, call, table, seen);
  });
}

/** Answers are shorter than what is asked, by about this much. */
const INPUT_PER_OUTPUT = 3;

/** What a deployment costs, for comparing it with others. */
function comparablePrice(deployment: Deployment, prices: PriceBook): number | undefined {
  const sheet = prices.sheetOf(deployment);
  return sheet && sheet.input * INPUT_PER_OUTPUT + sheet.output;
}
