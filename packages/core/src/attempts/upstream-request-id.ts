import { shortened } from '../call-warnings.js';
import type { HeaderLookup } from '../transport.js';
import { hideCredentials } from './redact-credentials.js';

/** Longest id that is kept; those of the known vendors have fewer than 100 characters. */
const MAX_LENGTH = 200;

/** Where vendors report their own id of a request: OpenAI and most others, Anthropic, AWS. */
const NAMES = ['x-request-id', 'request-id', 'x-amzn-requestid'];

/** The vendor's own id of a request, for its support: bounded, and without the credential it was sent. */
export function upstreamRequestIdIn(
  answered: HeaderLookup,
  sent: Readonly<Record<string, string>>,
): string | undefined {
  for (const name of NAMES) {
    const id = answered.get(name);
    if (id !== undefined) return shortened(hideCredentials(id, sent), MAX_LENGTH);
  }
  return undefined;
}
