import { type DeploymentDetails, type GatewayConfig, type ModelGroupConfig, reveal, Secret } from '@portico/core';
import { allProviders } from '@portico/providers';
import { readFiles, textOfFile } from '../load-config.js';
import type { LoadedConfig, ReadOptions } from '../loaded-config.js';
import type { SharedRedis } from '../shared-redis.js';
import { nativeText } from './native-text.js';
import { Placeholders } from './placeholders.js';

/** A configuration in the gateway's own format. */
export interface ImportedConfig {
  /** YAML, with references to the environment where the file had them. */
  readonly text: string;
  /** How each key was handled. */
  readonly report: LoadedConfig['report'];
}

const REFERENCES = /os\.environ\/(\w+)/g;

/** Converts LiteLLM's configuration to the gateway's own. Throws a `ConfigFileError` if the file cannot be used. */
export function importLiteLlm(file: string, options: ReadOptions = {}): ImportedConfig {
  const environment = options.environment ?? process.env;
  // Read twice: the variables are known only after the included files were read.
  const { paths } = readFiles(file, options);
  const referred = paths.flatMap((path) =>
    [...(textOfFile(path) ?? '').matchAll(REFERENCES)].map(([, name = '']) => name),
  );
  if (environment.LITELLM_MASTER_KEY) referred.push('LITELLM_MASTER_KEY');
  const providers = [...allProviders(), ...(options.providers ?? [])];
  const standIns = new Placeholders(environment, referred, providers);
  const { loaded, error } = readFiles(file, {
    ...options,
    environment: standIns.environment,
    credentials: environment,
  });
  if (error !== undefined) throw error;

  const {
    compat,
    models,
    requestOverrides: _implied,
    keys: _keys,
    plugins,
    authenticate: _authenticate,
    allowFallbackCycles,
    ...rest
  } = loaded.config;
  const hasFallbacks = Object.values(models as Record<string, ModelGroupConfig>).some(
    ({ fallbacks = [] }) => fallbacks.length > 0,
  );
  const shortened = Object.entries(models as Record<string, ModelGroupConfig>).map(([name, group]) => [
    name,
    brief(name, group, isUsualKey),
  ]);
  const notes = [`Converted from ${options.shownAs ?? file}, which was not changed.`];
  if (plugins !== undefined) {
    notes.push(`Plugins are code; pass them to createGateway: ${plugins.map(({ name }) => name).join(', ')}.`);
  }
  const config = {
    ...(compat !== undefined && { compat }),
    ...redisOf(loaded, standIns, notes),
    models: Object.fromEntries(shortened) as GatewayConfig['models'],
    ...(hasFallbacks && { allowFallbackCycles }),
    ...rest,
    ...accessOf(loaded, notes),
  };
  return { text: nativeText(config, notes, (value) => standIns.reference(value)), report: loaded.report };

  /** The usual variable of the credential need not be named, unless the deployment has its own URL. */
  function isUsualKey({ model, apiKey, baseUrl }: DeploymentDetails): boolean {
    const vendor = providers.find(({ name }) => model.startsWith(`${name}/`));
    if (baseUrl !== undefined || !(apiKey instanceof Secret)) return false;
    return standIns.reference(reveal(apiKey)) === `env:${vendor?.keyVariables[0]}`;
  }
}

/** Its URL is one value here; a file that builds it from several variables needs a variable for the whole. */
function redisOf(
  { redis }: LoadedConfig,
  standIns: Placeholders,
  notes: string[],
): { redis?: string | (Omit<SharedRedis, 'url'> & { url: string }) } {
  if (redis === undefined) return {};
  const { url, ...others } = redis;
  const whole = reveal(url);
  let address = standIns.reference(whole);
  if (address === whole && standIns.isPartIn(whole)) {
    address = 'env:REDIS_URL';
    notes.push(
      'Set REDIS_URL to the URL of the Redis, such as redis://user:password@host:6379/0: it is one value here.',
    );
  }
  return { redis: Object.keys(others).length === 0 ? address : { url: address, ...others } };
}

function accessOf({ guard, config: { keys }, principal }: LoadedConfig, notes: string[]): Partial<GatewayConfig> {
  if (guard === 'none') return principal === undefined ? {} : { anonymous: principal };
  if (guard === 'keys') return keys === undefined ? {} : { keys };
  notes.push(
    'The master key is too short for a key of the gateway: create another one with "portico keys --id master".',
  );
  return { keys: [{ key: 'env:PORTICO_KEY_MASTER', principal: principal ?? { id: 'master' } }] };
}

/** Without default values, and as a list or a string if nothing else is left. */
function brief(
  name: string,
  group: ModelGroupConfig,
  isUsualKey: (deployment: DeploymentDetails) => boolean,
): GatewayConfig['models'][string] {
  if (group.deployments === undefined) return withoutEmpty(group);
  const details = group.deployments as readonly DeploymentDetails[]; // LiteLLM's are read into the long form
  const even = details.every(({ weight }) => weight === details[0]?.weight);
  const deployments = details.map((deployment) => {
    const { model, id, weight, dropUnsupported, apiKey, ...rest } = deployment;
    const given = {
      model,
      ...(apiKey !== undefined && !isUsualKey(deployment) && { apiKey }),
      ...rest,
      // A generated one contains only the model name.
      ...(id?.startsWith(`${name}:`) === false && { id }),
      ...(!even && { weight }),
      ...(dropUnsupported === true && { dropUnsupported }),
    };
    return Object.keys(given).length === 1 ? model : given;
  });
  const whole = withoutEmpty({ ...group, deployments });
  if (Object.keys(whole).length > 1) return whole;
  const [only, ...others] = deployments;
  return others.length === 0 && typeof only === 'string' ? only : deployments;
}

function withoutEmpty(group: ModelGroupConfig): ModelGroupConfig {
  return Object.fromEntries(Object.entries(group).filter(([, value]) => !(Array.isArray(value) && value.length === 0)));
}
