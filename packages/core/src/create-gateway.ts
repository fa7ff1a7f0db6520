import { buildSnapshot } from './composition/build-snapshot.js';
import type { GatewayRuntime } from './composition/gateway-runtime.js';
import { inspect } from './composition/inspect.js';
import { reloadedConfig } from './composition/reloaded-config.js';
import { resolveCooldowns } from './composition/resolve-cooldowns.js';
import { SETTING_CHECKS } from './composition/setting-checks.js';
import { createSharedServices } from './composition/shared-services.js';
import { type ConfiguredModels, validateConfig } from './config/validate-config.js';
import { chat, chatStream } from './entrypoints/chat.js';
import { answerRequest, fetchAs, type Handle } from './entrypoints/fetch.js';
import { GatewayError } from './errors.js';
import type { Gateway } from './gateway.js';
import { revoked } from './identity/revocations.js';
import { sheetFromConfig } from './pricing/price-sheet.js';
import { ConfigError, type ConfigProblem } from './settings/config-error.js';
import type { GatewayConfig } from './settings/gateway-config.js';
import { bridges } from './translation/over-chat.js';

/**
 * Creates a gateway. Throws a `ConfigError` that lists all problems of the configuration.
 *
 * It has two halves: the services that exist as long as the gateway, and the snapshot of one configuration, which a
 * reload replaces. A call uses one snapshot from start to end, so it never sees two configurations.
 */
export function createGateway<Host, Name extends string>(
  config: GatewayConfig<Host, Name>,
  runtime: GatewayRuntime,
): Gateway<Host, Name> {
  const models = modelsOf(config, runtime);
  const services = createSharedServices(config, runtime);
  const { lifecycle, open, revocations, tokens } = services;
  let current = { snapshot: buildSnapshot(config, models, services), models, modelNames: namesIn<Name>(config) };
  services.health.use(resolveCooldowns(config), idsOf(models));
  // Nothing was opened until now: what fails before leaves nothing behind.
  lifecycle.begin();
  current.snapshot.begin();
  const handle: Handle<Host> = (request) => current.snapshot.handle(request);

  const gateway: Gateway<Host, Name> = {
    handle,
    fetch: (request, host, options) => answerRequest(handle, request, host ?? ({} as Host), options),
    fetchAs: (principal) => fetchAs(handle, principal),
    chat: (request, options) => chat(handle, request, options),
    chatStream: (request, options) => chatStream(handle, request, options),
    explain: (question) => current.snapshot.explain(question),
    estimate: (question) => current.snapshot.estimate(question),
    async issueToken(principal, options) {
      if (tokens !== undefined) return tokens.issue(principal, options?.expiresInMs);
      throw new TypeError('Tokens need a signing secret: set "tokens.secret" in the configuration.');
    },
    revoke(principal) {
      const id = typeof principal === 'string' ? principal : principal.id;
      revocations.revoke(id);
      return open.cancelOf(id, revoked());
    },
    remaining: (principal) => current.snapshot.remaining(principal),
    cancelCall: (id) => open.cancel(id, cancelled()),
    inspect: () => inspect(current.models.groups, services),
    validate(next) {
      const { whole, problems } = reloadedConfig(next, config);
      return problemsOf(() => buildSnapshot(whole, modelsOf(whole, runtime, problems), services));
    },
    reload(next) {
      const { whole, problems } = reloadedConfig(next, config);
      const nextModels = modelsOf(whole, runtime, problems);
      const snapshot = buildSnapshot(whole, nextModels, services);
      current.snapshot.dispose();
      current = { snapshot, models: nextModels, modelNames: namesIn<Name>(whole) };
      services.health.use(resolveCooldowns(whole), idsOf(nextModels));
      snapshot.begin();
    },
    get modelNames() {
      return current.modelNames;
    },
    get isClosing() {
      return lifecycle.isClosing;
    },
    get openCalls() {
      return open.size;
    },
    close(options) {
      current.snapshot.dispose();
      return lifecycle.close(options?.graceMs ?? 10_000);
    },
  };
  services.self.gateway = gateway;
  return gateway;
}

/** Everything that is wrong with a configuration, without making a gateway of it; empty if nothing is. */
export function checkConfig<Host>(
  config: GatewayConfig<Host>,
  runtime: Pick<GatewayRuntime, 'providers' | 'environment'>,
): readonly ConfigProblem[] {
  return problemsOf(() => modelsOf(config, runtime));
}

function problemsOf(make: () => unknown): readonly ConfigProblem[] {
  try {
    make();
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

function namesIn<Name extends string>(config: Pick<GatewayConfig, 'models'>): Name[] {
  return Object.keys(config.models) as Name[];
}

function cancelled(): GatewayError {
  return new GatewayError('unavailable', 'This call was cancelled by the operator of this service.', {
    code: 'cancelled',
  });
}

function modelsOf(
  config: GatewayConfig<never>,
  { providers, environment }: Pick<GatewayRuntime, 'providers' | 'environment'>,
  found?: readonly ConfigProblem[],
): ConfiguredModels {
  return validateConfig(config, { providers, environment, bridges, sheetFromConfig, settings: SETTING_CHECKS }, found);
}

/** The deployments that a configuration names; those of patterns are made when they are asked for. */
function idsOf({ groups }: ConfiguredModels): string[] {
  return groups.flatMap(({ deployments }) => deployments.map(({ id }) => id));
}
