import type { ConfiguredModels } from '../config/validate-config.js';
import type { Deployment } from '../deployment.js';
import type { ExplainQuestion, Explanation } from '../explanation.js';
import type { GatewayConfig } from '../gateway-config.js';
import { openAdmission } from '../governance/admission.js';
import { openCrossSiteCheck } from '../governance/cross-site.js';
import { openReserveRoom } from '../governance/reserve-room.js';
import { openKeyRing } from '../governance/virtual-keys.js';
import { heldIdsOf } from '../held-id.js';
import type { IncomingRequest } from '../incoming.js';
import { chatCompletions } from '../operations/chat-completions.js';
import { openChargeOnce } from '../pipeline/charge-once.js';
import { explainCall } from '../pipeline/explain-call.js';
import { openStaircase } from '../pipeline/handle.js';
import { openMatch } from '../pipeline/match-operation.js';
import { probeDeployments } from '../pipeline/probe-deployments.js';
import { openRoute } from '../pipeline/route.js';
import { tellLitellmWay, tellOwnWay } from '../pipeline/tell-road.js';
import { settledPrincipal } from '../principal.js';
import type { Reply } from '../reply.js';
import { buildRouteTable } from '../routing/route-table.js';
import { cooldownsOf } from './cooldowns-of.js';
import type { LastingParts } from './open-lasting-parts.js';
import { CONVERSATIONS, HELD_OPERATIONS, KEPT_OPERATIONS, SERVED_OPERATIONS } from './served-operations.js';

/** Answers calls by one configuration, from their beginning to their end. */
export interface Road<Host> {
  handle(request: IncomingRequest<Host>): Promise<Reply | undefined>;
  explain(question: ExplainQuestion): Promise<Explanation>;
  /** It is the one that calls take from now on: what it does by itself begins. */
  begin(): void;
  /** Nobody takes it any more: what it does by itself ends. Calls under way go on. */
  retire(): void;
}

/** As long as vendors keep one open. */
const LONGEST_CONVERSATION_MS = 60 * 60 * 1_000;

/** What the largest vendor takes. */
const MAX_FILE_BYTES = 512 * 1024 * 1024;

/** 20 MiB: a handful of photographs in base64. */
const MAX_BODY_BYTES = 20 * 1024 * 1024;

/** What headers begin with that are about the gateway itself, by how they are spelled. */
const HEADER_PREFIXES = { own: ['x-portico-'], litellm: ['x-portico-', 'x-litellm-'] };

/** Makes everything that one configuration decides, and nothing that outlives it. Opens and starts nothing. */
export function openRoad<Host, Name extends string>(
  config: GatewayConfig<Host, Name>,
  { groups, patterns, passThrough }: ConfiguredModels,
  lasting: LastingParts<Host>,
): Road<Host> {
  const { clock, logger, life, counters, onStoreFailure } = lasting;
  const { prices } = lasting;
  const table = buildRouteTable(groups, patterns);
  const needsCatalogue =
    patterns.length > 0 ||
    groups.some((group) => group.deployments.some((deployment) => deployment.price === undefined));
  let isReady = false;

  const match = openMatch(
    {
      asked: SERVED_OPERATIONS,
      held: HELD_OPERATIONS,
      kept: KEPT_OPERATIONS,
      conversations: CONVERSATIONS,
      passThrough,
    },
    config.fallthrough,
  );
  const { send, runtime } = lasting;
  const signing = {
    send: lasting.transport.send,
    clock,
    environment: runtime.environment,
    readFile: runtime.readFile,
  };
  const heldIds = heldIdsOf(config);
  const kept = { ids: heldIds ?? lasting.ownIds, table };
  const admission = openAdmission({
    counters,
    clock,
    defaults: config.defaults,
    unknownPrice: config.unknownPrice ?? 'refuse',
    priceBook: prices,
    findGroup: table.find,
    onStoreFailure,
  });
  const open = {
    table,
    match,
    maxFileBytes: config.maxFileBytes ?? MAX_FILE_BYTES,
    longestConversationMs: config.longestConversationMs ?? LONGEST_CONVERSATION_MS,
    heldIds,
    kept,
    hasPrice: (deployment: Deployment) => prices.sheetOf(deployment) !== undefined,
    chargeOnce: openChargeOnce({
      clock,
      counters,
      admission,
      prices,
      queue: lasting.account.queue,
      onFailure: (error, id) => logger?.error({ err: error, id }, 'what was used could not be charged yet'),
    }),
    maxBodyBytes: config.maxBodyBytes ?? MAX_BODY_BYTES,
    steeringPrefixes: config.requestOverrides === true ? HEADER_PREFIXES[config.compat ?? 'own'] : undefined,
  };
  const { maxWaitMs, probeEveryMs } = cooldownsOf(config);
  const asking = {
    send,
    intercept: lasting.intercept,
    signing,
    clock,
    heartbeatMs: config.heartbeatMs ?? 15_000,
    usageRefusers: lasting.usageRefusers,
  };
  const route = openRoute({
    ...asking,
    table,
    health: lasting.health,
    prices,
    reserve: openReserveRoom(counters, clock, onStoreFailure),
    openSocket: lasting.transport.openSocket,
    admission,
    seal: kept.ids.seal,
    maxWaitMs,
  });
  const probing = {
    operation: chatCompletions,
    table,
    health: lasting.health,
    account: lasting.account,
    ask: asking,
  };
  let stopProbes: (() => void) | undefined;

  const handle = openStaircase<Host>({
    match,
    identify: {
      order: config.credentials,
      keys: openKeyRing(config.keys ?? [], clock),
      tokens: lasting.tokens,
      authenticate: lasting.authenticate,
      anonymous: config.anonymous && settledPrincipal(config.anonymous),
      clock,
      policyTimeoutMs: config.policyTimeoutMs ?? 10_000,
      checkSite: openCrossSiteCheck(config.csrf),
    },
    open,
    authorize: lasting.authorize,
    admission,
    account: lasting.account,
    route,
    revocations: lasting.revocations,
    clock,
    told: [
      ...(config.debugHeaders === true ? [tellOwnWay] : []),
      ...(config.compat === 'litellm' ? [tellLitellmWay] : []),
    ],
    createdAt: Math.floor(lasting.madeAt / 1000),
    ready: () => (isReady ? undefined : getReady()),
    closing: life.closing,
    reportInternal: (failure, requestId) =>
      logger?.error({ requestId, err: failure.cause ?? failure }, 'a request failed inside the gateway'),
  });

  return {
    handle,
    begin() {
      // So that the first call need not wait for all of it; that call is told if it fails.
      if (needsCatalogue) prices.load().catch(() => undefined);
      if (probeEveryMs === undefined) return;
      stopProbes = lasting.scheduler.add({
        name: 'probes',
        everyMs: probeEveryMs,
        // One that answers slowly must not keep the others waiting.
        mayOverlap: true,
        run: (cancellation) => probeDeployments(probing, cancellation),
      });
    },
    retire: () => stopProbes?.(),
    async explain(question) {
      if (needsCatalogue) await prices.load();
      const now = () => clock.now();
      return await explainCall(question, { operations: SERVED_OPERATIONS, open, admission, route, now });
    },
  };

  async function getReady(): Promise<void> {
    if (needsCatalogue) await prices.load();
    await life.start();
    isReady = true;
  }
}
