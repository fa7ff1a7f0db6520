import type { CallAccountDeps } from '../accounting/call-account.js';
import { openObservers } from '../accounting/notify-observers.js';
import { OpenCalls } from '../accounting/open-calls.js';
import { openUsageQueue } from '../accounting/usage-queue.js';
import { type Clock, systemClock } from '../clock.js';
import type { GatewayConfig } from '../gateway-config.js';
import { costOf } from '../governance/cost.js';
import { LONGEST_TOKEN_MS, openTokens, type Tokens } from '../governance/ephemeral-tokens.js';
import { CountersLeftAlone } from '../governance/guarded-counters.js';
import { openPriceBook, type PriceBook } from '../governance/price-sheet.js';
import { openRevocations, type Revocations } from '../governance/revocations.js';
import { type HeldIds, openHeldIds } from '../held-id.js';
import type { Logger } from '../logger.js';
import type { Authenticate, Authorize } from '../policy.js';
import { type Health, openHealth } from '../routing/health.js';
import { Scheduler } from '../scheduler.js';
import type { CounterStore } from '../store.js';
import type { Send, Transport } from '../transport.js';
import { interceptedSend } from '../upstream/intercepted-send.js';
import { UsageRefusers } from '../upstream/usage-refusers.js';
import { cooldownsOf } from './cooldowns-of.js';
import { countersOf } from './counters-of.js';
import type { GatewayRuntime } from './gateway-runtime.js';
import { type Life, openLife } from './open-life.js';
import { type CallContexts, usageSinks } from './usage-sinks.js';

/** What a gateway has for its whole life: the host's code, and what calls and deployments leave behind. No reload touches it. */
export interface LastingParts<Host> {
  readonly runtime: GatewayRuntime;
  readonly clock: Clock;
  readonly logger: Logger | undefined;
  /** The host's own hook first, then the plugins' in their order. */
  readonly authenticate: readonly Authenticate<Host>[];
  readonly authorize: readonly Authorize<Host>[];
  readonly transport: Transport;
  /** The transport, inside the interceptors. */
  readonly send: Send;
  /** Puts the interceptors around another way to send. */
  intercept(send: Send): Send;
  readonly prices: PriceBook;
  readonly account: CallAccountDeps;
  readonly counters: CounterStore;
  /** For ids of answers that upstreams keep, where no secret is configured: they are forgotten with the process. */
  readonly ownIds: HeldIds;
  readonly tokens: Tokens | undefined;
  readonly revocations: Revocations;
  readonly open: OpenCalls;
  /** How deployments do, by their ids. */
  readonly health: Health;
  onStoreFailure(error: unknown): void;
  /** Deployments that refuse to be asked for usage. */
  readonly usageRefusers: UsageRefusers;
  /** What the gateway does by itself. */
  readonly scheduler: Scheduler;
  readonly life: Life;
  /** Milliseconds since the epoch. */
  readonly madeAt: number;
}

/** Makes what a gateway has for its whole life. Opens and starts nothing: that `life` does once all is made. */
export function openLastingParts<Host, Name extends string>(
  config: GatewayConfig<Host, Name>,
  runtime: GatewayRuntime,
): LastingParts<Host> {
  const { clock = systemClock, transport = runtime.transport, plugins = [], logger } = config;
  const observers = openObservers(
    [...(config.observers ?? []), ...plugins.flatMap((plugin) => plugin.observers ?? [])],
    logger,
  );
  const interceptors = [...(config.interceptors ?? []), ...plugins.flatMap((plugin) => plugin.interceptors ?? [])];
  const intercept = (send: Send) => interceptedSend(interceptors, send);
  const contexts: CallContexts | undefined = config.onUsage && runtime.captureContext && new WeakMap();
  const sinks = usageSinks(config, contexts);
  const queue =
    sinks.length > 0
      ? openUsageQueue(sinks, { clock, logger, inOwnContext: runtime.captureContext?.() ?? ((run) => run()) })
      : undefined;
  const hooksRunLater = observers.any || queue !== undefined;
  const prices = openPriceBook(clock);
  const revocations = openRevocations(clock, LONGEST_TOKEN_MS);
  const open = new OpenCalls();
  const scheduler = new Scheduler(clock, logger);
  const health = openHealth(cooldownsOf(config), clock, config.stores?.cooldowns);
  return {
    runtime,
    clock,
    logger,
    authenticate: presentOnes(
      config.authenticate,
      plugins.map((plugin) => plugin.policies?.authenticate),
    ),
    authorize: presentOnes(
      config.authorize,
      plugins.map((plugin) => plugin.policies?.authorize),
    ),
    transport,
    send: intercept(transport.send),
    intercept,
    prices,
    account: {
      clock,
      sheetOf: prices.sheetOf,
      costOf,
      observers,
      queue,
      captureContext: hooksRunLater ? runtime.captureContext : undefined,
      open,
      rememberContext: contexts && ((record, inContext) => contexts.set(record, inContext)),
    },
    counters: countersOf(config, clock),
    ownIds: openHeldIds([crypto.randomUUID() + crypto.randomUUID()]),
    tokens: config.tokens && openTokens(config.tokens, clock, revocations),
    revocations,
    open,
    health,
    onStoreFailure(error) {
      // That one is left alone is logged when it begins, and not again for each call.
      if (!(error instanceof CountersLeftAlone)) logger?.error({ err: error }, 'the counter store failed');
    },
    usageRefusers: new UsageRefusers(clock, logger),
    scheduler,
    life: openLife({ plugins, open, queue, health, scheduler, transport, clock, logger }),
    madeAt: clock.now(),
  };
}

function presentOnes<T>(own: T | undefined, others: readonly (T | undefined)[]): T[] {
  return [own, ...others].filter((hook) => hook !== undefined);
}
