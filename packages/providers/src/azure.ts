import type { Connection, ConnectionSettings, Provider } from '@portico/core/provider';
import { azureSignIn } from './shared/azure-sign-in.js';
import { type BaseUrl, joinPath, parseBaseUrl } from './shared/base-url.js';
import { classifyOpenAiError } from './shared/classify-openai-error.js';
import { endpointPaths, storagePaths } from './shared/endpoints.js';
import { OPENAI_OPERATIONS, openAiCodecs } from './shared/openai-codecs.js';
import { remainingInOpenAiHeaders } from './shared/remaining-limits.js';
import { modelOf } from './shared/responses-only.js';

const providerName = 'azure';

/**
 * Azure OpenAI. The model is the name of a deployment; set `baseModel` to the model behind it, because prices and
 * supported parameters depend on it. Without an `apiVersion` the v1 URL is used, with one the older URL per
 * deployment; a `baseUrl` that already contains either decides. Options, instead of a key: `adToken`, a Microsoft
 * Entra token, or `tokenProvider`, a function that returns one and renews it in time.
 */
export const azure: Provider = {
  name: providerName,
  keyVariables: ['AZURE_API_KEY', 'AZURE_OPENAI_API_KEY'],
  // A token may replace the key; the sign-in requires one of them.
  needsKey: false,
  batchPriceShare: 0.5,
  codecs: openAiCodecs(providerName),
  connect(settings) {
    const { baseUrl } = settings;
    if (baseUrl === undefined) {
      throw new Error(
        `${providerName} needs the URL of your resource. Set "baseUrl", such as "https://my-resource.openai.azure.com".`,
      );
    }
    const { model, operations } = modelOf(settings, OF_AZURE);
    const { base, apiVersion } = resourceAddress(parseBaseUrl(baseUrl, providerName), { ...settings, model });
    const resource = { ...base, path: base.path.replace(DEPLOYMENT, '') };
    const query: Record<string, string> = apiVersion === undefined ? {} : { 'api-version': apiVersion };
    return {
      origin: base.origin,
      model,
      paths: {
        ...endpointPaths(base, operations, query),
        // Older versions of the API do not have them.
        ...(hasResponses(apiVersion) && endpointPaths(resource, OF_RESOURCE, query)),
      },
      relays: relaysOf(base, resource, query, model),
      ...azureSignIn(settings, providerName),
    };
  },
  classify: (answer) => classifyOpenAiError(answer, { providerName }),
  roomLeft: remainingInOpenAiHeaders,
};

/** What belongs to the resource and not to a deployment of it. */
const OF_RESOURCE = ['responses', 'responses.compact'] as const;

/** Content filters are a separate service there. */
const RESOURCE_OPERATIONS: readonly string[] = [...OF_RESOURCE, 'moderations'];
const OF_AZURE = OPENAI_OPERATIONS.filter((operation) => !RESOURCE_OPERATIONS.includes(operation));

const DEPLOYMENT = /\/deployments\/[^/]+$/;

function hasResponses(apiVersion: string | undefined): boolean {
  return V1_VERSIONS.includes(apiVersion) || (apiVersion !== undefined && apiVersion >= '2025-03-01');
}

/** What belongs to the resource and to no deployment; the older URL names the deployment in the query of sockets. */
function relaysOf(
  base: BaseUrl,
  root: BaseUrl,
  query: Readonly<Record<string, string>>,
  model: string,
): NonNullable<Connection['relays']> {
  const socket = root.path === base.path ? { model } : { deployment: model };
  return { ...storagePaths(root, query), realtime: joinPath(root, '/realtime', { ...query, ...socket }) };
}

/** Versions of the v1 URL; there the query may be left out. */
const V1_VERSIONS: readonly (string | undefined)[] = [undefined, 'v1', 'latest', 'preview'];

function resourceAddress(
  base: BaseUrl,
  settings: ConnectionSettings,
): { base: BaseUrl; apiVersion: string | undefined } {
  const apiVersion = settings.apiVersion ?? base.query.get('api-version') ?? undefined;
  const v1 = /^.*\/openai\/v1(?=\/|$)/.exec(base.path)?.[0];
  if (v1 !== undefined) return { base: { ...base, path: v1 }, apiVersion };

  const deployment = /^.*\/deployments\/[^/]+/.exec(base.path)?.[0];
  if (deployment !== undefined) {
    if (apiVersion !== undefined) return { base: { ...base, path: deployment }, apiVersion };
    throw new Error(`${providerName} needs "apiVersion" for a URL with "/deployments/", such as "2024-10-21".`);
  }

  const root = `${base.path.replace(/\/openai$/, '')}/openai`;
  if (V1_VERSIONS.includes(apiVersion)) return { base: { ...base, path: `${root}/v1` }, apiVersion };
  return { base: { ...base, path: `${root}/deployments/${encodeURIComponent(settings.model)}` }, apiVersion };
}
