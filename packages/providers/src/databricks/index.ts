import { GatewayError } from '@portico/core';
import type { Connection, ConnectionSettings, Provider } from '@portico/core/provider';
import { openAiCompatible } from '../openai-compatible.js';
import { codecsOfOtherApis } from '../openai-compatible-vendors.js';
import { baseUrlOf } from '../shared/base-url.js';
import { readOptions, secretOption } from '../shared/read-options.js';
import { signByToken } from '../shared/sign-by-token.js';
import { requestToken } from '../shared/token-request.js';

const openAiApi = openAiCompatible(codecsOfOtherApis.databricks);
const providerName = openAiApi.name;

/**
 * Models served by a Databricks workspace, whose URL is the `baseUrl`. Authentication with a token, or as a service
 * principal by the options `clientId` and `clientSecret`, else by `DATABRICKS_CLIENT_ID` and
 * `DATABRICKS_CLIENT_SECRET`.
 */
export const databricks: Provider = { ...openAiApi, connect };

function connect(settings: ConnectionSettings): Connection {
  const options = readOptions(settings, ['clientId', 'clientSecret'], providerName);
  const clientId = secretOption(options, 'clientId', providerName);
  const clientSecret = secretOption(options, 'clientSecret', providerName);
  const base = baseUrlOf(settings, undefined, providerName);
  const baseUrl = `${base.origin}${base.path || '/serving-endpoints'}`;
  const connection = openAiApi.connect({ ...settings, baseUrl, options: {} });
  if (settings.apiKey !== undefined || 'authorization' in settings.headers) return connection;
  const url = new URL('/oidc/v1/token', base.origin);
  const sign = signByToken((means) => {
    const { environment } = means;
    const id = clientId ?? environment.DATABRICKS_CLIENT_ID;
    const password = clientSecret ?? environment.DATABRICKS_CLIENT_SECRET;
    if (id === undefined || password === undefined) {
      const message = `${providerName} has no credential. Give "apiKey", or the options "clientId" and "clientSecret".`;
      throw new GatewayError('unauthorized_upstream', message);
    }
    const headers = {
      authorization: `Basic ${btoa(`${id}:${password}`)}`,
      'content-type': 'application/x-www-form-urlencoded',
    };
    return requestToken(
      { method: 'POST', url, headers, body: 'grant_type=client_credentials&scope=all-apis' },
      means,
      providerName,
    );
  }, providerName);
  return { ...connection, sign };
}
