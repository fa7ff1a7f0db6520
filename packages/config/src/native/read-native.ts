import { type GatewayConfig, type ModelConfig, secret } from '@portico/core';
import type { Provider } from '@portico/core/provider';
import { checkByCore } from '../check-by-core.js';
import type { Place } from '../config-problem.js';
import { deploymentsIn } from '../deployments-in.js';
import type { LoadedConfig, ModelInfo } from '../loaded-config.js';
import { didYouMean } from '../nearest-word.js';
import { COMPAT_MESSAGE, LITELLM_COMPAT, readCompat } from '../read-compat.js';
import { problem, type ReadContext } from '../read-context.js';
import { REDIS_MESSAGE, readSharedRedis, type SharedRedis } from '../shared-redis.js';
import { type ConfigNode, type MapNode, pathBelow } from '../yaml/config-node.js';

/** Settings that only code can provide, and where to set them. */
export const CODE = [
  'authenticate',
  'authorize',
  'interceptors',
  'observers',
  'sinks',
  'onUsage',
  'plugins',
  'providers',
  'stores',
  'logger',
  'clock',
  'transport',
];

/** Editors find the schema by this key; the gateway ignores it. */
const SCHEMA_KEY = '$schema';

/** The server to imitate, which can also be set outside of the file. */
const COMPAT_KEY = 'compat';

const REFERENCE = 'env:';

/** What the server shares with others; passed to a gateway as stores. */
const REDIS_KEY = 'redis';

/** Secrets, which are wrapped so that they are never printed. */
const CREDENTIAL = /\.(?:apiKey|key|secret)(?:\[\d+\])?$/;

/** Reads the gateway's own configuration: the format of `createGateway`, without what only code can provide. */
export function readNative(
  file: MapNode,
  providers: readonly Provider[],
  reading: ReadContext,
  isCompatible: boolean,
): Omit<LoadedConfig, 'report'> {
  let compatible = isCompatible;
  let redis: SharedRedis | undefined;
  const values: Record<string, unknown> = {};
  const nodes = new Map<string, ConfigNode>();
  const keyPlaces = new Map<string, Place>();
  for (const [key, node] of file.entries) {
    const place = file.keyPlaces.get(key) ?? node.place;
    if (key === SCHEMA_KEY) continue;
    if (key === COMPAT_KEY) {
      compatible = readCompat(node, reading) ?? compatible;
      reading.findings.push({ verdict: 'supported', path: node.path, place, message: COMPAT_MESSAGE });
      continue;
    }
    if (key === REDIS_KEY) {
      redis = readSharedRedis(followed(node), reading);
      reading.findings.push({ verdict: 'supported', path: node.path, place, message: REDIS_MESSAGE });
      continue;
    }
    if (CODE.includes(key)) {
      problem(reading, { ...node, place }, 'is code: pass it to createGateway, together with this file.');
      continue;
    }
    keyPlaces.set(node.path, place);
    values[key] = valueAt(node);
    reading.findings.push({ verdict: 'supported', path: node.path, place, message: 'a setting of the gateway' });
  }
  const config = { ...(compatible && LITELLM_COMPAT), ...values } as unknown as GatewayConfig; // the gateway checks it, key by key
  if (reading.problems.length === 0) {
    for (const { path, message } of checkByCore(config, providers, reading.environment)) {
      const node = nodes.get(path) ?? nearestAbove(path);
      const place = message.startsWith('unknown key') ? keyPlaces.get(path) : undefined;
      problem(reading, { ...node, path: path === '' ? node.path : path, place: place ?? node.place }, message);
    }
  }
  const compat = compatible ? { keyHeader: undefined } : undefined;
  const modelInfo = modelInfoOf(config);
  return { config, guard: guardOf(config), principal: undefined, compat, redis, modelInfo, accessGroups: {} };

  /** The value with its references replaced, and the place of every key remembered. */
  function valueAt(node: ConfigNode): unknown {
    nodes.set(node.path, node);
    if (node.kind === 'list') return node.items.map(valueAt);
    if (node.kind === 'map') {
      for (const [key, place] of node.keyPlaces) keyPlaces.set(pathBelow(node.path, key), place);
      return Object.fromEntries([...node.entries].map(([key, value]) => [key, valueAt(value)]));
    }
    const { value } = node;
    if (typeof value !== 'string' || !value.startsWith(REFERENCE)) return value ?? undefined;
    const name = value.slice(REFERENCE.length);
    const found = reading.environment[name];
    if (found !== undefined && found !== '') return CREDENTIAL.test(node.path) ? secret(found) : found;
    const near = didYouMean(name, Object.keys(reading.environment));
    return problem(reading, node, `the environment has no variable "${name}"${near}.`);
  }

  /** The same node with its references replaced. */
  function followed(node: ConfigNode): ConfigNode {
    if (node.kind === 'list') return node;
    if (node.kind === 'map') {
      return { ...node, entries: new Map([...node.entries].map(([key, value]) => [key, followed(value)])) };
    }
    const value = valueAt(node);
    return { ...node, value: typeof value === 'string' ? value : node.value };
  }

  function nearestAbove(path: string): ConfigNode {
    let best: ConfigNode = file;
    for (const [above, node] of nodes) {
      const isAbove = path.startsWith(`${above}.`) || path.startsWith(`${above}[`);
      if (isAbove && above.length > best.path.length) best = node;
    }
    return best;
  }
}

function guardOf({ keys, anonymous }: GatewayConfig): LoadedConfig['guard'] {
  return keys === undefined || anonymous !== undefined ? 'none' : 'keys';
}

function modelInfoOf({ models }: GatewayConfig): readonly ModelInfo[] {
  if (typeof models !== 'object') return [];
  const isModel = (name: string) => Object.hasOwn(models, name);
  return Object.entries<ModelConfig | undefined>(models).flatMap(([name, model]) =>
    deploymentsIn(model, isModel).map((deployment) => {
      const details = typeof deployment === 'string' ? { model: deployment } : deployment;
      const id = details.id === undefined ? {} : { id: details.id };
      return { model_name: name, litellm_params: { model: details.model }, model_info: { ...id, db_model: false } };
    }),
  );
}
