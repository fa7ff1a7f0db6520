import type { CallAccount } from '../accounting/call-account.js';
import type { AttemptAccount, AttemptEnd } from '../attempt-account.js';
import type { Call } from '../call.js';
import type { Clock } from '../clock.js';
import type { ConversationOperation } from '../conversation-operation.js';
import type { Deployment } from '../deployment.js';
import { superseded } from '../errors.js';
import type { Explanation } from '../explanation.js';
import { mayUseModel } from '../governance/access.js';
import type { Admission } from '../governance/admission.js';
import { worstCaseOf } from '../governance/cost.js';
import { estimateInputTokens } from '../governance/estimate-tokens.js';
import type { PriceBook } from '../governance/price-sheet.js';
import type { ReserveRoom } from '../governance/reserve-room.js';
import type { HeldIds } from '../held-id.js';
import type { ModelGroup } from '../model-group.js';
import type { Operation } from '../operation.js';
import type { SignMeans } from '../provider.js';
import { explainRoute } from '../routing/explain-route.js';
import { followGroup } from '../routing/follow-route.js';
import type { Health } from '../routing/health.js';
import { openLanes } from '../routing/lanes.js';
import type { RouteTable } from '../routing/route-table.js';
import type { Standing } from '../routing/standing.js';
import type { Trip } from '../routing/trip.js';
import { fallbackNames, totalMsOf } from '../steering.js';
import type { Send, Transport } from '../transport.js';
import type { StreamEnd } from '../upstream/answer-stream.js';
import { type Answer, type AskParts, askDeployment } from '../upstream/ask-deployment.js';
import { RelayedStream } from '../upstream/relayed-stream.js';
import type { UsageRefusers } from '../upstream/usage-refusers.js';
import { type Answered, type Asking, canServe, type HouseMeans, MeansOfCall } from './means-of-call.js';
import { runConversation } from './run-conversation.js';
import { runErrand } from './run-errand.js';
import { type Beginning, takeUp } from './take-up.js';

export interface Route {
  /** Gets an answer for an admitted call, from whoever can give one. */
  ask(call: Call<unknown, Operation>, account: CallAccount): Promise<Answer>;
  /** Whether anybody can be asked at all. */
  canServe(call: Call<unknown, Operation>): boolean;
  /** What would become of a call, without asking anybody. */
  explain(call: Call): Pick<Explanation, 'route' | 'fallbacks' | 'inputTokens'>;
}

export interface RouteParts {
  readonly table: RouteTable;
  readonly health: Health;
  readonly prices: PriceBook;
  readonly reserve: ReserveRoom;
  readonly send: Send;
  intercept(send: Send): Send;
  /** Undefined where the runtime has no WebSockets. */
  readonly openSocket: Transport['openSocket'];
  /** What signing may use: the transport itself, past the interceptors. */
  readonly signing: SignMeans;
  /** The id under which the client knows an answer that an upstream keeps. */
  readonly seal: HeldIds['seal'];
  readonly clock: Clock;
  readonly heartbeatMs: number;
  readonly maxWaitMs: number;
  /** Deployments that refuse to be asked for usage. */
  readonly usageRefusers: UsageRefusers;
  /** Conversations are charged as they go. */
  readonly admission: Admission;
}

