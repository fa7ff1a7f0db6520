import type { CallAccountDeps } from '../accounts/call-account.js';
import { CounterStoreUnavailable } from '../accounts/counters/resilient-counters.js';
import type { Limit } from '../accounts/limits-of-call.js';
import { OpenCalls } from '../accounts/open-calls.js';
import { interceptedSend } from '../attempts/intercepted-send.js';
import { UsageRefusers } from '../attempts/usage-refusers.js';
import { type Clock, systemClock } from '../clock.js';
import { CallLog } from '../delivery/call-log.js';
import { createObservers, type Observers } from '../delivery/notify-observers.js';
import { createUsageQueue } from '../delivery/usage-queue.js';
import type { Gateway } from '../gateway.js';
import type { Authenticate, Authorize } from '../hooks/policy.js';
import { createTokens, LONGEST_TOKEN_MS, type Tokens } from '../identity/ephemeral-tokens.js';
import { createRevocations, type Revocations, revoked } from '../identity/revocations.js';
import type { Logger } from '../logger.js';
import { createResourceIds, type ResourceIds } from '../operations/resource-ids.js';
import { costOf } from '../pricing/cost.js';
import { createPriceCatalog, type PriceCatalog } from '../pricing/price-sheet.js';
import { createHealth, type Health } from '../routing/health.js';
import type { GatewayConfig } from '../settings/gateway-config.js';
import type { CounterStore } from '../store.js';
import type { Send, Transport } from '../transport.js';
import { createBudgetWarnings } from './budget-warnings.js';
import { createDurableStores, type DurableStores } from './durable-stores.js';
import type { GatewayRuntime } from './gateway-runtime.js';
import { createLifecycle, type Lifecycle } from './lifecycle.js';
import { resolveCooldowns } from './resolve-cooldowns.js';
import { resolveCounterStore } from './resolve-counter-store.js';
import { Scheduler } from './scheduler.js';
import { type CallContexts, usageSinks } from './usage-sinks.js';

/**
 * The parts of a gateway that exist for its whole life: the host's code, and the state of calls and deployments. A
 * reload does not change them.
 */
export interface SharedServices<Host> {
  readonly runtime: GatewayRuntime;
  readonly clock: Clock;
  readonly logger: Logger | undefined;
  /** What went wrong; undefined without a logger. */
  readonly log: CallLog | undefined;
  readonly observers: Observers;
  /** The host's own hook first, then those of the plugins in order. */
  readonly authenticate: readonly Authenticate<Host>[];
  readonly authorize: readonly Authorize<Host>[];
  readonly transport: Transport;
  /** The transport, wrapped in the interceptors. */
  readonly send: Send;
  /** Wraps another way to send in the interceptors. */
  intercept(send: Send): Send;
  readonly prices: PriceCatalog;
  readonly account: CallAccountDeps;
  readonly counters: CounterStore;
  /** Keys, accounts and the ledger. */
  readonly durable: DurableStores;
  /** For the ids of stored responses if no secret is configured: they are valid until the process ends. */
  readonly ownIds: ResourceIds;
  readonly tokens: Tokens | undefined;
  readonly revocations: Revocations;
  readonly open: OpenCalls;
  /** The state of the deployments, by id. */
  readonly health: Health;
  onStoreFailure(error: unknown): void;
  onBudgetWarning(limit: Limit, taken: number): void;
  /** Deployments that reject requests for usage. */
  readonly usageRefusers: UsageRefusers;
  /** What the gateway does by itself. */
  readonly scheduler: Scheduler;
  readonly lifecycle: Lifecycle;
  /** The gateway, once it is made. */
  readonly self: { gateway: Gateway<never> | undefined };
  /** Milliseconds since the epoch. */
  readonly madeAt: number;
}

/** Makes what a gateway has for its whole life. Opens and starts nothing: that `life` does once all is made. */
export function createSharedServices<Host, Name extends string>(
  config: GatewayConfig<Host, Name>,
  runtime: GatewayRuntime,
): SharedServices<Host> {
  const { clock = systemClock, transport = runtime.transport, plugins = [] } = config;
  const logger = config.logger === false ? undefined : (config.logger ?? runtime.logger);
  const log = logger && new CallLog(clock, logger);
  const observers = createObservers(
    [...(config.observers ?? []), ...plugins.flatMap((plugin) => plugin.observers ?? [])],
    logger,
  );
  const interceptors = [...(config.interceptors ?? []), ...plugins.flatMap((plugin) => plugin.interceptors ?? [])];
  const intercept = (send: Send) => interceptedSend(interceptors, send);
  const contexts: CallContexts | undefined = config.onUsage && runtime.captureContext && new WeakMap();
  const open = new OpenCalls();
  const durable = createDurableStores(config, clock, logger, open);
  const sinks = [...usageSinks(config, contexts), ...(durable.ledger === undefined ? [] : [durable.ledger])];
  const queue =
    sinks.length > 0
      ? createUsageQueue(sinks, { clock, logger, inOwnContext: runtime.captureContext?.() ?? ((run) => run()) })
      : undefined;
  const hooksRunLater = observers.any || queue !== undefined;
  const prices = createPriceCatalog(clock);
  const revocations = createRevocations({
    clock,
    keepMs: LONGEST_TOKEN_MS,
    store: config.stores?.revocations,
    logger,
    onRevoked: (principalId, at) => void open.cancelOf(principalId, revoked(), at),
  });
  const scheduler = new Scheduler(clock, logger);
  const health = createHealth(resolveCooldowns(config), clock, config.stores?.cooldowns, log);
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
      log,
      captureContext: hooksRunLater ? runtime.captureContext : undefined,
      open,
      rememberContext: contexts && ((record, inContext) => contexts.set(record, inContext)),
    },
    log,
    observers,
    durable,
    counters: resolveCounterStore(config, clock, logger),
    ownIds: createResourceIds([crypto.randomUUID() + crypto.randomUUID()]),
    tokens: config.tokens && createTokens(config.tokens, clock, revocations),
    revocations,
    open,
    health,
    onStoreFailure(error) {
      // That the store is not used is logged once, not for each call.
      if (!(error instanceof CounterStoreUnavailable)) logger?.error({ err: error }, 'the counter store failed');
    },
    onBudgetWarning: createBudgetWarnings(observers, logger),
    usageRefusers: new UsageRefusers(clock, logger),
    scheduler,
    lifecycle: createLifecycle({
      plugins,
      open,
      queue,
      durable,
      health,
      revocations,
      scheduler,
      transport,
      clock,
      logger,
    }),
    self: { gateway: undefined },
    madeAt: clock.now(),
  };
}

function presentOnes<T>(own: T | undefined, others: readonly (T | undefined)[]): T[] {
  return [own, ...others].filter((hook) => hook !== undefined);
}
