import type { SourceMeans } from '../shared/kept-credential.js';
import {
  type AwsCredentials,
  type ChainPlace,
  type CredentialSource,
  fileOf,
  fixedKeys,
  notSignedIn,
} from './aws-credentials.js';
import { containerKeys } from './container-keys.js';
import { instanceKeys } from './instance-keys.js';
import { profileKeys } from './profile-keys.js';
import { assumedRole, assumedRoleByToken } from './security-tokens.js';

/**
 * The usual places (https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html), in their usual order:
 * variables, the profile in the files of the command line tool, a web identity, the container, the machine. Looked through
 * when first needed, and again when the keys end.
 */
export function usualKeys(place: ChainPlace): CredentialSource {
  return async (means) => {
    const { environment } = means;
    const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: key, AWS_SESSION_TOKEN: token } = environment;
    const found =
      fixedKeys(id, key, token) ??
      (await profileKeys(environment.AWS_PROFILE, place, means)) ??
      (await webIdentityKeys(place, means)) ??
      (await containerKeys(place.who, means)) ??
      (await instanceKeys(place.who, means));
    if (found !== undefined) return found;
    throw notSignedIn(
      place.who,
      'there are no keys in the options, in AWS_ACCESS_KEY_ID, in a profile, or lent by the machine',
    );
  };
}

/** Keys of one profile, which must be there. */
export function namedProfile(profile: string, place: ChainPlace): CredentialSource {
  return async (means) => {
    const found = await profileKeys(profile, place, means);
    if (found !== undefined) return found;
    throw notSignedIn(place.who, 'the profile that is named is in none of the files of AWS');
  };
}

/** A role, taken on with keys of another source. */
export function roleBy(
  base: CredentialSource,
  role: { readonly arn: string; readonly session: string | undefined; readonly externalId: string | undefined },
  place: ChainPlace,
): CredentialSource {
  return async (means) => assumedRole(role, await base(means), place, means);
}

/** A role, taken on with a token of somebody whom AWS trusts: the token itself, or the path of a file with it. */
export function roleByWebIdentity(
  role: { readonly arn: string; readonly session: string | undefined },
  token: string,
  place: ChainPlace,
): CredentialSource {
  return async (means) => {
    const isPath = /^[/.~]|^[A-Za-z]:\\/.test(token);
    return assumedRoleByToken(role, isPath ? await fileOf(token, place.who, means) : token, place, means);
  };
}

async function webIdentityKeys(place: ChainPlace, means: SourceMeans): Promise<AwsCredentials | undefined> {
  const { AWS_WEB_IDENTITY_TOKEN_FILE: path, AWS_ROLE_ARN: arn, AWS_ROLE_SESSION_NAME: session } = means.environment;
  if (!path || !arn) return undefined;
  return assumedRoleByToken({ arn, session }, await fileOf(path, place.who, means), place, means);
}
