import { type Connection, type ConnectionSettings, GatewayError, type Provider, reveal, secret } from '@portico/core';
import { openAiCompatible } from '../openai-compatible.js';
import { wiresOfOthers } from '../openai-compatible-vendors.js';
import type { TokenSource } from '../shared/access-token.js';
import { readOptions, secretOption, textOption } from '../shared/read-options.js';
import { signByToken } from '../shared/sign-by-token.js';
import { signedAssertion } from '../shared/signed-assertion.js';
import { publicKeyFingerprint } from './public-key-fingerprint.js';

const inOpenAisWire = openAiCompatible(wiresOfOthers.snowflake);
const who = inOpenAisWire.name;
const TOKEN_TYPE = 'x-snowflake-authorization-token-type';
const LIFETIME_SECONDS = 3_540;

/**
 * Snowflake Cortex (https://docs.snowflake.com/en/user-guide/snowflake-cortex/cortex-rest-api). The key is a programmatic
 * access token or a JWT; with the options `account`, `user` and `privateKey` (PEM, PKCS #8) the JWT is made anew each hour.
 */
export const snowflake: Provider = { ...inOpenAisWire, connect };

function connect(settings: ConnectionSettings): Connection {
  const options = readOptions(settings, ['account', 'user', 'privateKey', 'tokenType'], who);
  const privateKey = secretOption(options, 'privateKey', who);
  const account = textOption(options, 'account', who);
  const tokenType = textOption(options, 'tokenType', who);
  // LiteLLM's users write which of the two it is before the token.
  const key = settings.apiKey === undefined ? undefined : reveal(settings.apiKey).replace(/^pat\//, '');
  const ownOptions = account === undefined ? {} : { account };
  const { headers, ...connection } = inOpenAisWire.connect({
    ...settings,
    apiKey: key === undefined ? undefined : secret(key),
    options: settings.baseUrl === undefined ? ownOptions : {},
  });
  if (privateKey !== undefined) {
    const user = textOption(options, 'user', who);
    if (user === undefined || account === undefined) {
      throw new Error(`${who} needs the options "account" and "user" beside "privateKey".`);
    }
    const name = `${account.split('.')[0]}.${user}`.toUpperCase();
    return {
      ...connection,
      headers: { [TOKEN_TYPE]: 'KEYPAIR_JWT', ...headers },
      sign: signByToken(keyPairToken(name, privateKey), who),
    };
  }
  if (key === undefined && !('authorization' in headers)) {
    throw new Error(`${who} has no credential. Set SNOWFLAKE_PAT or SNOWFLAKE_JWT, or give "apiKey".`);
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
      throw new GatewayError('unauthorized_upstream', `The private key of ${who} cannot be used for signing.`);
    }
  };
}
