import { openObservers } from './accounting/notify-observers.js';
import { openUsageQueue } from './accounting/usage-queue.js';
import { systemClock } from './clock.js';
import { validateConfig } from './config/validate-config.js';
import { chat, chatStream } from './doors/chat.js';
import { answerRequest, fetchAs } from './doors/fetch.js';
import { GatewayError } from './errors.js';
import type { Gateway } from './gateway.js';
import type { CooldownConfig, GatewayConfig } from './gateway-config.js';
import { openAdmission } from './governance/admission.js';
import { openCrossSiteCheck } from './governance/cross-site.js';
import { LONGEST_TOKEN_MS, openTokens } from './governance/ephemeral-tokens.js';
import { openPriceBook, sheetFromConfig } from './governance/price-sheet.js';
import { openReserveRoom } from './governance/reserve-room.js';
import { openRevocations, revoked } from './governance/revocations.js';
import { openKeyRing } from './governance/virtual-keys.js';
import { memoryCounters } from './memory/counter-store.js';
import { bridges } from './operations/bridges/over-chat.js';
import { chatCompletions } from './operations/chat-completions.js';
import { completions } from './operations/completions.js';
import { embeddings } from './operations/embeddings.js';
import { imageEdits, imageGenerations } from './operations/images.js';
import { messages } from './operations/messages.js';
import { moderations } from './operations/moderations.js';
import { rerank } from './operations/rerank.js';
import { responses } from './operations/responses.js';
import { speech } from './operations/speech.js';
import { transcriptions, translations } from './operations/transcriptions.js';
import { explainCall } from './pipeline/explain-call.js';
import { openStaircase } from './pipeline/handle.js';
import { openMatch } from './pipeline/match-operation.js';
import { OpenCalls } from './pipeline/open-calls.js';
import { openRoute } from './pipeline/route.js';
import type { Plugin } from './plugin.js';
import { settledPrincipal } from './principal.js';
import type { Provider } from './provider.js';
import { openHealth } from './routing/health.js';
import { buildRouteTable } from './routing/route-table.js';
import type { Sink } from './sink.js';
import type { Transport } from './transport.js';
import { interceptedSend } from './upstream/intercepted-send.js';
import type { UsageRecord } from './usage-record.js';

/** What a runtime brings: Node's is in `@portico/node`. */
export interface GatewayRuntime {
  /** The vendors it knows; those of the configuration come on top. */
  readonly providers: readonly Provider[];
  readonly transport: Transport;
  /** Where credentials are found under the providers' own variable names; nothing else is read from it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Reads a text file, for credentials that are kept in one. */
  readonly readFile?: (path: string) => Promise<string>;
  /** Captures the host's async context, for hooks that run when a stream has ended. */
  captureContext?(): <T>(run: () => T) => T;
}

const OPERATIONS = [
  chatCompletions,
  messages,
  responses,
  completions,
  embeddings,
  moderations,
  rerank,
  imageGenerations,
  imageEdits,
  speech,
  transcriptions,
  translations,
];

/** 20 MiB: a handful of photographs in base64. */
const MAX_BODY_BYTES = 20 * 1024 * 1024;

const USUAL_COOLDOWNS: CooldownConfig = {
  restMs: 5_000,
  quotaRestMs: 60_000,
  maxWaitMs: 10_000,
  failuresInARow: 3,
  failureRate: 0.5,
  minCalls: 10,
  windowMs: 30_000,
};

/** Only a hook that does not hear the cancellation makes a call that was cut take longer. */
const CUT_CALLS_END_MS = 1_000;

/**
 * Makes a gateway: the composition root, which alone knows every room. Throws a `ConfigError` that lists everything that is
 * wrong with the configuration.
 */
