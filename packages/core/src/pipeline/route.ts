import type { CallAccount } from '../accounts/call-account.js';
import type { ReserveCapacity } from '../accounts/reserve-capacity.js';
import type { UpstreamAnswer } from '../answer.js';
import type { AttemptAccount, AttemptEnd } from '../attempt-account.js';
import { type AttemptDeps, sendAttempt } from '../attempts/send-attempt.js';
import type { UsageRefusers } from '../attempts/usage-refusers.js';
import type { Call } from '../call.js';
import type { Clock } from '../clock.js';
import type { Deployment } from '../deployment.js';
import type { Route } from '../endpoints/endpoint.js';
import { superseded } from '../errors.js';
import type { Explanation } from '../explanation.js';
import { mayUseModel } from '../identity/access.js';
import type { ModelGroup } from '../model-group.js';
import type { ResourceIds } from '../operations/resource-ids.js';
import { worstCaseOf } from '../pricing/cost.js';
import { estimateInputTokens } from '../pricing/estimate-tokens.js';
import type { PriceCatalog } from '../pricing/price-sheet.js';
import type { SigningContext } from '../provider.js';
import { fallbackNames, totalMsOf } from '../routes/routing-overrides.js';
import { createCandidateSets } from '../routing/candidate-sets.js';
import type { DeploymentState } from '../routing/deployment-state.js';
import { explainRoute } from '../routing/explain-route.js';
import { followGroup } from '../routing/follow-route.js';
import type { Health } from '../routing/health.js';
import type { Answered, AttemptRunner, RouteScope } from '../routing/route-scope.js';
import type { RouteTable } from '../routing/route-table.js';
import type { StreamEnd } from '../streams/answer-stream.js';
import { ResumableStream } from '../streams/resumable-stream.js';
import type { Send } from '../transport.js';
import { CallRoutingContext, canServe, type RoutingDeps } from './call-routing-context.js';
import { type ResumeState, resumeStream } from './resume-stream.js';

/** The route of calls, which can also say what would happen to one. */
export interface ExplainableRoute extends Route {
  /** What would happen to a call; no upstream is called. */
  explain(call: Call): Pick<Explanation, 'route' | 'fallbacks' | 'inputTokens'>;
}

export interface RouteDeps {
  readonly table: RouteTable;
  readonly health: Health;
  readonly prices: PriceCatalog;
  readonly reserve: ReserveCapacity;
  readonly send: Send;
  intercept(send: Send): Send;
  /** The sender for signing: the transport itself, without the interceptors. */
  readonly signing: SigningContext;
  /** The public id of a stored response. */
  readonly encryptId: ResourceIds['encrypt'];
  readonly clock: Clock;
  readonly heartbeatMs: number;
  /** What sees and changes the chunks of a stream; undefined if nothing does. */
  readonly transformsOf: AttemptDeps['transformsOf'];
  readonly maxWaitMs: number;
  /** Deployments that reject requests for usage. */
  readonly usageRefusers: UsageRefusers;
}

