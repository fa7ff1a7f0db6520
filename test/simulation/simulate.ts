import type { Call, Deployment } from '@portico/core';
import { GatewayError, NO_USAGE, type Usage } from '@portico/core';
import { memoryCounters } from '@portico/core/store';
import { seededRandom } from '@portico/testing';
import { createCapacityReserver } from '../../packages/core/dist/accounts/reserve-capacity.js';
import type { AttemptAccount, AttemptObserver } from '../../packages/core/dist/attempt-account.js';
import { Cancellation } from '../../packages/core/dist/cancellation.js';
import type { ModelGroup } from '../../packages/core/dist/model-group.js';
import type { Strategy } from '../../packages/core/dist/routes/strategy.js';
import { createCandidateSets } from '../../packages/core/dist/routing/candidate-sets.js';
import { followGroup } from '../../packages/core/dist/routing/follow-route.js';
import { createHealth } from '../../packages/core/dist/routing/health.js';
import type { RouteScope, RoutingContext } from '../../packages/core/dist/routing/route-scope.js';
import { EventClock } from './event-clock.js';
import type { Place } from './world.js';

export interface Result {
  readonly strategy: string;
  readonly calls: number;
  /** Share of the answers, by place. */
  readonly shares: Readonly<Record<string, number>>;
  /** From the call to its answer's first token, in milliseconds. */
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** US dollars of a million calls. */
  readonly costPerMillion: number;
  /** Attempts that a vendor refused with a 429. */
  readonly refused: number;
  /** Calls that nobody answered. */
  readonly failed: number;
  /** Most requests that a place saw in a minute of the clock, as a share of what it allows. */
  readonly fullest: Readonly<Record<string, number>>;
  /** How long after an outage's end the place answered again, in seconds; undefined if it had not in the minute before. */
  readonly recoveredAfterS: number | undefined;
}

const START = Date.UTC(2026, 0, 1);
const INPUT_TOKENS = 400;

/** Runs so many calls, a hundred a second, through the router itself: only the vendors and the clock are made up. */
export async function simulate(strategy: Strategy, calls: number, places: readonly Place[]): Promise<Result> {
  const random = seededRandom(`${strategy.by} ${calls}`);
  const clock = new EventClock(START);
  const vendors = new Map(places.map((place) => [place.id, new Vendor(place, clock, random)]));
  const group = groupOf(strategy, places);
  const health = createHealth(
    {
      cooldownMs: 5_000,
      quotaCooldownMs: 60_000,
      maxWaitMs: 0,
      failuresInARow: 3,
      failureRate: 0.5,
      minCalls: 10,
      windowMs: 30_000,
    },
    clock,
  );
  const priceOf = ({ price }: Deployment) => price && price.input * 3 + price.output;
  const candidateSets = createCandidateSets(health, { priceOf, random });
  const reserve = createCapacityReserver(memoryCounters(clock), clock);
  const times: number[] = [];
  let failed = 0;
  let dollars = 0;
  let running = 0;

  let arrivesAt = 0;
  for (let number = 0; number < calls; ) {
    // The next calls are set while earlier ones run: a million timers at once would only be memory.
    for (let batch = 0; batch < 100 && number < calls; batch += 1, number += 1) {
      arrivesAt += -Math.log(1 - random()) * 10;
      clock.after(START + arrivesAt - clock.now(), () => void one());
    }
    while (clock.now() < START + arrivesAt && clock.step()) if (needsSettling) await settle();
  }
  while (running > 0 && clock.step()) await settle();
  return summary();

  async function one(): Promise<void> {
    running += 1;
    needsSettling = true;
    const startedAt = clock.now();
    const call = callOf(group, startedAt, random);
    const scope: RouteScope = {
      group,
      cancellation: new Cancellation(),
      endsAt: startedAt + 60_000,
      retries: group.retries,
      isLastResort: true,
      visitedGroups: new Set(),
      canResume: undefined,
    };
    try {
      await followGroup(group, scope, meansFor(call));
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      failed += 1;
    } finally {
      running -= 1;
    }
  }

  function meansFor(call: Call): RoutingContext<unknown> {
    return {
      call,
      candidateSets,
      health,
      clock,
      random,
      maxWaitMs: 0,
      find: () => undefined,
      mayUse: () => true,
      canServe: () => true,
      priceOf,
      beginAttempt: (deployment, _group, observer) => simulatedAttempt(deployment, observer),
      discard() {},
      keepReservation() {},
      reserveExtra: () => false,
      reserve: (key, limits, deployment) => reserve(key, limits, call, deployment),
      async ask(attempt) {
        const vendor = vendors.get(attempt.deployment.id) as Vendor;
        const answer = await vendor.asked();
        attempt.firstContent();
        times.push(clock.now() - call.startedAt);
        vendor.answered();
        const { price } = vendor.place;
        dollars += (INPUT_TOKENS * price.input + answer.outputTokens * price.output) / 1e6;
        clock.after(answer.cooldownMs, () => {
          vendor.left();
          attempt.end({ result: 'ok', usage: usageOf(answer.outputTokens) });
        });
      },
    };
  }

  function summary(): Result {
    times.sort((a, b) => a - b);
    const all = [...vendors.values()];
    const answers = times.length;
    const perPlace = <T>(of: (vendor: Vendor) => T) => Object.fromEntries(all.map((each) => [each.place.id, of(each)]));
    return {
      strategy: strategy.by,
      calls,
      shares: perPlace((vendor) => vendor.answers / answers),
      meanMs: times.reduce((sum, ms) => sum + ms, 0) / answers,
      p50Ms: times[Math.floor(answers * 0.5)] ?? 0,
      p99Ms: times[Math.floor(answers * 0.99)] ?? 0,
      costPerMillion: (dollars / answers) * 1e6,
      refused: all.reduce((sum, vendor) => sum + vendor.refused, 0),
      failed,
      fullest: perPlace((vendor) => vendor.fullest / vendor.place.requestsPerMinute),
      recoveredAfterS: all.map((vendor) => vendor.recoveredAfterS()).find((seconds) => seconds !== undefined),
    };
  }
}

