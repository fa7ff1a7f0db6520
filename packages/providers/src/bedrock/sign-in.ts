import { reveal } from '@portico/core';
import type { Connection, ConnectionSettings, UpstreamRequest } from '@portico/core/provider';
import { cachedCredential } from '../shared/cached-credential.js';
import { credentialHeader } from '../shared/credential.js';
import { textOption } from '../shared/read-options.js';
import { withHeaders } from '../shared/with-headers.js';
import {
  type AwsCredentials,
  type ChainContext,
  type CredentialSource,
  providedCredentials,
  staticCredentials,
  textOf,
} from './aws-credentials.js';
import { assumeRole, assumeRoleWithWebIdentity, defaultCredentialChain, namedProfile } from './credential-chain.js';
import { signatureV4 } from './signature.js';

/** The options with credentials of a deployment. */
export const SIGN_IN_OPTIONS = [
  'accessKeyId',
  'secretAccessKey',
  'sessionToken',
  'profile',
  'roleArn',
  'roleSessionName',
  'externalId',
  'webIdentityToken',
  'stsEndpoint',
  'credentials',
] as const;

type SignInOptions = Readonly<Partial<Record<(typeof SIGN_IN_OPTIONS)[number], unknown>>>;

/**
 * The authentication to AWS. The first of these that is set is used: the host's own header; the option `credentials`,
 * a function; keys, a web identity or a profile in the options; a Bedrock key, which needs no signature; the standard
 * credential chain. A `roleArn` is assumed with the result.
 */
export function signIn(
  settings: ConnectionSettings,
  options: SignInOptions,
  service: string,
  region: string,
  providerName: string,
): Pick<Connection, 'headers' | 'sign'> {
  const { headers, apiKey } = settings;
  if ('authorization' in headers) return { headers };
  const place: ChainContext = { providerName, region, stsEndpoint: textOption(options, 'stsEndpoint', providerName) };
  const named = namedSource(options, place);
  if (named === undefined && apiKey !== undefined) {
    return { headers: { ...credentialHeader(reveal(apiKey), providerName), ...headers } };
  }
  const give = cachedCredential(named ?? defaultCredentialChain(place), providerName, 'keys');
  const sign = signatureV4(service, region);

  return {
    headers,
    sign(request, means) {
      const keys = give(means, request);
      const now = means.clock.now();
      return keys instanceof Promise ? keys.then((found) => signed(request, found, now)) : signed(request, keys, now);
    },
  };

  async function signed(request: UpstreamRequest, keys: AwsCredentials, now: number): Promise<UpstreamRequest> {
    const { method, origin, path, body } = request;
    // A signature covers the whole body, and no request here streams its body.
    if (typeof body === 'object' && !(body instanceof Uint8Array))
      throw new TypeError('A body that streams cannot be signed.');
    const type = request.headers['content-type'];
    const host = origin.slice(origin.indexOf('//') + 2);
    const own = type === undefined ? {} : { 'content-type': type };
    const more = await sign({ method, host, path, headers: own, body }, keys, now);
    return { ...request, headers: withHeaders(request.headers, more) };
  }
}

/** The source in the options; undefined if there is none. */
function namedSource(options: SignInOptions, place: ChainContext): CredentialSource | undefined {
  const { providerName } = place;
  const arn = textOption(options, 'roleArn', providerName);
  const session = textOption(options, 'roleSessionName', providerName);
  const externalId = textOption(options, 'externalId', providerName);
  const token = textOf(options.webIdentityToken);
  if (token !== undefined) {
    if (arn === undefined)
      throw new Error(`The option "webIdentityToken" of ${providerName} needs "roleArn" beside it.`);
    return assumeRoleWithWebIdentity({ arn, session }, token, place);
  }
  const base = baseSource(options, place);
  if (arn === undefined) return base;
  return assumeRole(base ?? defaultCredentialChain(place), { arn, session, externalId }, place);
}

function baseSource(options: SignInOptions, place: ChainContext): CredentialSource | undefined {
  const { providerName } = place;
  const { credentials, accessKeyId, secretAccessKey, sessionToken } = options;
  if (credentials !== undefined) return providedCredentials(credentials, providerName);
  if (accessKeyId !== undefined || secretAccessKey !== undefined) {
    const keys = staticCredentials(accessKeyId, secretAccessKey, sessionToken);
    if (keys === undefined) {
      throw new Error(`${providerName} needs both options "accessKeyId" and "secretAccessKey", as text or as secrets.`);
    }
    return async () => keys;
  }
  const profile = textOption(options, 'profile', providerName);
  return profile === undefined ? undefined : namedProfile(profile, place);
}
