import { GatewayError } from '@portico/core';
import type { TokenSource } from '../shared/access-token.js';
import type { SourceContext } from '../shared/cached-credential.js';
import { requestToken } from '../shared/token-request.js';
import { readCredentials } from './credentials.js';

/**
 * Google's default credentials (https://cloud.google.com/docs/authentication/application-default-credentials): a
 * named file, else the one of `gcloud`, else the machine's service account. Looked up when first needed.
 */
export function defaultCredentials(namedFile: string | undefined, providerName: string): TokenSource {
  let found: TokenSource | undefined;
  return async (means) => {
    found ??= await find(namedFile, means, providerName);
    return found(means);
  };
}

async function find(namedFile: string | undefined, means: SourceContext, providerName: string): Promise<TokenSource> {
  if (namedFile !== undefined) return sourceIn(await readNamed(namedFile, means, providerName), providerName);
  const usual = usualFile(means.environment);
  const text = usual === undefined ? undefined : await means.readFile?.(usual).catch(() => undefined);
  return text === undefined ? (inner) => machineToken(inner, providerName) : sourceIn(text, providerName);
}

async function readNamed(path: string, { readFile }: SourceContext, providerName: string): Promise<string> {
  try {
    if (readFile !== undefined) return await readFile(path);
  } catch {
    // Told below: what the system says may show more of the machine than a client should see.
  }
  throw new GatewayError('unauthorized_upstream', `The file with the credentials of ${providerName} cannot be read.`);
}

function sourceIn(text: string, providerName: string): TokenSource {
  try {
    return readCredentials(text, providerName).source;
  } catch (error) {
    const message = error instanceof Error ? error.message : `The credentials of ${providerName} cannot be read.`;
    throw new GatewayError('unauthorized_upstream', message);
  }
}

function usualFile(environment: SourceContext['environment']): string | undefined {
  const { CLOUDSDK_CONFIG: configured, HOME: home, APPDATA: appData } = environment;
  const folder = configured ?? (home ? `${home}/.config/gcloud` : appData ? `${appData}/gcloud` : undefined);
  return folder === undefined ? undefined : `${folder}/application_default_credentials.json`;
}

const MACHINE_ACCOUNT = '/computeMetadata/v1/instance/service-accounts/default/token';

/**
 * The service account of the machine, in Google's cloud. Only reachable from there, and without encryption by design.
 */
function machineToken(means: SourceContext, providerName: string) {
  const host = means.environment.GCE_METADATA_HOST ?? 'metadata.google.internal';
  const url = new URL(MACHINE_ACCOUNT, `http://${host}`);
  return requestToken({ method: 'GET', url, headers: { 'metadata-flavor': 'Google' } }, means, providerName);
}
