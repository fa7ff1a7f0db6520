import { type Connection, type ConnectionSettings, GatewayError, type Provider } from '@portico/core';
import { openAiCompatible } from '../openai-compatible.js';
import { wiresOfOthers } from '../openai-compatible-vendors.js';
import { baseUrlOf } from '../shared/base-url.js';
import { readOptions, secretOption } from '../shared/read-options.js';
import { signByToken } from '../shared/sign-by-token.js';
import { requestToken } from '../shared/token-request.js';

const inOpenAisWire = openAiCompatible(wiresOfOthers.databricks);
const who = inOpenAisWire.name;

/**
 * Models served by a workspace of Databricks, whose address is the `baseUrl`. Signed in to with a token, or as a service
 * principal by the options `clientId` and `clientSecret`, else by `DATABRICKS_CLIENT_ID` and `DATABRICKS_CLIENT_SECRET`.
 */
export const databricks: Provider = { ...inOpenAisWire, connect };

function connect(settings: ConnectionSettings): Connection {
  const options = readOptions(settings, ['clientId', 'clientSecret'], who);
  const clientId = secretOption(options, 'clientId', who);
  const clientSecret = secretOption(options, 'clientSecret', who);
  const base = baseUrlOf(settings, undefined, who);
  const baseUrl = `${base.origin}${base.path || '/serving-endpoints'}`;
  const connection = inOpenAisWire.connect({ ...settings, baseUrl, options: {} });
  if (settings.apiKey !== undefined || 'authorization' in settings.headers) return connection;
  const url = new URL('/oidc/v1/token', base.origin);
  const sign = signByToken((means) => {
    const { environment } = means;
    const id = clientId ?? environment.DATABRICKS_CLIENT_ID;
    const password = clientSecret ?? environment.DATABRICKS_CLIENT_SECRET;
    if (id === undefined || password === undefined) {
      const message = `${who} has no credential. Give "apiKey", or the options "clientId" and "clientSecret".`;
      throw new GatewayError('unauthorized_upstream', message);
    }
    const headers = {
      authorization: `Basic ${btoa(`${id}:${password}`)}`,
      'content-type': 'application/x-www-form-urlencoded',
    };
    return requestToken(
      { method: 'POST', url, headers, body: 'grant_type=client_credentials&scope=all-apis' },
      means,
      who,
    );
  }, who);
  return { ...connection, sign };
}
