import type { SourceContext } from '../shared/cached-credential.js';
import {
  type AwsCredentials,
  type ChainContext,
  type CredentialSource,
  fileOf,
  signInError,
  staticCredentials,
} from './aws-credentials.js';
import { containerCredentials } from './container-credentials.js';
import { instanceCredentials } from './instance-credentials.js';
import { profileCredentials } from './profile-credentials.js';
import { stsAssumeRole, stsAssumeRoleWithWebIdentity } from './security-tokens.js';

/**
 * The standard credential chain (https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html), in
 * its usual order: variables, the profile in the files of the command line tool, a web identity, the container, the
 * instance. Evaluated when first needed, and again when the credentials expire.
 */
export function defaultCredentialChain(place: ChainContext): CredentialSource {
  return async (means) => {
    const { environment } = means;
    const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: key, AWS_SESSION_TOKEN: token } = environment;
    const found =
      staticCredentials(id, key, token) ??
      (await profileCredentials(environment.AWS_PROFILE, place, means)) ??
      (await webIdentityCredentials(place, means)) ??
      (await containerCredentials(place.providerName, means)) ??
      (await instanceCredentials(place.providerName, means));
    if (found !== undefined) return found;
    throw signInError(
      place.providerName,
      'there are no keys in the options, in AWS_ACCESS_KEY_ID, in a profile, or from the container or instance',
    );
  };
}

/** Credentials of one profile, which must exist. */
export function namedProfile(profile: string, place: ChainContext): CredentialSource {
  return async (means) => {
    const found = await profileCredentials(profile, place, means);
    if (found !== undefined) return found;
    throw signInError(place.providerName, 'the named profile is in none of the AWS configuration files');
  };
}

/** A role that is assumed with credentials of another source. */
export function assumeRole(
  base: CredentialSource,
  role: { readonly arn: string; readonly session: string | undefined; readonly externalId: string | undefined },
  place: ChainContext,
): CredentialSource {
  return async (means) => stsAssumeRole(role, await base(means), place, means);
}

/** A role that is assumed with a token of an identity provider: the token itself, or the path of a file with it. */
export function assumeRoleWithWebIdentity(
  role: { readonly arn: string; readonly session: string | undefined },
  token: string,
  place: ChainContext,
): CredentialSource {
  return async (means) => {
    const isPath = /^[/.~]|^[A-Za-z]:\\/.test(token);
    return stsAssumeRoleWithWebIdentity(
      role,
      isPath ? await fileOf(token, place.providerName, means) : token,
      place,
      means,
    );
  };
}

async function webIdentityCredentials(place: ChainContext, means: SourceContext): Promise<AwsCredentials | undefined> {
  const { AWS_WEB_IDENTITY_TOKEN_FILE: path, AWS_ROLE_ARN: arn, AWS_ROLE_SESSION_NAME: session } = means.environment;
  if (!path || !arn) return undefined;
  return stsAssumeRoleWithWebIdentity({ arn, session }, await fileOf(path, place.providerName, means), place, means);
}
