import type { SourceMeans } from '../shared/kept-credential.js';
import { type AwsCredentials, type ChainPlace, fileOf, fixedKeys, notSignedIn, USUAL_MS } from './aws-credentials.js';
import { containerKeys } from './container-keys.js';
import { instanceKeys } from './instance-keys.js';
import { assumedRole, assumedRoleByToken } from './security-tokens.js';

/** The settings of one profile. */
type Profile = Readonly<Record<string, string>>;

/**
 * Keys of a profile in the files that AWS' command line tool keeps; `default` where none is named. A profile may lead to
 * another one, or to a role. Undefined where there is no such profile.
 */
export async function profileKeys(
  named: string | undefined,
  place: ChainPlace,
  means: SourceMeans,
): Promise<AwsCredentials | undefined> {
  const profiles = await readProfiles(means);
  const name = named || 'default';
  if (!profiles.has(name)) return undefined;
  return keysOf(name, new Set());

  async function keysOf(wanted: string, seen: Set<string>): Promise<AwsCredentials | undefined> {
    const profile = profiles.get(wanted);
    const { who } = place;
    if (profile === undefined) throw notSignedIn(who, 'a profile leads to one that does not exist');
    const keys = keysIn(profile);
    const { role_arn: arn, role_session_name: session, external_id: externalId } = profile;
    // A role with itself as its source is taken on with the keys that stand beside it.
    if (arn === undefined || (seen.has(wanted) && keys !== undefined)) return keys ?? withoutKeys(profile);
    if (seen.has(wanted)) throw notSignedIn(who, 'profiles lead to each other in a circle');
    seen.add(wanted);
    if (profile.web_identity_token_file !== undefined) {
      const token = await fileOf(profile.web_identity_token_file, who, means);
      return assumedRoleByToken({ arn, session }, token, place, means);
    }
    const base =
      profile.source_profile === undefined
        ? await lent(profile.credential_source)
        : await keysOf(profile.source_profile, seen);
    if (base === undefined) throw notSignedIn(who, 'a profile names a role and no keys to take it on with');
    return assumedRole({ arn, session, externalId }, base, place, means);
  }

  function keysIn(profile: Profile): AwsCredentials | undefined {
    const keys = fixedKeys(profile.aws_access_key_id, profile.aws_secret_access_key, profile.aws_session_token);
    // Lent keys end, and whoever wrote them there will write new ones.
    return keys?.sessionToken === undefined ? keys : { ...keys, expiresAt: means.clock.now() + USUAL_MS };
  }

  async function lent(source: string | undefined): Promise<AwsCredentials | undefined> {
    const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: key, AWS_SESSION_TOKEN: token } = means.environment;
    switch (source) {
      case 'Environment':
        return fixedKeys(id, key, token);
      case 'EcsContainer':
        return containerKeys(place.who, means);
      case 'Ec2InstanceMetadata':
        return instanceKeys(place.who, means);
      default:
        return undefined;
    }
  }

  function withoutKeys(profile: Profile): undefined {
    const isForeign = Object.keys(profile).some((key) => key.startsWith('sso_') || key === 'credential_process');
    if (!isForeign) return undefined;
    throw notSignedIn(
      place.who,
      'the profile signs in by single sign-on or by a program. Give the option "credentials" a function of AWS\' own library, such as fromNodeProviderChain() of @aws-sdk/credential-providers',
    );
  }
}

async function readProfiles({ environment, readFile }: SourceMeans): Promise<ReadonlyMap<string, Profile>> {
  const home = environment.HOME || environment.USERPROFILE;
  const usual = (name: string) => (home ? `${home}/.aws/${name}` : undefined);
  const profiles = new Map<string, Profile>();
  // What the second file says of a profile goes before what the first one says.
  for (const path of [
    environment.AWS_CONFIG_FILE || usual('config'),
    environment.AWS_SHARED_CREDENTIALS_FILE || usual('credentials'),
  ]) {
    const text = path === undefined ? undefined : await readFile?.(path).catch(() => undefined);
    for (const [name, profile] of sections(text ?? '')) profiles.set(name, { ...profiles.get(name), ...profile });
  }
  return profiles;
}

/** `[name]` or `[profile name]`, then lines of `key = value`. Lines that are indented belong to the key before, and to others. */
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