export function createRoute(deps: RouteDeps): ExplainableRoute {
  const { table, health, clock, prices } = deps;
  const priceOf = (deployment: Deployment) => comparablePrice(deployment, prices);
  const { random } = Math;
  const candidateSets = createCandidateSets(health, { priceOf, random });

  const routingDeps: RoutingDeps = {
    candidateSets,
    health,
    clock,
    random,
    maxWaitMs: deps.maxWaitMs,
    priceOf,
    table,
    reserveCapacity: deps.reserve,
  };

  function follow<Given extends Answered>(
    call: Call,
    account: CallAccount,
    runner: AttemptRunner<Given>,
    canResume?: RouteScope['canResume'],
  ): Promise<Given> {
    const { group, cancellation, startedAt } = call;
    const scope: RouteScope = {
      group,
      cancellation,
      endsAt: startedAt + totalMsOf(call),
      retries: group.retries,
      isLastResort: true,
      visitedGroups: new Set(),
      canResume,
    };
    return followGroup(group, scope, new CallRoutingContext(call, account, routingDeps, runner));
  }

  async function ask(call: Call, account: CallAccount): Promise<UpstreamAnswer> {
    const attemptDeps: AttemptDeps = {
      send: deps.send,
      intercept: deps.intercept,
      signing: deps.signing,
      clock,
      heartbeatMs: deps.heartbeatMs,
      transformsOf: deps.transformsOf,
      usageRefusers: deps.usageRefusers,
      encryptId: (id, { deployment }, unbilled) =>
        deps.encryptId('response', { deployment, id, ...(unbilled && { unbilled }) }, call.principal.id),
      estimate: (characters) => account.estimate(characters, call),
      usageOfAnswer: (value) => account.usageOfAnswer(value, call),
    };
    const isRelayed = call.summary.stream && call.group.recovery !== undefined && call.operation.recovery !== undefined;
    const leave = (reason: unknown) => call.cancellation.cancel(reason);
    const relay = isRelayed
      ? { stream: new ResumableStream(clock, deps.heartbeatMs, leave), resumptions: 0 }
      : undefined;
    const answer = await lead(call, NOTHING_SENT, undefined);
    if (relay === undefined || answer.kind !== 'events') return answer;
    relay.stream.begin(answer.stream);
    return { ...answer, stream: relay.stream };

    function lead(asked: Call, resumeState: ResumeState, canResume: RouteScope['canResume']): Promise<UpstreamAnswer> {
      return follow<UpstreamAnswer>(
        asked,
        account,
        {
          ask: (attempt, scope) => askOnce(attempt, scope, asked, resumeState),
          discard: (late) => discard(late, account),
        },
        canResume,
      );
    }

    /** Asks one deployment once and ends the attempt, except where it rejects: then whoever asked ends it. */
    async function askOnce(
      attempt: AttemptAccount,
      scope: RouteScope,
      asked: Call,
      before: ResumeState,
    ): Promise<UpstreamAnswer> {
      // Of its own: what an attempt says that comes to nothing, the client never has.
      const partial = relay ? (before.partial?.fork() ?? asked.operation.recovery?.follow()) : undefined;
      const resumeState = { partial, previousUsage: before.previousUsage };
      const given = await sendAttempt(
        asked,
        attempt.deployment,
        {
          account: attempt,
          cancellation: scope.cancellation,
          endsAt: scope.endsAt,
          initialBuffer: call.group.initialBuffer,
          ...resumeState,
          onInterrupted: relay
            ? (end, error) => resumeStream(end, error, { call: asked, account, relay, attempt, resumeState, ask: lead })
            : undefined,
          onStreamEnd(end) {
            if (end.malformedEvents > 0) call.warnings.add(skippedEvents(end.malformedEvents));
            attempt.end(endOfStream(end, account, asked));
          },
        },
        attemptDeps,
      );
      if (given.kind === 'whole') attempt.end({ result: 'ok', usage: account.usageOfAnswer(given.value, asked) });
      return given;
    }
  }

  return {
    ask,

    // Routing reads of an operation its name, and what that is served by is in a table of its own.
    follow: (call, account, runner) => follow(call as Call, account, runner),

    canServe: (call) => canServe(call.group, call, table),

    explain(call) {
      const { group, summary } = call;
      const inputTokens = estimateInputTokens(summary);
      const mayUse = (next: ModelGroup) => mayUseModel(call.principal, next.name);
      const moneyOf = ({ deployment }: DeploymentState) => {
        const price = prices.sheetOf(deployment);
        const output = summary.maxOutputTokens ?? deployment.maxOutputTokens * summary.answers;
        return { price, worstCostNanoUsd: price && worstCaseOf(inputTokens, output, price) };
      };
      const fallbacks = fallbackNames(call, group, 'fallbacks').filter((name) => {
        const next = table.find(name);
        return next !== undefined && mayUse(next) && canServe(next, call, table);
      });
      const ctx = { ...routingDeps, call, find: table.find, mayUse, moneyOf };
      return { route: explainRoute(group, ctx), fallbacks, inputTokens };
    },
  };
}

const NOTHING_SENT: ResumeState = { partial: undefined, previousUsage: undefined };

/** An answer that came after another attempt had won. */
function discard(answer: UpstreamAnswer, account: CallAccount): void {
  if (answer.kind === 'events') answer.stream.cancel(superseded());
  account.lost(answer.attempt, superseded());
}

function endOfStream(end: StreamEnd, account: CallAccount, call: Call): AttemptEnd {
  const usage = end.usage ?? account.estimate(end.producedCharacters, call);
  const result = end.failure?.kind === 'superseded' ? 'superseded' : end.outcome;
  const isInconclusive = end.outcome !== 'ok' && end.byTransform === true;
  return { result, failure: end.failure, usage, isInconclusive };
}

function skippedEvents(count: number): string {
  const events = count === 1 ? '1 event' : `${count} events`;
  return `${events} of the upstream's stream could not be read and ${count === 1 ? 'was' : 'were'} skipped.`;
}

/** Answers are shorter than the requested limit, by about this factor. */
const INPUT_PER_OUTPUT = 3;

/** The cost of a deployment, to compare it with others. */
function comparablePrice(deployment: Deployment, prices: PriceCatalog): number | undefined {
  const sheet = prices.sheetOf(deployment);
  return sheet && sheet.input * INPUT_PER_OUTPUT + sheet.output;
}