/** Something waits for a promise since the last event. */
let needsSettling = false;

const NOTHING = Promise.resolve();

async function settle(): Promise<void> {
  needsSettling = false;
  // Deeper than any chain of awaits in the router, and far cheaper than a turn of the event loop.
  for (let turn = 0; turn < 32; turn += 1) await NOTHING;
}

interface FirstToken {
  readonly outputTokens: number;
  /** Until the last token. */
  readonly cooldownMs: number;
}

/** A vendor's side: how long it takes, what it allows, when it fails. */
class Vendor {
  readonly place: Place;
  answers = 0;
  refused = 0;
  fullest = 0;
  #inFlight = 0;
  #minute = 0;
  #requests = 0;
  /** Answers by second of the run. */
  readonly #bySecond: number[] = [];
  readonly #clock: EventClock;
  readonly #random: () => number;

  constructor(place: Place, clock: EventClock, random: () => number) {
    this.place = place;
    this.#clock = clock;
    this.#random = random;
  }

  /** Resolves with the first token; rejects with what it answers instead. */
  asked(): Promise<FirstToken> {
    const { place } = this;
    const now = this.#clock.now();
    const minute = Math.floor(now / 60_000);
    if (minute !== this.#minute) [this.#minute, this.#requests] = [minute, 0];
    const second = (now - START) / 1_000;
    const outage = place.outage;
    if (outage !== undefined && second >= outage[0] && second < outage[1]) {
      return this.#later(50, () => new GatewayError('overloaded', 'down'));
    }
    if (this.#requests >= place.requestsPerMinute) {
      this.refused += 1;
      const retryAfterMs = (minute + 1) * 60_000 - now;
      return this.#later(30, () => new GatewayError('rate_limited', 'full', { retryAfterMs }));
    }
    this.#requests += 1;
    this.fullest = Math.max(this.fullest, this.#requests);
    if (this.#random() < place.failureRate) {
      return this.#later(place.firstTokenMs / 2, () => new GatewayError('upstream_error', 'broken'));
    }
    this.#inFlight += 1;
    // Times of real services are skewed: most are near the usual one, a few far above it.
    const slowness = (1 + this.#inFlight / place.capacity) * Math.exp(0.35 * this.#normal() - 0.06);
    const outputTokens = 20 + Math.floor(this.#random() * 300);
    const answer = { outputTokens, cooldownMs: outputTokens * place.perTokenMs * slowness };
    return this.#later(place.firstTokenMs * slowness, () => answer);
  }

  answered(): void {
    this.answers += 1;
    const second = Math.floor((this.#clock.now() - START) / 1_000);
    this.#bySecond[second] = (this.#bySecond[second] ?? 0) + 1;
  }

  left(): void {
    this.#inFlight -= 1;
  }

  recoveredAfterS(): number | undefined {
    const { outage } = this.place;
    if (outage === undefined) return undefined;
    const answers = (from: number) => this.#bySecond[from] ?? 0;
    let before = 0;
    for (let second = outage[0] - 60; second < outage[0]; second += 1) before += answers(second);
    if (before === 0) return undefined;
    for (let second = outage[1]; second < outage[1] + 600; second += 1) {
      if (answers(second) > 0) return second - outage[1];
    }
    return Number.POSITIVE_INFINITY;
  }

  #later(ms: number, outcome: () => FirstToken | GatewayError): Promise<FirstToken> {
    return new Promise((resolve, reject) => {
      this.#clock.after(ms, () => {
        needsSettling = true;
        const result = outcome();
        if (result instanceof GatewayError) reject(result);
        else resolve(result);
      });
    });
  }

  /** Box and Muller. */
  #normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.#random())) * Math.cos(2 * Math.PI * this.#random());
  }
}

function usageOf(outputTokens: number): Usage {
  return { ...NO_USAGE, inputTokens: INPUT_TOKENS, outputTokens };
}

function groupOf(strategy: Strategy, places: readonly Place[]): ModelGroup {
  const deployments = places.map(
    ({ id, price, requestsPerMinute, isLimitKnown }) =>
      ({
        id,
        provider: { name: 'simulated' },
        model: id,
        baseModel: id,
        codecs: { 'chat.completions': {} },
        connection: { paths: { 'chat.completions': '/' } },
        weight: 1,
        order: 0,
        tags: [],
        capabilities: {},
        limits: isLimitKnown ? { requestsPerMinute } : undefined,
        price: price,
        maxOutputTokens: 4_096,
      }) as unknown as Deployment, // all that routing reads
  );
  const terms = { path: 'deployments', retries: undefined, totalMs: undefined, limits: undefined };
  return {
    name: 'simulated',
    route: { ...terms, kind: 'pool', deployments, strategy, hedge: undefined },
    deployments,
    references: [],
    fallbacks: [],
    contextFallbacks: [],
    contentFallbacks: [],
    retries: { maxRetries: 2, baseDelayMs: 500, maxDelayMs: 8_000 },
    totalMs: 60_000,
    recovery: undefined,
    initialBuffer: undefined,
  };
}

function callOf(group: ModelGroup, startedAt: number, random: () => number): Call {
  return {
    id: 'simulated',
    operation: { name: 'chat.completions' },
    // A thousand conversations, for strategies that keep them together.
    principal: { id: `user-${Math.floor(random() * 1_000)}` },
    summary: { stream: true, inputCharacters: 1_200, inputAttachments: 0, maxOutputTokens: 320, answers: 1 },
    body: {},
    group,
    headers: { get: () => undefined },
    tags: [],
    startedAt,
    attempts: [],
  } as unknown as Call; // all that routing reads
}

/** An attempt of which only the deployment's state learns. */
function simulatedAttempt(deployment: Deployment, observer: AttemptObserver): AttemptAccount {
  let hasEnded = false;
  return {
    // Nobody reads the record of a simulated attempt.
    record: {} as AttemptAccount['record'],
    deployment,
    get hasEnded() {
      return hasEnded;
    },
    headArrived: (headers) => observer.headArrived(headers),
    firstContent: () => observer.firstContent(),
    measureBy() {},
    end(end) {
      if (hasEnded) return;
      hasEnded = true;
      observer.ended(end);
    },
  };
}
