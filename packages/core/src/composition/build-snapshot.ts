import { restrictedBy } from '../accounts/account-access.js';
import type { AccountDirectory } from '../accounts/account-directory.js';
import { createAdmission } from '../accounts/admission.js';
import { createBodyAdmission } from '../accounts/body-admission.js';
import { createCapacityReserver } from '../accounts/reserve-capacity.js';
import { scopesOfPrincipal } from '../accounts/scopes-of-call.js';
import { customEndpointsOf } from '../config/check-endpoints.js';
import { createPrincipalCheck } from '../config/check-principal.js';
import type { ConfiguredModels } from '../config/validate-config.js';
import type { Deployment } from '../deployment.js';
import { isPromise, type MaybePromise } from '../encoding/json.js';
import { chatCompletions } from '../endpoints/chat-completions/format.js';
import { createRouter } from '../endpoints/router.js';
import { type ContentHooks, transformersFor } from '../endpoints/shared/content-hooks.js';
import { createDeferredBilling } from '../endpoints/shared/deferred-billing.js';
import type { CallEstimate, ExplainedLimit, ExplainQuestion, Explanation } from '../explanation.js';
import type { Gateway } from '../gateway.js';
import { createCrossSiteCheck } from '../identity/cross-site.js';
import { createVirtualKeys } from '../identity/virtual-keys.js';
import type { IncomingRequest } from '../incoming-request.js';
import { probeDeployments } from '../jobs/probe-deployments.js';
import { resolveResourceIds } from '../operations/resource-ids.js';
import { estimateCall, explainCall } from '../pipeline/explain-call.js';
import { createRequestHandler } from '../pipeline/handle.js';
import { litellmHeaders, porticoHeaders } from '../pipeline/metadata-headers.js';
import { createRoute } from '../pipeline/route.js';
import { normalizePrincipal, type Principal } from '../principal.js';
import type { Reply } from '../reply.js';
import { buildRouteTable } from '../routing/route-table.js';
import type { GatewayConfig } from '../settings/gateway-config.js';
import { createEndpoints, MODEL_OPERATIONS } from './create-endpoints.js';
import { resolveCooldowns } from './resolve-cooldowns.js';
import type { SharedServices } from './shared-services.js';

/** Everything that is built from one configuration and answers calls. */
export interface ConfigSnapshot<Host> {
  handle(request: IncomingRequest<Host>): Promise<Reply | undefined>;
  explain(question: ExplainQuestion): Promise<Explanation>;
  estimate(question: ExplainQuestion): Promise<CallEstimate>;
  remaining(principal: Principal): Promise<readonly ExplainedLimit[]>;
  /** It is the one that calls take from now on: what it does by itself begins. */
  begin(): void;
  /** No longer used: its background work stops. Calls in progress continue. */
  dispose(): void;
}

/** As long as vendors keep a session open. */
const MAX_SESSION_MS = 60 * 60 * 1_000;

/** The limit of the largest vendor. */
const MAX_FILE_BYTES = 512 * 1024 * 1024;

/** 20 MiB: a few photographs in base64. */
const MAX_BODY_BYTES = 20 * 1024 * 1024;

/** The prefixes of headers about the gateway itself, by format. */
const HEADER_PREFIXES = { own: ['x-portico-'], litellm: ['x-portico-', 'x-litellm-'] };

