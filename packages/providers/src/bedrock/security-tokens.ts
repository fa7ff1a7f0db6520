import { GatewayError } from '@portico/core';
import type { SourceContext } from '../shared/cached-credential.js';
import { fetchText } from '../shared/fetch-text.js';
import { presentableText } from '../shared/presentable-text.js';
import { type AwsCredentials, type ChainContext, signInError, temporaryCredentials } from './aws-credentials.js';
import { domainOf } from './regions.js';
import { signatureV4 } from './signature.js';

interface Role {
  readonly arn: string;
  readonly session: string | undefined;
  readonly externalId?: string | undefined;
}

/** Assumes a role with other credentials (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html). */
export function stsAssumeRole(
  role: Role,
  base: AwsCredentials,
  place: ChainContext,
  means: SourceContext,
): Promise<AwsCredentials> {
  const { externalId } = role;
  return ask({ Action: 'AssumeRole', ...(externalId && { ExternalId: externalId }) }, role, base, place, means);
}

/** Assumes a role with a token of an identity provider; that request is not signed. */
export function stsAssumeRoleWithWebIdentity(
  role: Role,
  token: string,
  place: ChainContext,
  means: SourceContext,
): Promise<AwsCredentials> {
  const question = { Action: 'AssumeRoleWithWebIdentity', WebIdentityToken: token };
  return ask(question, role, undefined, place, means);
}

async function ask(
  question: Readonly<Record<string, string>>,
  role: Role,
  base: AwsCredentials | undefined,
  place: ChainContext,
  means: SourceContext,
): Promise<AwsCredentials> {
  const { providerName, region } = place;
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
  if (status !== 200) throw refused(status, text, providerName);
  const told = Object.fromEntries(
    ['AccessKeyId', 'SecretAccessKey', 'SessionToken', 'Expiration'].map((name) => [name, elementOf(text, name)]),
  );
  return temporaryCredentials(told, means.clock.now(), providerName, 'AWS STS');
}

function refused(status: number, text: string, providerName: string): GatewayError {
  const code = elementOf(text, 'Code');
  const cause = presentableText(elementOf(text, 'Message'));
  const why = `AWS STS returned no credentials (status ${status}${code !== undefined && /^\w{1,60}$/.test(code) ? `, ${code}` : ''})`;
  if (status < 500 && status !== 429) return signInError(providerName, why, cause);
  return new GatewayError('upstream_error', `${providerName} could not sign in: ${why}.`, { cause });
}

/** The text of an XML element without child elements. */
function elementOf(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1]?.trim();
}