export function createGateway<Host, Name extends string>(
  config: GatewayConfig<Host, Name>,
  runtime: GatewayRuntime,
): Gateway<Host, Name> {
  const { groups, patterns } = validateConfig(config, {
    providers: runtime.providers,
    environment: runtime.environment,
    bridges,
    sheetFromConfig,
  });
  const clock = config.clock ?? systemClock;
  const { logger } = config;
  const plugins: readonly Plugin<Host>[] = config.plugins ?? [];
  const transport = config.transport ?? runtime.transport;
  const table = buildRouteTable(groups, patterns);
  const prices = openPriceBook(clock);
  const needsCatalogue =
    patterns.length > 0 ||
    groups.some((group) => group.deployments.some((deployment) => deployment.price === undefined));
  // Begun at once, so that the first call need not wait for all of it; that call is told if it fails.
  if (needsCatalogue) prices.load().catch(() => undefined);
  const observers = openObservers(
    [...(config.observers ?? []), ...plugins.flatMap((plugin) => plugin.observers ?? [])],
    logger,
  );
  const interceptors = [...(config.interceptors ?? []), ...plugins.flatMap((plugin) => plugin.interceptors ?? [])];
  const contexts: CallContexts | undefined = config.onUsage && runtime.captureContext && new WeakMap();
  const sinks = sinksOf(config, contexts);
  const queue =
    sinks.length > 0
      ? openUsageQueue(sinks, { clock, logger, inOwnContext: runtime.captureContext?.() ?? runDirectly })
      : undefined;
  const hooksRunLater = observers.any || queue !== undefined;
  const checkSite = openCrossSiteCheck(config.csrf);
  const cooldowns = { ...USUAL_COOLDOWNS, ...config.cooldowns };
  const counters = config.stores?.counters ?? memoryCounters(clock);
  const health = openHealth(cooldowns, clock, config.stores?.cooldowns);
  const onStoreFailure = (error: unknown) => logger?.error({ err: error }, 'the counter store failed');
  const revocations = openRevocations(clock, LONGEST_TOKEN_MS);
  const tokens = config.tokens && openTokens(config.tokens, clock, revocations);
  const open = new OpenCalls();
  let closed: Promise<void> | undefined;
  const toStart = new Set(plugins);
  let starting: Promise<void> | undefined;
  let started = false;

  const opening = { table, maxBodyBytes: config.maxBodyBytes ?? MAX_BODY_BYTES };
  const admission = openAdmission({
    counters,
    clock,
    defaults: config.defaults,
    unknownPrice: config.unknownPrice ?? 'refuse',
    priceBook: prices,
    findGroup: table.find,
    onStoreFailure,
  });
  const route = openRoute({
    table,
    health,
    prices,
    reserve: openReserveRoom(counters, clock, onStoreFailure),
    send: interceptedSend(interceptors, transport.send),
    signing: {
      send: transport.send,
      clock,
      environment: runtime.environment,
      readFile: runtime.readFile,
    },
    clock,
    heartbeatMs: config.heartbeatMs ?? 15_000,
    maxWaitMs: cooldowns.maxWaitMs,
  });

  const handle = openStaircase<Host>({
    match: openMatch(OPERATIONS, config.fallthrough),
    identify: {
      order: config.credentials,
      keys: openKeyRing(config.keys ?? [], clock),
      tokens,
      authenticate: presentOnes(
        config.authenticate,
        plugins.map((plugin) => plugin.policies?.authenticate),
      ),
      anonymous: config.anonymous && settledPrincipal(config.anonymous),
      clock,
      policyTimeoutMs: config.policyTimeoutMs ?? 10_000,
      checkSite,
    },
    open: opening,
    authorize: presentOnes(
      config.authorize,
      plugins.map((plugin) => plugin.policies?.authorize),
    ),
    admission,
    meter: {
      clock,
      prices,
      observers,
      queue,
      captureContext: hooksRunLater ? runtime.captureContext : undefined,
      open,
      rememberContext: contexts && ((record, inContext) => contexts.set(record, inContext)),
    },
    route,
    revocations,
    clock,
    debugHeaders: config.debugHeaders ?? false,
    createdAt: Math.floor(clock.now() / 1000),
    ready() {
      if (started) return undefined;
      starting ??= start();
      return starting;
    },
    closing: () => (closed === undefined ? undefined : shuttingDown()),
    reportInternal: (failure, requestId) =>
      logger?.error({ requestId, err: failure.cause ?? failure }, 'a request failed inside the gateway'),
  });

  return {
    handle,
    fetch: (request, host, options) => answerRequest(handle, request, host ?? ({} as Host), options),
    fetchAs: (principal) => fetchAs(handle, principal),
    chat: (request, options) => chat(handle, request, options),
    chatStream: (request, options) => chatStream(handle, request, options),
    async explain(question) {
      if (needsCatalogue) await prices.load();
      const now = () => clock.now();
      return await explainCall(question, { operations: OPERATIONS, open: opening, admission, route, now });
    },
    async issueToken(principal, options) {
      if (tokens !== undefined) return tokens.issue(principal, options?.expiresInMs);
      throw new TypeError('Tokens need a secret to be signed with: set "tokens.secret" in the configuration.');
    },
    revoke(principal) {
      const id = typeof principal === 'string' ? principal : principal.id;
      revocations.revoke(id);
      return open.cancelOf(id, revoked());
    },
    modelNames: Object.keys(config.models) as Name[],
    get isClosing() {
      return closed !== undefined;
    },
    get openCalls() {
      return open.size;
    },
    close: (options) => (closed ??= close(options?.graceMs ?? 10_000)),
  };

  async function start(): Promise<void> {
    try {
      if (needsCatalogue) await prices.load();
      // All of them settle before anybody may try again, and those that have started never start again.
      const starts = await Promise.allSettled([...toStart].map(startPlugin));
      for (const start of starts) if (start.status === 'rejected') throw start.reason;
      started = true;
    } catch (error) {
      starting = undefined;
      throw error;
    }
  }

  async function startPlugin(plugin: Plugin<Host>): Promise<void> {
    await plugin.start?.();
    toStart.delete(plugin);
  }

  async function close(graceMs: number): Promise<void> {
    if (open.size > 0) {
      await new Promise<void>((resolve) => {
        let stop = clock.after(graceMs, () => {
          // A call that is cut writes its record as it ends, and the ledger is flushed after that.
          stop = clock.after(CUT_CALLS_END_MS, resolve);
          open.cancelAll(shuttingDown());
        });
        open.onNone(() => {
          stop();
          resolve();
        });
      });
    }
    await queue?.flush(5_000);
    for (const plugin of plugins) {
      try {
        await plugin.close?.();
      } catch (error) {
        logger?.error({ err: error, plugin: plugin.name }, 'A plugin failed to close.');
      }
    }
    health.close();
    await transport.close();
  }
}

function shuttingDown(): GatewayError {
  return new GatewayError('unavailable', 'This server is shutting down; ask again.', { retryAfterMs: 1_000 });
}

function runDirectly<T>(run: () => T): T {
  return run();
}

function presentOnes<T>(own: T | undefined, others: readonly (T | undefined)[]): T[] {
  return [own, ...others].filter((hook) => hook !== undefined);
}

/** The async contexts of calls whose record is on its way. */
type CallContexts = WeakMap<UsageRecord, <T>(run: () => T) => T>;

function sinksOf<Host, Name extends string>(
  config: GatewayConfig<Host, Name>,
  contexts: CallContexts | undefined,
): Sink[] {
  const sinks = [...(config.sinks ?? []), ...(config.plugins ?? []).flatMap((plugin) => plugin.sinks ?? [])];
  const { onUsage } = config;
  if (onUsage !== undefined) {
    sinks.push({
      name: 'onUsage',
      async record(batch) {
        for (const record of batch) await (contexts?.get(record) ?? runDirectly)(() => onUsage(record));
      },
    });
  }
  return sinks;
}
