import type { Connection, ConnectionSettings, Provider } from '@portico/core';
import { azureSignIn } from './shared/azure-sign-in.js';
import { type BaseUrl, joinPath, parseBaseUrl } from './shared/base-url.js';
import { classifyOpenAiError } from './shared/classify-openai-error.js';
import { endpointPaths, keepingPaths } from './shared/endpoints.js';
import { OPENAI_OPERATIONS, openAiCodecs } from './shared/openai-codecs.js';
import { modelOf } from './shared/responses-only.js';
import { roomLeftInOpenAiHeaders } from './shared/room-left.js';

const who = 'azure';

/**
 * Azure OpenAI. The model is the name of a deployment; say which model that is as `baseModel`, since its price and what it
 * accepts depend on it. Without an `apiVersion` the v1 address is used, with one the older address per deployment; a
 * `baseUrl` that goes as far as either decides. Options, in place of a key: `adToken`, a Microsoft Entra token, or
 * `tokenProvider`, a function that gives one and renews it in time.
 */
export const azure: Provider = {
  name: who,
  keyVariables: ['AZURE_API_KEY', 'AZURE_OPENAI_API_KEY'],
  // A token may stand in for the key; signing in asks for one of them.
  needsKey: false,
  batchPriceShare: 0.5,
  codecs: openAiCodecs(who),
  connect(settings) {
    const { baseUrl } = settings;
    if (baseUrl === undefined) {
      throw new Error(
        `${who} needs the address of your resource. Set "baseUrl", such as "https://my-resource.openai.azure.com".`,
      );
    }
    const { model, operations } = modelOf(settings, OF_AZURE);
    const { base, apiVersion } = resourceAddress(parseBaseUrl(baseUrl, who), { ...settings, model });
    const resource = { ...base, path: base.path.replace(DEPLOYMENT, '') };
    const query: Record<string, string> = apiVersion === undefined ? {} : { 'api-version': apiVersion };
    return {
      origin: base.origin,
      model,
      paths: {
        ...endpointPaths(base, operations, query),
        // Older versions of the address do not have them.
        ...(hasResponses(apiVersion) && endpointPaths(resource, OF_RESOURCE, query)),
      },
      relays: relaysOf(base, resource, query, model),
      ...azureSignIn(settings, who),
    };
  },
  classify: (answer) => classifyOpenAiError(answer, { who }),
  roomLeft: roomLeftInOpenAiHeaders,
};

/** What belongs to the resource and not to a deployment of it. */
const OF_RESOURCE = ['responses', 'responses.compact'] as const;

/** Content filters are a service of their own there. */
const ELSEWHERE: readonly string[] = [...OF_RESOURCE, 'moderations'];
const OF_AZURE = OPENAI_OPERATIONS.filter((operation) => !ELSEWHERE.includes(operation));

const DEPLOYMENT = /\/deployments\/[^/]+$/;

function hasResponses(apiVersion: string | undefined): boolean {
  return V1_VERSIONS.includes(apiVersion) || (apiVersion !== undefined && apiVersion >= '2025-03-01');
}

/** What belongs to the resource and to no deployment; the older address names the deployment in the query of sockets. */
function relaysOf(
  base: BaseUrl,
  root: BaseUrl,
  query: Readonly<Record<string, string>>,
  model: string,
): NonNullable<Connection['relays']> {
  const socket = root.path === base.path ? { model } : { deployment: model };
  return { ...keepingPaths(root, query), realtime: joinPath(root, '/realtime', { ...query, ...socket }) };
}

/** Versions that belong to the v1 address; there the query may be left out. */
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
    throw new Error(`${who} needs "apiVersion" for an address with "/deployments/", such as "2024-10-21".`);
  }

  const root = `${base.path.replace(/\/openai$/, '')}/openai`;
  if (V1_VERSIONS.includes(apiVersion)) return { base: { ...base, path: `${root}/v1` }, apiVersion };
  return { base: { ...base, path: `${root}/deployments/${encodeURIComponent(settings.model)}` }, apiVersion };
}
