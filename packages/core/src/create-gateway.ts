import { cooldownsOf } from './composition/cooldowns-of.js';
import type { GatewayRuntime } from './composition/gateway-runtime.js';
import { openLastingParts } from './composition/open-lasting-parts.js';
import { openRoad } from './composition/open-road.js';
import { reloadedConfig } from './composition/reloaded-config.js';
import { SETTING_CHECKS } from './composition/setting-checks.js';
import { type ConfiguredModels, validateConfig } from './config/validate-config.js';
import { ConfigError, type ConfigProblem } from './config-error.js';
import { chat, chatStream } from './doors/chat.js';
import { answerRequest, fetchAs, type Handle } from './doors/fetch.js';
import type { Gateway } from './gateway.js';
import type { GatewayConfig } from './gateway-config.js';
import { sheetFromConfig } from './governance/price-sheet.js';
import { revoked } from './governance/revocations.js';
import { bridges } from './operations/bridges/over-chat.js';

/**
 * Makes a gateway. Throws a `ConfigError` that lists everything that is wrong with the configuration.
 *
 * It has two halves: what lasts as long as it does, and the road, which is what one configuration says and what a reload
 * replaces. A call goes the whole of one road, so that it never sees two configurations.
 */
export function createGateway<Host, Name extends string>(
  config: GatewayConfig<Host, Name>,
  runtime: GatewayRuntime,
): Gateway<Host, Name> {
  const models = modelsOf(config, runtime);
  const lasting = openLastingParts(config, runtime);
  const { life, open, revocations, tokens } = lasting;
  let current = { road: openRoad(config, models, lasting), modelNames: Object.keys(config.models) as Name[] };
  lasting.health.use(cooldownsOf(config), idsOf(models));
  // Nothing was opened until now: what fails before leaves nothing behind.
  life.begin();
  current.road.begin();
  const handle: Handle<Host> = (request) => current.road.handle(request);

  return {
    handle,
    fetch: (request, host, options) => answerRequest(handle, request, host ?? ({} as Host), options),
    fetchAs: (principal) => fetchAs(handle, principal),
    chat: (request, options) => chat(handle, request, options),
    chatStream: (request, options) => chatStream(handle, request, options),
    explain: (question) => current.road.explain(question),
    async issueToken(principal, options) {
      if (tokens !== undefined) return tokens.issue(principal, options?.expiresInMs);
      throw new TypeError('Tokens need a secret to be signed with: set "tokens.secret" in the configuration.');
    },
    revoke(principal) {
      const id = typeof principal === 'string' ? principal : principal.id;
      revocations.revoke(id);
      return open.cancelOf(id, revoked());
    },
    reload(next) {
      const { whole, problems } = reloadedConfig(next, config);
      const nextModels = modelsOf(whole, runtime, problems);
      const road = openRoad(whole, nextModels, lasting);
      current.road.retire();
      current = { road, modelNames: Object.keys(whole.models) as Name[] };
      lasting.health.use(cooldownsOf(whole), idsOf(nextModels));
      road.begin();
    },
    get modelNames() {
      return current.modelNames;
    },
    get isClosing() {
      return life.isClosing;
    },
    get openCalls() {
      return open.size;
    },
    close(options) {
      current.road.retire();
      return life.close(options?.graceMs ?? 10_000);
    },
  };
}

/** Everything that is wrong with a configuration, without making a gateway of it; empty if nothing is. */
export function checkConfig<Host>(
  config: GatewayConfig<Host>,
  runtime: Pick<GatewayRuntime, 'providers' | 'environment'>,
): readonly ConfigProblem[] {
  try {
    modelsOf(config, runtime);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
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
