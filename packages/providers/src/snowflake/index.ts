import { GatewayError, reveal, secret } from '@portico/core';
import type { Connection, ConnectionSettings, Provider } from '@portico/core/provider';
import { openAiCompatible } from '../openai-compatible.js';
import { codecsOfOtherApis } from '../openai-compatible-vendors.js';
import type { TokenSource } from '../shared/access-token.js';
import { readOptions, secretOption, textOption } from '../shared/read-options.js';
import { signByToken } from '../shared/sign-by-token.js';
import { signedAssertion } from '../shared/signed-assertion.js';
import { publicKeyFingerprint } from './public-key-fingerprint.js';

const openAiApi = openAiCompatible(codecsOfOtherApis.snowflake);
const providerName = openAiApi.name;
const TOKEN_TYPE = 'x-snowflake-authorization-token-type';
const LIFETIME_SECONDS = 3_540;

/**
 * Snowflake Cortex (https://docs.snowflake.com/en/user-guide/snowflake-cortex/cortex-rest-api). The key is a
 * programmatic access token or a JWT; with the options `account`, `user` and `privateKey` (PEM, PKCS #8) the JWT is
 * created again each hour.
 */
export const snowflake: Provider = { ...openAiApi, connect };

function connect(settings: ConnectionSettings): Connection {
  const options = readOptions(settings, ['account', 'user', 'privateKey', 'tokenType'], providerName);
  const privateKey = secretOption(options, 'privateKey', providerName);
  const account = textOption(options, 'account', providerName);
  const tokenType = textOption(options, 'tokenType', providerName);
  // LiteLLM's users write the type of the token in front of it.
  const key = settings.apiKey === undefined ? undefined : reveal(settings.apiKey).replace(/^pat\//, '');
  const ownOptions = account === undefined ? {} : { account };
  const { headers, ...connection } = openAiApi.connect({
    ...settings,
    apiKey: key === undefined ? undefined : secret(key),
    options: settings.baseUrl === undefined ? ownOptions : {},
  });
  if (privateKey !== undefined) {
    const user = textOption(options, 'user', providerName);
    if (user === undefined || account === undefined) {
      throw new Error(`${providerName} needs the options "account" and "user" beside "privateKey".`);
    }
    const name = `${account.split('.')[0]}.${user}`.toUpperCase();
    return {
      ...connection,
      headers: { [TOKEN_TYPE]: 'KEYPAIR_JWT', ...headers },
      sign: signByToken(keyPairToken(name, privateKey), providerName),
    };
  }
  if (key === undefined && !('authorization' in headers)) {
    throw new Error(`${providerName} has no credential. Set SNOWFLAKE_PAT or SNOWFLAKE_JWT, or give "apiKey".`);
  }
  const type = tokenType ?? (key?.startsWith('eyJ') ? 'KEYPAIR_JWT' : 'PROGRAMMATIC_ACCESS_TOKEN');
  return { ...connection, headers: { ...(key === undefined ? {} : { [TOKEN_TYPE]: type }), ...headers } };
}

function keyPairToken(name: string, pem: string): TokenSource {
  return async ({ clock }) => {
    const issuedAt = Math.floor(clock.now() / 1000);
    const expiresAt = issuedAt + LIFETIME_SECONDS;
    try {
      const issuer = `${name}.SHA256:${await publicKeyFingerprint(pem)}`;
      const value = await signedAssertion({ iss: issuer, sub: name, iat: issuedAt, exp: expiresAt }, pem, undefined);
      return { value, expiresAt: expiresAt * 1000 };
    } catch {
      throw new GatewayError('unauthorized_upstream', `The private key of ${providerName} cannot be used for signing.`);
    }
  };
}
