import { GatewayError } from '@portico/core';
import { fetchText } from '../shared/fetch-text.js';
import type { SourceMeans } from '../shared/kept-credential.js';
import { parseObject } from '../shared/parse-json.js';
import { type AwsCredentials, fileOf, lentKeys, notSignedIn } from './aws-credentials.js';

/** Where containers of ECS ask. */
const ECS = 'http://169.254.170.2';
/** Hosts that may be asked without encryption: this machine, and those of ECS and EKS, which no router leads to. */
const NEARBY = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\]|169\.254\.170\.2|169\.254\.170\.23|\[fd00:ec2::23\])$/;

/** Keys that ECS or EKS lend to a container; undefined outside of one. */
export async function containerKeys(who: string, means: SourceMeans): Promise<AwsCredentials | undefined> {
  const { environment, cancellation, attempt } = means;
  const { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: relative, AWS_CONTAINER_CREDENTIALS_FULL_URI: full } = environment;
  if (!relative && !full) return undefined;
  const address = relative ? `${ECS}${relative}` : `${full}`;
  if (!URL.canParse(address)) throw notSignedIn(who, 'AWS_CONTAINER_CREDENTIALS_FULL_URI is no address');
  const url = new URL(address);
  if (url.protocol !== 'https:' && !NEARBY.test(url.hostname)) {
    throw notSignedIn(who, 'AWS_CONTAINER_CREDENTIALS_FULL_URI must be encrypted, or on this machine');
  }
  const { AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: path, AWS_CONTAINER_AUTHORIZATION_TOKEN: given } = environment;
  const authorization = path ? await fileOf(path, who, means) : given;
  const headers = { accept: 'application/json', ...(authorization && { authorization }) };
  const { status, text } = await fetchText(means.send, { method: 'GET', url, headers, cancellation, attempt });
  return keysIn(status, text, means.clock.now(), who, 'the container');
}

/** Keys in the JSON by which containers and machines lend them. */
export function keysIn(status: number, text: string, now: number, who: string, where: string): AwsCredentials {
  if (status >= 500 || status === 429) {
    throw new GatewayError('upstream_error', `${who} could not sign in: ${where} gave no keys (status ${status}).`);
  }
  if (status !== 200) throw notSignedIn(who, `${where} gave no keys (status ${status})`);
  return lentKeys(parseObject(text) ?? {}, now, who, where);
}