/** Makes everything that one configuration decides, and nothing that outlives it. Opens and starts nothing. */
export function buildSnapshot<Host, Name extends string>(
  config: GatewayConfig<Host, Name>,
  { groups, patterns, passThrough, notes }: ConfiguredModels,
  services: SharedServices<Host>,
): ConfigSnapshot<Host> {
  const { clock, logger, lifecycle, counters, onStoreFailure } = services;
  const { prices } = services;
  const { accounts, keys: storedKeys } = services.durable;
  const table = buildRouteTable(groups, patterns);
  const needsCatalogue =
    patterns.length > 0 ||
    groups.some((group) => group.deployments.some((deployment) => deployment.price === undefined));
  const policyTimeoutMs = config.policyTimeoutMs ?? 10_000;
  let isReady = false;

  const { send, runtime } = services;
  const signing = {
    send: services.transport.send,
    clock,
    environment: runtime.environment,
    readFile: runtime.readFile,
  };
  const resourceIds = resolveResourceIds(config);
  const storedResponses = { ids: resourceIds ?? services.ownIds, table };
  const admission = createAdmission({
    counters,
    clock,
    defaults: config.defaults,
    unknownPrice: config.unknownPrice ?? 'refuse',
    priceCatalog: prices,
    findGroup: table.find,
    onStoreFailure,
    accounts,
    onWarning: services.onBudgetWarning,
  });
  const plugins = config.plugins ?? [];
  const content: ContentHooks<Host> = {
    requestTransforms: [
      ...(config.requestTransforms ?? []),
      ...plugins.flatMap((each) => each.requestTransforms ?? []),
    ],
    answerMiddleware: [...(config.answerMiddleware ?? []), ...plugins.flatMap((each) => each.answerMiddleware ?? [])],
    chunkTransforms: [...(config.chunkTransforms ?? []), ...plugins.flatMap((each) => each.chunkTransforms ?? [])],
    clock,
    timeoutMs: policyTimeoutMs,
  };
  const open = {
    table,
    content,
    maxFileBytes: config.maxFileBytes ?? MAX_FILE_BYTES,
    maxSessionMs: config.maxSessionMs ?? MAX_SESSION_MS,
    resourceIds,
    storedResponses,
    hasPrice: (deployment: Deployment) => prices.sheetOf(deployment) !== undefined,
    billDeferred: createDeferredBilling({
      clock,
      counters,
      admission,
      prices,
      queue: services.account.queue,
      onFailure: (error, id) => logger?.error({ err: error, id }, 'deferred usage could not be charged yet'),
    }),
    maxBodyBytes: config.maxBodyBytes ?? MAX_BODY_BYTES,
    bodies: createBodyAdmission({ counters, clock, defaults: config.defaults }),
    vendorIds: config.vendorIds ?? (config.compat === 'litellm' ? ('allow' as const) : ('refuse' as const)),
    overridePrefixes: config.requestOverrides === true ? HEADER_PREFIXES[config.compat ?? 'own'] : undefined,
    guardrails: config.compat === 'litellm' ? new Set(config.plugins?.map(({ name }) => name)) : undefined,
  };
  const { maxWaitMs, probeEveryMs } = resolveCooldowns(config);
  const attemptDeps = {
    send,
    intercept: services.intercept,
    signing,
    clock,
    heartbeatMs: config.heartbeatMs ?? 15_000,
    usageRefusers: services.usageRefusers,
  };
  const route = createRoute({
    ...attemptDeps,
    table,
    health: services.health,
    prices,
    reserve: createCapacityReserver(counters, clock, onStoreFailure),
    encryptId: storedResponses.ids.encrypt,
    // Without any, streams are passed on byte for byte.
    transformsOf: content.chunkTransforms.length === 0 ? undefined : (call) => transformersFor(call, content),
    maxWaitMs,
  });
  const probing = {
    operation: chatCompletions,
    table,
    health: services.health,
    account: services.account,
    ask: attemptDeps,
  };
  let stopProbes: (() => void) | undefined;

  const endpoints = createEndpoints<Host>(
    {
      ...open,
      route,
      modelOperations: MODEL_OPERATIONS,
      createdAt: Math.floor(services.madeAt / 1000),
      send: { send, signing, clock },
      openSocket: services.transport.openSocket,
      signing,
      clock,
      admission,
      prices,
      usage: config.stores?.usage,
      // Set before the first request can come.
      gateway: () => services.self.gateway as Gateway<never>,
    },
    passThrough,
    customEndpointsOf(config),
  );
  const explaining = { operations: MODEL_OPERATIONS, open, admission, route, now: () => clock.now() };
  const handle = createRequestHandler<Host>(createRouter(endpoints, config.fallthrough), {
    identify: {
      order: config.credentials,
      keys: createVirtualKeys(config.keys ?? [], clock),
      findStoredKey: storedKeys?.find,
      tokens: services.tokens,
      authenticate: services.authenticate,
      anonymous: config.anonymous && normalizePrincipal(config.anonymous),
      clock,
      policyTimeoutMs,
      checkPrincipal: createPrincipalCheck(),
      checkSite: createCrossSiteCheck(config.csrf),
    },
    authorize: services.authorize,
    admission,
    account: services.account,
    revocations: services.revocations,
    restrict: accounts && restrictTo(accounts),
    clock,
    metadataHeaders: [
      ...(config.debugHeaders === true ? [porticoHeaders] : []),
      ...(config.compat === 'litellm' ? [litellmHeaders] : []),
    ],
    ready: () => (isReady ? undefined : getReady()),
    closing: lifecycle.closing,
    reportInternal: (failure, requestId) =>
      logger?.error({ requestId, err: failure.cause ?? failure }, 'a request failed inside the gateway'),
    reportRefused:
      services.log === undefined && !services.observers.any
        ? undefined
        : (refusal, failure) => {
            services.observers.callRefused(refusal);
            services.log?.refused(refusal, failure);
          },
  });

  return {
    handle,
    begin() {
      for (const note of notes) logger?.info({}, note);
      // So that the first call need not wait for all of it; that call is told if it fails.
      if (needsCatalogue) prices.load().catch(() => undefined);
      if (probeEveryMs === undefined) return;
      stopProbes = services.scheduler.add({
        name: 'probes',
        everyMs: probeEveryMs,
        // One that answers slowly must not keep the others waiting.
        mayOverlap: true,
        run: (cancellation) => probeDeployments(probing, cancellation),
      });
    },
    dispose: () => stopProbes?.(),
    remaining: (principal) => admission.remaining(normalizePrincipal(principal)),
    async estimate(question) {
      if (needsCatalogue) await prices.load();
      return await estimateCall(question, explaining);
    },
    async explain(question) {
      if (needsCatalogue) await prices.load();
      sayUnpriced();
      return await explainCall(question, explaining);
    },
  };

  /** Under a budget they cannot be used, nor can what falls back to them: better known now than from the first caller. */
  function sayUnpriced(): void {
    const hasBudget = config.defaults?.budget ?? config.keys?.find(({ principal }) => principal.budget !== undefined);
    if (hasBudget === undefined || config.unknownPrice === 'allow') return;
    const all = groups.flatMap(({ deployments }) => deployments);
    const unpriced = all.filter((deployment) => prices.sheetOf(deployment) === undefined).map(({ id }) => id);
    if (unpriced.length === 0) return;
    logger?.warn(
      { deployments: unpriced },
      'Deployments without a known price cannot be used by callers with a budget. Set their "price" or "baseModel", or unknownPrice: "allow".',
    );
  }

  async function getReady(): Promise<void> {
    if (needsCatalogue) await prices.load();
    await lifecycle.start();
    isReady = true;
  }
}

/** Rights of a principal under its accounts, at once where they are cached. */
function restrictTo(accounts: AccountDirectory) {
  return (principal: Principal): MaybePromise<Principal> => {
    const found = accounts.find(scopesOfPrincipal(principal));
    if (isPromise(found)) return found.then((later) => restrictedBy(principal, later));
    return restrictedBy(principal, found);
  };
}
