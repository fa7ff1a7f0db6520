import type { ConfigProblem } from '../config-error.js';
import type { AttemptDeadlines, Deployment } from '../deployment.js';
import type { DeploymentConfig, DeploymentDetails } from '../gateway-config.js';
import type { PriceSheet } from '../price.js';
import type { Connection, ConnectionSettings, Provider } from '../provider.js';
import { Secret, secret, withMaskedPrint } from '../secret.js';
import { checkShape } from './check-shape.js';
import { deploymentSchema } from './config-schema.js';
import { didYouMean } from './nearest-name.js';
import { resolveDeadlines } from './resolve-deadlines.js';

export interface DeploymentSurroundings {
  readonly providers: ReadonlyMap<string, Provider>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly deadlines: Partial<AttemptDeadlines>;
  readonly takenIds: Set<string>;
  readonly problems: ConfigProblem[];
  /** What can be told in terms of what a vendor has, besides that. */
  readonly bridges: Bridges;
  sheetFromConfig(price: NonNullable<DeploymentDetails['price']>): PriceSheet;
}

/** How operations are told in terms of others, for vendors that lack them. */
interface Bridges {
  codecs(own: Provider['codecs']): Provider['codecs'];
  /** A bridged operation goes where the one goes that it is told in. */
  connection(own: Connection): Connection;
}

/** Where the client sets no bound and nobody knows the model's own. */
const USUAL_MAX_OUTPUT_TOKENS = 4_096;

/** One deployment, ready to be asked; undefined if something is wrong with it, which is then among the problems. */
export function buildDeployment(
  config: DeploymentConfig,
  groupName: string,
  path: string,
  around: DeploymentSurroundings,
): Deployment | undefined {
  const details: DeploymentDetails = typeof config === 'string' ? { model: config } : config;
  const found = checkShape(details, deploymentSchema, path);
  if (found.length > 0) {
    around.problems.push(...found);
    return undefined;
  }
  const modelPath = typeof config === 'string' ? path : `${path}.model`;
  const slash = details.model.indexOf('/');
  if (slash <= 0 || slash === details.model.length - 1) {
    return refuse(modelPath, `"${details.model}" must be "provider/model", such as "${someReference(details.model)}".`);
  }
  const providerName = details.model.slice(0, slash);
  const provider = around.providers.get(providerName);
  if (provider === undefined) {
    const names = [...around.providers.keys()];
    return refuse(modelPath, `"${providerName}" is not a known provider${didYouMean(providerName, names)}.`);
  }
  const apiKey = credentialOf(details, provider, around.environment);
  if (apiKey === undefined && provider.needsKey) {
    const variables = provider.keyVariables.join(' or ');
    return refuse(path, `"${details.model}" has no credential. Set ${variables} in the environment, or give "apiKey".`);
  }
  const reference = details.model.slice(slash + 1);
  const id = idOf(details, groupName, around.takenIds);
  if (id === undefined) return refuse(`${path}.id`, `"${details.id}" is the id of another deployment too.`);
  const { environment } = around;
  const connection = connect(provider, { ...settingsOf(details), model: reference, apiKey, environment });
  if (typeof connection === 'string') return refuse(path, connection);
  const model = connection.model ?? reference;
  const baseModel = details.baseModel ?? connection.baseModel ?? model;
  const codecs = offered(connection.codecs ?? provider.codecs, connection);
  return {
    id,
    provider,
    connection: { ...around.bridges.connection(connection), headers: requestHeaders(connection.headers) },
    model,
    baseModel,
    codecs: around.bridges.codecs(codecs),
    weight: details.weight ?? 1,
    order: details.order ?? 0,
    tags: details.tags ?? [],
    abilities: details.abilities ?? {},
    limits: details.limits,
    dropUnsupported: details.dropUnsupported ?? false,
    price: details.price === undefined ? undefined : around.sheetFromConfig(details.price),
    configuredMaxOutputTokens: details.maxOutputTokens,
    maxOutputTokens:
      details.maxOutputTokens ??
      codecs['chat.completions']?.defaultMaxOutputTokens?.(baseModel) ??
      USUAL_MAX_OUTPUT_TOKENS,
    deadlines: resolveDeadlines({ ...around.deadlines, ...details.deadlines }),
  };

  function refuse(where: string, message: string): undefined {
    around.problems.push({ path: where, message });
    return undefined;
  }

  function someReference(name: string): string {
    const first = around.providers.keys().next().value ?? 'provider';
    return `${first}/${name.replaceAll('/', '') || 'model'}`;
  }
}

/** Of what the provider can do, what this deployment's model can: the rest may be bridged. */
function offered(codecs: Provider['codecs'], { paths }: Connection): Provider['codecs'] {
  return Object.fromEntries(Object.entries(codecs).filter(([operation]) => operation in paths));
}

function settingsOf(details: DeploymentDetails): Omit<ConnectionSettings, 'model' | 'apiKey' | 'environment'> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(details.headers ?? {})) headers[name.toLowerCase()] = value;
  const { baseModel, baseUrl, apiVersion, options = {} } = details;
  return { baseModel, baseUrl, apiVersion, headers, options };
}

function connect(provider: Provider, settings: ConnectionSettings): ReturnType<Provider['connect']> | string {
  try {
    return provider.connect(settings);
  } catch (error) {
    return error instanceof Error ? error.message : 'the provider could not be set up.';
  }
}

function credentialOf(
  details: DeploymentDetails,
  provider: Provider,
  environment: Readonly<Record<string, string | undefined>>,
): Secret | undefined {
  if (details.apiKey instanceof Secret) return details.apiKey;
  if (details.apiKey !== undefined) return secret(details.apiKey);
  for (const variable of provider.keyVariables) {
    const value = environment[variable];
    if (value !== undefined && value !== '') return secret(value);
  }
  return undefined;
}

function idOf(details: DeploymentDetails, groupName: string, taken: Set<string>): string | undefined {
  if (details.id !== undefined) {
    if (taken.has(details.id)) return undefined;
    taken.add(details.id);
    return details.id;
  }
  let id = `${groupName}:${details.model}`;
  for (let copy = 2; taken.has(id); copy += 1) id = `${groupName}:${details.model}#${copy}`;
  taken.add(id);
  return id;
}

/** The fixed headers of every request. */
function requestHeaders(own: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.freeze(withMaskedPrint({ 'content-type': 'application/json', 'user-agent': 'portico', ...own }));
}
