import type { SourceContext } from '../shared/cached-credential.js';
import {
  type AwsCredentials,
  type ChainContext,
  fileOf,
  signInError,
  staticCredentials,
  USUAL_MS,
} from './aws-credentials.js';
import { containerCredentials } from './container-credentials.js';
import { instanceCredentials } from './instance-credentials.js';
import { stsAssumeRole, stsAssumeRoleWithWebIdentity } from './security-tokens.js';

/** The settings of one profile. */
type Profile = Readonly<Record<string, string>>;

/**
 * The credentials of a profile in the files of the AWS command line tool; `default` if none is named. A profile may
 * refer to another one, or to a role. Undefined if there is no such profile.
 */
export async function profileCredentials(
  named: string | undefined,
  place: ChainContext,
  means: SourceContext,
): Promise<AwsCredentials | undefined> {
  const profiles = await readProfiles(means);
  const name = named || 'default';
  if (!profiles.has(name)) return undefined;
  return keysOf(name, new Set());

  async function keysOf(wanted: string, seen: Set<string>): Promise<AwsCredentials | undefined> {
    const profile = profiles.get(wanted);
    const { providerName } = place;
    if (profile === undefined) throw signInError(providerName, 'a profile refers to one that does not exist');
    const keys = keysIn(profile);
    const { role_arn: arn, role_session_name: session, external_id: externalId } = profile;
    // A role with itself as its source is assumed with the credentials beside it.
    if (arn === undefined || (seen.has(wanted) && keys !== undefined)) return keys ?? withoutKeys(profile);
    if (seen.has(wanted)) throw signInError(providerName, 'profiles refer to each other in a cycle');
    seen.add(wanted);
    if (profile.web_identity_token_file !== undefined) {
      const token = await fileOf(profile.web_identity_token_file, providerName, means);
      return stsAssumeRoleWithWebIdentity({ arn, session }, token, place, means);
    }
    const base =
      profile.source_profile === undefined
        ? await lent(profile.credential_source)
        : await keysOf(profile.source_profile, seen);
    if (base === undefined)
      throw signInError(providerName, 'a profile names a role and no credentials to assume it with');
    return stsAssumeRole({ arn, session, externalId }, base, place, means);
  }

  function keysIn(profile: Profile): AwsCredentials | undefined {
    const keys = staticCredentials(profile.aws_access_key_id, profile.aws_secret_access_key, profile.aws_session_token);
    // Temporary credentials expire, and the program that wrote them writes new ones.
    return keys?.sessionToken === undefined ? keys : { ...keys, expiresAt: means.clock.now() + USUAL_MS };
  }

  async function lent(source: string | undefined): Promise<AwsCredentials | undefined> {
    const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: key, AWS_SESSION_TOKEN: token } = means.environment;
    switch (source) {
      case 'Environment':
        return staticCredentials(id, key, token);
      case 'EcsContainer':
        return containerCredentials(place.providerName, means);
      case 'Ec2InstanceMetadata':
        return instanceCredentials(place.providerName, means);
      default:
        return undefined;
    }
  }

  function withoutKeys(profile: Profile): undefined {
    const isForeign = Object.keys(profile).some((key) => key.startsWith('sso_') || key === 'credential_process');
    if (!isForeign) return undefined;
    throw signInError(
      place.providerName,
      'the profile signs in by single sign-on or by a program. Set the option "credentials" to a function of the AWS SDK, such as fromNodeProviderChain() of @aws-sdk/credential-providers',
    );
  }
}

async function readProfiles({ environment, readFile }: SourceContext): Promise<ReadonlyMap<string, Profile>> {
  const home = environment.HOME || environment.USERPROFILE;
  const usual = (name: string) => (home ? `${home}/.aws/${name}` : undefined);
  const profiles = new Map<string, Profile>();
  // The second file takes precedence over the first.
  for (const path of [
    environment.AWS_CONFIG_FILE || usual('config'),
    environment.AWS_SHARED_CREDENTIALS_FILE || usual('credentials'),
  ]) {
    const text = path === undefined ? undefined : await readFile?.(path).catch(() => undefined);
    for (const [name, profile] of sections(text ?? '')) profiles.set(name, { ...profiles.get(name), ...profile });
  }
  return profiles;
}

/**
 * `[name]` or `[profile name]`, then lines of `key = value`. Indented lines belong to the key before; they are not
 * used here.
 */
function sections(text: string): ReadonlyMap<string, Profile> {
  const found = new Map<string, Record<string, string>>();
  let current: Record<string, string> | undefined;
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*(?:[#;]|$)/.test(line)) continue;
    const title = /^\s*\[\s*(?:profile\s+)?["']?([^\]"']+?)["']?\s*\]/.exec(line)?.[1];
    if (title !== undefined) {
      current = found.get(title) ?? {};
      found.set(title, current);
      continue;
    }
    const [, key, value] = /^([\w-]+)\s*=\s*(.*?)\s*(?:\s[#;].*)?$/.exec(line) ?? [];
    if (current !== undefined && key !== undefined && value) current[key.toLowerCase()] = value;
  }
  return found;
}
