import { defaultLimitOf } from '../default-parameters.js';
import type { AttemptDeadlines, Deployment } from '../deployment.js';
import type { Connection, ConnectionSettings, Provider } from '../provider.js';
import { Secret, secret, withMaskedPrint } from '../secret.js';
import type { ConfigProblem } from '../settings/config-error.js';
import type { DeploymentConfig, DeploymentDetails } from '../settings/gateway-config.js';
import type { PriceSheet } from '../usage/price.js';

import { checkShape } from './check-shape.js';
import { deploymentSchema } from './config-schema.js';
import { didYouMean } from './nearest-name.js';
import { resolveDeadlines } from './resolve-deadlines.js';
import { hasWildcardProvider } from './wildcards.js';

export interface DeploymentContext {
  readonly providers: ReadonlyMap<string, Provider>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly deadlines: Partial<AttemptDeadlines>;
  readonly takenIds: Set<string>;
  readonly problems: ConfigProblem[];
  /** What an operator may want to know although nothing is wrong. */
  readonly notes: string[];
  /** Operations that can be translated to one that the vendor has. */
  readonly bridges: Bridges;
  sheetFromConfig(price: NonNullable<DeploymentDetails['price']>): PriceSheet;
  /** The model with its wildcards, where a client named the model; undefined where the configuration names it. */
  readonly filledFrom?: string | undefined;
}

/** How operations are translated to others, for vendors that lack them. */
interface Bridges {
  codecs(own: Provider['codecs']): Provider['codecs'];
  /** A translated operation uses the path of the one it is translated to. */
  connection(own: Connection): Connection;
}

/** If the client sets no limit and the model's own is not known. */
const USUAL_MAX_OUTPUT_TOKENS = 4_096;

/** One deployment, ready for use. Undefined if it is invalid; the reasons are then added to the problems. */
export function buildDeployment(
  config: DeploymentConfig,
  groupName: string,
  path: string,
  context: DeploymentContext,
): Deployment | undefined {
  const details: DeploymentDetails = typeof config === 'string' ? { model: config } : config;
  const found = checkShape(details, deploymentSchema, path);
  if (found.length > 0) {
    context.problems.push(...found);
    return undefined;
  }
  const modelPath = typeof config === 'string' ? path : `${path}.model`;
  const slash = details.model.indexOf('/');
  if (slash <= 0 || slash === details.model.length - 1) {
    return refuse(modelPath, `"${details.model}" must be "provider/model", such as "${someReference(details.model)}".`);
  }
  const providerName = details.model.slice(0, slash);
  const provider = context.providers.get(providerName);
  if (provider === undefined) {
    const names = [...context.providers.keys()];
    return refuse(modelPath, `"${providerName}" is not a known provider${didYouMean(providerName, names)}.`);
  }
  if (Object.hasOwn(details, 'apiKey') && details.apiKey === undefined) {
    const why = 'is undefined: the variable that it comes from is not set. Without "apiKey", the key is read from';
    return refuse(`${path}.apiKey`, `${why} ${provider.keyVariables.join(' or ') || 'nowhere'}.`);
  }
  const apiKey = credentialOf(details, provider, context.environment);
  if (apiKey === undefined && provider.needsKey) {
    const variables = provider.keyVariables.join(' or ');
    return refuse(path, `"${details.model}" has no credential. Set ${variables} in the environment, or give "apiKey".`);
  }
  const reference = details.model.slice(slash + 1);
  const id = idOf(details, groupName, context.takenIds);
  if (id === undefined) return refuse(`${path}.id`, `"${details.id}" is also the id of another deployment.`);
  const { environment } = context;
  const usual = details.baseUrl === undefined ? baseUrlIn(environment, provider) : undefined;
  if (usual !== undefined) context.notes.push(`"${id}" uses the base URL of ${usual.variable}: ${usual.url}`);
  const settings = { ...settingsOf(details), ...(usual && { baseUrl: usual.url }), apiKey, environment };
  const connection = connect(provider, { ...settings, model: reference });
  if (typeof connection === 'string') return refuse(path, connection);
  if (context.filledFrom !== undefined && choosesHost(context.filledFrom, provider, connection, settings)) {
    return refuse(path, `"${context.filledFrom}" would let the client choose the host: name the models instead.`);
  }
  const model = connection.model ?? reference;
  const named = details.baseModel;
  // People write the vendor in front of it too.
  const ownBase = named?.startsWith(`${providerName}/`) ? named.slice(providerName.length + 1) : named;
  const baseModel = ownBase ?? connection.baseModel ?? model;
  const { defaultParameters } = details;
  const limit = defaultLimitOf(defaultParameters) ?? details.maxOutputTokens;
  const codecs = offered(connection.codecs ?? provider.codecs, connection);
  return {
    id,
    provider,
    connection: { ...context.bridges.connection(connection), headers: requestHeaders(connection.headers) },
    model,
    baseModel,
    codecs: context.bridges.codecs(codecs),
    weight: details.weight ?? 1,
    order: details.order ?? 0,
    tags: details.tags ?? [],
    capabilities: details.capabilities ?? {},
    limits: details.limits,
    dropUnsupported: details.dropUnsupported ?? false,
    price: details.price === undefined ? undefined : context.sheetFromConfig(details.price),
    defaultParameters,
    configuredMaxOutputTokens: limit,
    maxOutputTokens:
      limit ?? codecs['chat.completions']?.defaultMaxOutputTokens?.(baseModel) ?? USUAL_MAX_OUTPUT_TOKENS,
    deadlines: resolveDeadlines({ ...context.deadlines, ...details.deadlines }),
  };

  function refuse(where: string, message: string): undefined {
    context.problems.push({ path: where, message });
    return undefined;
  }

  function someReference(name: string): string {
    const first = context.providers.keys().next().value ?? 'provider';
    return `${first}/${name.replaceAll('/', '') || 'model'}`;
  }
}

/** The operations of the provider that this deployment's model supports; the others may be translated. */
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

/** Clients name models. They choose no host, and reach no server without a credential beside this application (R-SEC-5). */
function choosesHost(
  pattern: string,
  provider: Provider,
  { origin }: Connection,
  settings: Omit<ConnectionSettings, 'model'>,
): boolean {
  if (hasWildcardProvider(pattern) && !provider.needsKey && settings.baseUrl === undefined) return true;
  const other = connect(provider, {
    ...settings,
    model: pattern.slice(pattern.indexOf('/') + 1).replaceAll('*', 'another'),
  });
  return typeof other === 'object' && other.origin !== origin;
}

/**
 * The base URL that the vendor's own SDK would take: `OPENAI_BASE_URL`, `ANTHROPIC_BASE_URL`, and so on, or LiteLLM's
 * `OPENAI_API_BASE`, named like the variable of the key.
 */
function baseUrlIn(
  environment: Readonly<Record<string, string | undefined>>,
  { keyVariables }: Provider,
): { readonly variable: string; readonly url: string } | undefined {
  for (const keyVariable of keyVariables) {
    if (!keyVariable.endsWith('_API_KEY')) continue;
    const name = keyVariable.slice(0, -'_API_KEY'.length);
    for (const variable of [`${name}_BASE_URL`, `${name}_API_BASE`]) {
      const url = environment[variable];
      if (url !== undefined && url !== '') return { variable, url };
    }
  }
  return undefined;
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
