import { reveal } from '@portico/core';
import type { Connection, ConnectionSettings, Provider } from '@portico/core/provider';
import { baseUrlOf, joinPath } from '../shared/base-url.js';
import { classifyOpenAiError } from '../shared/classify-openai-error.js';
import { credentialHeader } from '../shared/credential.js';
import { readOptions, secretOption, textOption } from '../shared/read-options.js';
import { signByToken } from '../shared/sign-by-token.js';
import { requestToken } from '../shared/token-request.js';
import { chatCompletions } from './chat-completions.js';
import { embeddings } from './embeddings.js';
import type { Place } from './place.js';
import { rerank } from './rerank.js';

const providerName = 'watsonx';
const OPTIONS = ['projectId', 'spaceId', 'region', 'token', 'zenApiKey', 'iamUrl'] as const;
/** Of the interface; the vendor keeps the behaviour of a version. */
const USUAL_VERSION = '2025-02-06';

/**
 * IBM's watsonx.ai (https://cloud.ibm.com/apidocs/watsonx-ai). The key is an IBM Cloud key, for which a token is
 * fetched and renewed; the options `token` and `zenApiKey` (Cloud Pak for Data) are used directly instead. Options:
 * `projectId` or `spaceId`; `region`, default `us-south` without a `baseUrl`; `iamUrl`, the token server. A model
 * `deployment/ID` is one of your own.
 */
export const watsonx: Provider = {
  name: providerName,
  keyVariables: ['WATSONX_APIKEY', 'WATSONX_API_KEY'],
  needsKey: false,
  codecs: codecsFor({}),
  connect,
  classify: (answer) => classifyOpenAiError(answer, { providerName, codes: CODES }),
};

const CODES = {
  model_not_supported: 'upstream_model_not_found',
  model_no_support_for_function: 'upstream_model_not_found',
  authentication_token_expired: 'unauthorized_upstream',
} as const;

function codecsFor(place: Place): Provider['codecs'] {
  return { 'chat.completions': chatCompletions(place), embeddings: embeddings(place), rerank: rerank(place) };
}

function connect(settings: ConnectionSettings): Connection {
  const options = readOptions(settings, OPTIONS, providerName);
  const region = textOption(options, 'region', providerName) ?? 'us-south';
  const base = baseUrlOf(settings, `https://${region}.ml.cloud.ibm.com`, providerName);
  const [projectId, spaceId] = [
    textOption(options, 'projectId', providerName),
    textOption(options, 'spaceId', providerName),
  ];
  const deployment = /^deployment\/(.+)$/.exec(settings.model)?.[1];
  const path = (operation: string) => {
    const place = deployment === undefined ? '' : `/deployments/${encodeURIComponent(deployment)}`;
    return joinPath(base, `/ml/v1${place}/text/${operation}`, { version: settings.apiVersion ?? USUAL_VERSION });
  };
  return {
    origin: base.origin,
    paths: {
      'chat.completions': path('chat'),
      ...(deployment === undefined ? { embeddings: path('embeddings'), rerank: path('rerank') } : {}),
    },
    streamPaths: { 'chat.completions': path('chat_stream') },
    // A deployment knows its model and its project.
    codecs: codecsFor(
      deployment === undefined
        ? { names: 'model', ...(projectId && { project_id: projectId }), ...(spaceId && { space_id: spaceId }) }
        : { names: 'nothing' },
    ),
    ...signIn(settings, options),
  };
}

function signIn(
  settings: ConnectionSettings,
  options: Readonly<Partial<Record<(typeof OPTIONS)[number], unknown>>>,
): Pick<Connection, 'headers' | 'sign'> {
  const { headers, apiKey } = settings;
  if ('authorization' in headers) return { headers };
  const token = secretOption(options, 'token', providerName);
  if (token !== undefined) return { headers: { ...credentialHeader(token, providerName), ...headers } };
  const zenKey = secretOption(options, 'zenApiKey', providerName);
  if (zenKey !== undefined) return { headers: { ...headers, authorization: `ZenApiKey ${zenKey}` } };
  if (apiKey === undefined) {
    throw new Error(`${providerName} has no credential. Set WATSONX_APIKEY, or give "apiKey" or the option "token".`);
  }
  const url = new URL(textOption(options, 'iamUrl', providerName) ?? 'https://iam.cloud.ibm.com/identity/token');
  const body = `${new URLSearchParams({ grant_type: 'urn:ibm:params:oauth:grant-type:apikey', apikey: reveal(apiKey) })}`;
  const form = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' };
  const sign = signByToken(
    (means) => requestToken({ method: 'POST', url, headers: form, body }, means, providerName),
    providerName,
  );
  return { headers, sign };
}