export function openRoute(parts: RouteParts): Route {
  const { table, health, clock, prices } = parts;
  const priceOf = (deployment: Deployment) => comparablePrice(deployment, prices);
  const { random } = Math;
  const lanes = openLanes(health, { priceOf, random });

  const house: HouseMeans = {
    lanes,
    health,
    clock,
    random,
    maxWaitMs: parts.maxWaitMs,
    priceOf,
    table,
    reserveRoom: parts.reserve,
  };

  function follow<Given extends Answered>(
    call: Call,
    account: CallAccount,
    asking: Asking<Given>,
    mayTakeUp?: Trip['mayTakeUp'],
  ): Promise<Given> {
    const { group, cancellation, startedAt } = call;
    const trip: Trip = {
      group,
      cancellation,
      endsAt: startedAt + totalMsOf(call),
      retries: group.retries,
      isLastHope: true,
      seen: new Set(),
      mayTakeUp,
    };
    return followGroup(group, trip, new MeansOfCall(call, account, house, asking));
  }

  async function askFor(asking: Call<unknown, Operation>, account: CallAccount): Promise<Answer> {
    const { errand, conversation, startedAt } = asking;
    if (errand !== undefined) {
      return runErrand(asking, errand, account, { ...parts, callEndsAt: startedAt + errand.longestMs });
    }
    // Routing reads of an operation its name, and what that is served by is in a table of its own.
    const call = asking as Call;
    if (conversation !== undefined) {
      const opening = asking as Call<unknown, ConversationOperation>; // only those have conversations
      return runConversation(opening, conversation, (means) => follow(call, account, means), parts);
    }
    const ask: AskParts = {
      send: parts.send,
      intercept: parts.intercept,
      signing: parts.signing,
      clock,
      heartbeatMs: parts.heartbeatMs,
      usageRefusers: parts.usageRefusers,
      seal: (id, { deployment }, owed) =>
        parts.seal('response', { deployment, id, ...(owed && { owed }) }, call.principal.id),
      estimate: (characters) => account.estimate(characters),
      usageOfAnswer: (value) => account.usageOfAnswer(value),
    };
    const isRelayed = call.demand.stream && call.group.recovery !== undefined && call.operation.recovery !== undefined;
    const leave = (reason: unknown) => call.cancellation.cancel(reason);
    const relay = isRelayed ? { stream: new RelayedStream(clock, parts.heartbeatMs, leave), takeUps: 0 } : undefined;
    const answer = await lead(call, NOTHING_SAID, undefined);
    if (relay === undefined || answer.kind !== 'events') return answer;
    relay.stream.begin(answer.stream);
    return { ...answer, stream: relay.stream };

    function lead(asked: Call, beginning: Beginning, mayTakeUp: Trip['mayTakeUp']): Promise<Answer> {
      return follow<Answer>(
        asked,
        account,
        { ask: (attempt, trip) => askOnce(attempt, trip, asked, beginning), discard: (late) => discard(late, account) },
        mayTakeUp,
      );
    }

    /** Asks one deployment once and ends the attempt, except where it rejects: then whoever asked ends it. */
    async function askOnce(attempt: AttemptAccount, trip: Trip, asked: Call, before: Beginning): Promise<Answer> {
      // Of its own: what an attempt says that comes to nothing, the client never has.
      const soFar = relay ? (before.soFar?.fork() ?? asked.operation.recovery?.follow()) : undefined;
      const beginning = { soFar, usedBefore: before.usedBefore };
      const given = await askDeployment(
        asked,
        attempt.deployment,
        {
          account: attempt,
          cancellation: trip.cancellation,
          endsAt: trip.endsAt,
          hold: call.group.hold,
          ...beginning,
          onBroken: relay
            ? (end, error) => takeUp(end, error, { call: asked, account, relay, attempt, beginning, ask: lead })
            : undefined,
          onStreamEnd(end) {
            if (end.malformedEvents > 0) call.warnings.push(skippedEvents(end.malformedEvents));
            attempt.end(endOfStream(end, account));
          },
        },
        ask,
      );
      if (given.kind === 'whole') attempt.end({ result: 'ok', usage: account.usageOfAnswer(given.value) });
      return given;
    }
  }

  return {
    async ask(asking, account) {
      const answer = await askFor(asking, account);
      account.choose(answer.attempt);
      return answer;
    },

    canServe: (call) => canServe(call.group, call, table),

    explain(call) {
      const { group, demand } = call;
      const inputTokens = estimateInputTokens(demand);
      const mayUse = (next: ModelGroup) => mayUseModel(call.principal, next.name);
      const moneyOf = ({ deployment }: Standing) => {
        const price = prices.sheetOf(deployment);
        const output = demand.maxOutputTokens ?? deployment.maxOutputTokens * demand.answers;
        return { price, worstCostNanoUsd: price && worstCaseOf(inputTokens, output, price) };
      };
      const fallbacks = fallbackNames(call, group, 'fallbacks').filter((name) => {
        const next = table.find(name);
        return next !== undefined && mayUse(next) && canServe(next, call, table);
      });
      const means = { ...house, call, find: table.find, mayUse, moneyOf };
      return { route: explainRoute(group, means), fallbacks, inputTokens };
    },
  };
}

const NOTHING_SAID: Beginning = { soFar: undefined, usedBefore: undefined };

/** An answer that came when another had won already. */
function discard(answer: Answer, account: CallAccount): void {
  if (answer.kind === 'events') answer.stream.cancel(superseded());
  account.lost(answer.attempt, superseded());
}

function endOfStream(end: StreamEnd, account: CallAccount): AttemptEnd {
  const usage = end.usage ?? account.estimate(end.producedCharacters);
  const result = end.failure?.kind === 'superseded' ? 'superseded' : end.outcome;
  return { result, failure: end.failure, usage };
}

function skippedEvents(count: number): string {
  const events = count === 1 ? '1 event' : `${count} events`;
  return `${events} of the upstream's stream could not be read and ${count === 1 ? 'was' : 'were'} skipped.`;
}

/** Answers are shorter than what is asked, by about this much. */
const INPUT_PER_OUTPUT = 3;

/** What a deployment costs, for comparing it with others. */
function comparablePrice(deployment: Deployment, prices: PriceBook): number | undefined {
  const sheet = prices.sheetOf(deployment);
  return sheet && sheet.input * INPUT_PER_OUTPUT + sheet.output;
}
