import { type DeploymentDetails, type GatewayConfig, type ModelGroupConfig, reveal, Secret } from '@portico/core';
import { allProviders } from '@portico/providers';
import { readFiles, textOfFile } from '../load-config.js';
import type { LoadedConfig, ReadOptions } from '../loaded-config.js';
import type { SharedRedis } from '../shared-redis.js';
import { nativeText } from './native-text.js';
import { StandIns } from './stand-ins.js';

/** A configuration in the gateway's own shape. */
export interface ImportedConfig {
  /** YAML, with references to the environment where the file had them. */
  readonly text: string;
  /** What became of each key. */
  readonly report: LoadedConfig['report'];
}

const REFERENCES = /os\.environ\/(\w+)/g;

/** Makes the gateway's own configuration of LiteLLM's. Throws a `ConfigFileError` if the file cannot be used. */
export function importLiteLlm(file: string, options: ReadOptions = {}): ImportedConfig {
  const environment = options.environment ?? process.env;
  // Read twice: what it refers to is known only when the files it includes are.
  const { paths } = readFiles(file, options);
  const referred = paths.flatMap((path) =>
    [...(textOfFile(path) ?? '').matchAll(REFERENCES)].map(([, name = '']) => name),
  );
  if (environment.LITELLM_MASTER_KEY) referred.push('LITELLM_MASTER_KEY');
  const providers = [...allProviders(), ...(options.providers ?? [])];
  const standIns = new StandIns(environment, referred, providers);
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
    fallbackCircles,
    ...rest
  } = loaded.config;
  const hasFallbacks = Object.values(models as Record<string, ModelGroupConfig>).some(
    ({ fallbacks = [] }) => fallbacks.length > 0,
  );
  const shortened = Object.entries(models as Record<string, ModelGroupConfig>).map(([name, group]) => [
    name,
    brief(name, group, isUsualKey),
  ]);
  const notes = [`From ${options.shownAs ?? file}, which stays as it is.`];
  if (plugins !== undefined) {
    notes.push(
      `Plugins are code, and to be given where the gateway is made: ${plugins.map(({ name }) => name).join(', ')}.`,
    );
  }
  const config = {
    ...(compat !== undefined && { compat }),
    ...redisOf(loaded, standIns, notes),
    models: Object.fromEntries(shortened) as GatewayConfig['models'],
    ...(hasFallbacks && { fallbackCircles }),
    ...rest,
    ...accessOf(loaded, notes),
  };
  return { text: nativeText(config, notes, (value) => standIns.reference(value)), report: loaded.report };

  /** The credential is where the vendor's is looked for anyway; not so for an address of one's own. */
  function isUsualKey({ model, apiKey, baseUrl }: DeploymentDetails): boolean {
    const vendor = providers.find(({ name }) => model.startsWith(`${name}/`));
    if (baseUrl !== undefined || !(apiKey instanceof Secret)) return false;
    return standIns.reference(reveal(apiKey)) === `env:${vendor?.keyVariables[0]}`;
  }
}

/** Its address is a text of its own; what the file puts together of parts that are kept elsewhere has to be kept there too. */
function redisOf(
  { redis }: LoadedConfig,
  standIns: StandIns,
  notes: string[],
): { redis?: string | (Omit<SharedRedis, 'url'> & { url: string }) } {
  if (redis === undefined) return {};
  const { url, ...others } = redis;
  const whole = reveal(url);
  let address = standIns.reference(whole);
  if (address === whole && standIns.isPartIn(whole)) {
    address = 'env:REDIS_URL';
    notes.push('Set REDIS_URL to the address of the Redis, as redis://user:password@host:6379/0: it is one text here.');
  }
  return { redis: Object.keys(others).length === 0 ? address : { url: address, ...others } };
}

function accessOf({ guard, config: { keys }, principal }: LoadedConfig, notes: string[]): Partial<GatewayConfig> {
  if (guard === 'none') return principal === undefined ? {} : { anonymous: principal };
  if (guard === 'keys') return keys === undefined ? {} : { keys };
  notes.push('The master key is too short for a key of the gateway: "portico keys --id master" makes another.');
  return { keys: [{ key: 'env:PORTICO_KEY_MASTER', principal: principal ?? { id: 'master' } }] };
}

/** Without what holds anyway, and as a list or a text where nothing else is left. */
function brief(
  name: string,
  group: ModelGroupConfig,
  isUsualKey: (deployment: DeploymentDetails) => boolean,
): GatewayConfig['models'][string] {
  if (group.deployments === undefined) return withoutEmpty(group);
  const details = group.deployments as readonly DeploymentDetails[]; // LiteLLM's become the long form
  const even = details.every(({ weight }) => weight === details[0]?.weight);
  const deployments = details.map((deployment) => {
    const { model, id, weight, dropUnsupported, apiKey, ...rest } = deployment;
    const given = {
      model,
      ...(apiKey !== undefined && !isUsualKey(deployment) && { apiKey }),
      ...rest,
      // One that was made up says what the model says.
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
