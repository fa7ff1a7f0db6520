import { GatewayError } from '@portico/core';
import type { SourceContext } from '../shared/cached-credential.js';
import { fetchText } from '../shared/fetch-text.js';
import { parseObject } from '../shared/parse-json.js';
import { type AwsCredentials, fileOf, signInError, temporaryCredentials } from './aws-credentials.js';

/** The credentials endpoint of ECS containers. */
const ECS = 'http://169.254.170.2';
/** Hosts that may be called without encryption: this machine, and those of ECS and EKS, which are not routable. */
const NEARBY = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\]|169\.254\.170\.2|169\.254\.170\.23|\[fd00:ec2::23\])$/;

/** The credentials of a container in ECS or EKS; undefined elsewhere. */
export async function containerCredentials(
  providerName: string,
  means: SourceContext,
): Promise<AwsCredentials | undefined> {
  const { environment, cancellation, attempt } = means;
  const { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: relative, AWS_CONTAINER_CREDENTIALS_FULL_URI: full } = environment;
  if (!relative && !full) return undefined;
  const address = relative ? `${ECS}${relative}` : `${full}`;
  if (!URL.canParse(address)) throw signInError(providerName, 'AWS_CONTAINER_CREDENTIALS_FULL_URI is not a URL');
  const url = new URL(address);
  if (url.protocol !== 'https:' && !NEARBY.test(url.hostname)) {
    throw signInError(providerName, 'AWS_CONTAINER_CREDENTIALS_FULL_URI must use https, or be on this machine');
  }
  const { AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: path, AWS_CONTAINER_AUTHORIZATION_TOKEN: given } = environment;
  const authorization = path ? await fileOf(path, providerName, means) : given;
  const headers = { accept: 'application/json', ...(authorization && { authorization }) };
  const { status, text } = await fetchText(means.send, { method: 'GET', url, headers, cancellation, attempt });
  return keysIn(status, text, means.clock.now(), providerName, 'the container');
}

/** The credentials in the JSON of containers and instances. */
export function keysIn(status: number, text: string, now: number, providerName: string, where: string): AwsCredentials {
  if (status >= 500 || status === 429) {
    throw new GatewayError(
      'upstream_error',
      `${providerName} could not sign in: ${where} returned no keys (status ${status}).`,
    );
  }
  if (status !== 200) throw signInError(providerName, `${where} returned no keys (status ${status})`);
  return temporaryCredentials(parseObject(text) ?? {}, now, providerName, where);
}
