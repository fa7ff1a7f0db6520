import { type Connection, type ConnectionSettings, reveal, type UpstreamRequest } from '@portico/core';
import { credentialHeader } from '../shared/credential.js';
import { kept } from '../shared/kept-credential.js';
import { textOption } from '../shared/read-options.js';
import { withHeaders } from '../shared/with-headers.js';
import {
  type AwsCredentials,
  type ChainPlace,
  type CredentialSource,
  fixedKeys,
  providedKeys,
  textOf,
} from './aws-credentials.js';
import { namedProfile, roleBy, roleByWebIdentity, usualKeys } from './credential-chain.js';
import { signatureV4 } from './signature.js';

/** Options by which a deployment says who it is. */
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
 * How AWS is told who asks. The first of these counts: the host's own header; the option `credentials`, a function; keys,
 * a web identity or a profile in the options; a key of Bedrock's, which needs no signature; the places where AWS' own
 * tools look. A `roleArn` is taken on with what was found.
 */
export function signIn(
  settings: ConnectionSettings,
  options: SignInOptions,
  service: string,
  region: string,
  who: string,
): Pick<Connection, 'headers' | 'sign'> {
  const { headers, apiKey } = settings;
  if ('authorization' in headers) return { headers };
  const place: ChainPlace = { who, region, stsEndpoint: textOption(options, 'stsEndpoint', who) };
  const named = namedSource(options, place);
  if (named === undefined && apiKey !== undefined) {
    return { headers: { ...credentialHeader(reveal(apiKey), who), ...headers } };
  }
  const give = kept(named ?? usualKeys(place), who, 'keys');
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
    // A signature is over all of the body, and nothing that streams its body is asked here.
    if (typeof body === 'object' && !(body instanceof Uint8Array))
      throw new TypeError('A body that streams cannot be signed.');
    const type = request.headers['content-type'];
    const host = origin.slice(origin.indexOf('//') + 2);
    const own = type === undefined ? {} : { 'content-type': type };
    const more = await sign({ method, host, path, headers: own, body }, keys, now);
    return { ...request, headers: withHeaders(request.headers, more) };
  }
}

/** The source that the options name; undefined where they name none. */
function namedSource(options: SignInOptions, place: ChainPlace): CredentialSource | undefined {
  const { who } = place;
  const arn = textOption(options, 'roleArn', who);
  const session = textOption(options, 'roleSessionName', who);
  const externalId = textOption(options, 'externalId', who);
  const token = textOf(options.webIdentityToken);
  if (token !== undefined) {
    if (arn === undefined) throw new Error(`The option "webIdentityToken" of ${who} needs "roleArn" beside it.`);
    return roleByWebIdentity({ arn, session }, token, place);
  }
  const base = baseSource(options, place);
  if (arn === undefined) return base;
  return roleBy(base ?? usualKeys(place), { arn, session, externalId }, place);
}

function baseSource(options: SignInOptions, place: ChainPlace): CredentialSource | undefined {
  const { who } = place;
  const { credentials, accessKeyId, secretAccessKey, sessionToken } = options;
  if (credentials !== undefined) return providedKeys(credentials, who);
  if (accessKeyId !== undefined || secretAccessKey !== undefined) {
    const keys = fixedKeys(accessKeyId, secretAccessKey, sessionToken);
    if (keys === undefined) {
      throw new Error(`${who} needs both options "accessKeyId" and "secretAccessKey", as text or as secrets.`);
    }
    return async () => keys;
  }
  const profile = textOption(options, 'profile', who);
  return profile === undefined ? undefined : namedProfile(profile, place);
}
