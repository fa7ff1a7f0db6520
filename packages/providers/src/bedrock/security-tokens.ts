import { GatewayError } from '@portico/core';
import { fetchText } from '../shared/fetch-text.js';
import type { SourceMeans } from '../shared/kept-credential.js';
import { presentableText } from '../shared/presentable-text.js';
import { type AwsCredentials, type ChainPlace, lentKeys, notSignedIn } from './aws-credentials.js';
import { domainOf } from './regions.js';
import { signatureV4 } from './signature.js';

interface Role {
  readonly arn: string;
  readonly session: string | undefined;
  readonly externalId?: string | undefined;
}

/** Takes on a role with other keys (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html). */
export function assumedRole(
  role: Role,
  base: AwsCredentials,
  place: ChainPlace,
  means: SourceMeans,
): Promise<AwsCredentials> {
  const { externalId } = role;
  return ask({ Action: 'AssumeRole', ...(externalId && { ExternalId: externalId }) }, role, base, place, means);
}

/** Takes on a role with a token of somebody whom AWS trusts; nothing is signed for that. */
export function assumedRoleByToken(
  role: Role,
  token: string,
  place: ChainPlace,
  means: SourceMeans,
): Promise<AwsCredentials> {
  const question = { Action: 'AssumeRoleWithWebIdentity', WebIdentityToken: token };
  return ask(question, role, undefined, place, means);
}

async function ask(
  question: Readonly<Record<string, string>>,
  role: Role,
  base: AwsCredentials | undefined,
  place: ChainPlace,
  means: SourceMeans,
): Promise<AwsCredentials> {
  const { who, region } = place;
  const url = new URL(place.stsEndpoint ?? `https://sts.${region}.${domainOf(region)}`);
  const body = new URLSearchParams({
    ...question,
    Version: '2011-06-15',
    RoleArn: role.arn,
    RoleSessionName: role.session ?? 'portico',
  }).toString();
  const plain = { 'content-type': 'application/x-www-form-urlencoded' };
  const path = `${url.pathname}${url.search}`;
  const request = { method: 'POST', host: url.host, path, headers: plain, body };
  const signed = base && (await signatureV4('sts', region)(request, base, means.clock.now()));
  const { cancellation, attempt } = means;
  const headers = { ...plain, ...signed };
  const { status, text } = await fetchText(means.send, { method: 'POST', url, headers, body, cancellation, attempt });
  if (status !== 200) throw refused(status, text, who);
  const told = Object.fromEntries(
    ['AccessKeyId', 'SecretAccessKey', 'SessionToken', 'Expiration'].map((name) => [name, elementOf(text, name)]),
  );
  return lentKeys(told, means.clock.now(), who, 'AWS STS');
}

function refused(status: number, text: string, who: string): GatewayError {
  const code = elementOf(text, 'Code');
  const cause = presentableText(elementOf(text, 'Message'));
  const why = `AWS STS gave no role (status ${status}${code !== undefined && /^\w{1,60}$/.test(code) ? `, ${code}` : ''})`;
  if (status < 500 && status !== 429) return notSignedIn(who, why, cause);
  return new GatewayError('upstream_error', `${who} could not sign in: ${why}.`, { cause });
}

/** The text of an element of XML that has no others inside. */
function elementOf(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1]?.trim();
}
