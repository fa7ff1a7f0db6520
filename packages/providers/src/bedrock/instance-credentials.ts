import { GatewayError } from '@portico/core';
import { Cancellation } from '@portico/core/provider';
import type { SourceContext } from '../shared/cached-credential.js';
import { fetchText, type TextAnswer, type TextQuestion } from '../shared/fetch-text.js';
import type { AwsCredentials } from './aws-credentials.js';
import { keysIn } from './container-credentials.js';

/** Only reachable from EC2 instances, and without encryption by design. */
const USUAL_ADDRESS = 'http://169.254.169.254';
const ROLES = '/latest/meta-data/iam/security-credentials/';
/** Elsewhere nothing answers at that address; it must not take long to find out. */
const LONGEST_WAIT_MS = 2_000;

/**
 * The credentials of an EC2 instance
 * (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html); undefined
 * elsewhere.
 */
export async function instanceCredentials(
  providerName: string,
  means: SourceContext,
): Promise<AwsCredentials | undefined> {
  const { environment } = means;
  if (environment.AWS_EC2_METADATA_DISABLED?.toLowerCase() === 'true') return undefined;
  const address = environment.AWS_EC2_METADATA_SERVICE_ENDPOINT || USUAL_ADDRESS;
  if (!URL.canParse(address)) return undefined;
  const session = await ask('PUT', '/latest/api/token', { 'x-aws-ec2-metadata-token-ttl-seconds': '21600' });
  if (session?.status !== 200) return undefined;
  const headers = { 'x-aws-ec2-metadata-token': session.text.trim() };
  const roles = await ask('GET', ROLES, headers);
  const role = roles?.status === 200 ? roles.text.trim().split('\n', 1)[0] : undefined;
  if (!role) return undefined;
  const lent = await ask('GET', `${ROLES}${encodeURIComponent(role)}`, headers);
  return lent && keysIn(lent.status, lent.text, means.clock.now(), providerName, 'the machine');

  /** Undefined if nothing answers. */
  async function ask(
    method: TextQuestion['method'],
    path: string,
    sent: Readonly<Record<string, string>>,
  ): Promise<TextAnswer | undefined> {
    const cancellation = new Cancellation();
    const unlink = means.cancellation.onCancel((reason) => cancellation.cancel(reason));
    const silence = new GatewayError('timeout', 'The instance has no credentials.');
    const takeBack = means.clock.after(LONGEST_WAIT_MS, () => cancellation.cancel(silence));
    const url = new URL(path, address);
    try {
      return await fetchText(means.send, { method, url, headers: sent, cancellation, attempt: means.attempt });
    } catch {
      return undefined;
    } finally {
      unlink();
      takeBack();
    }
  }
}
