import { changedError, type GatewayError } from '../errors.js';

/** What every upstream is sent and everybody may know. */
const PUBLIC_HEADERS = new Set(['content-type', 'user-agent']);

/** Shorter values are names and versions, which would be found in ordinary words. */
const SHORTEST_CREDENTIAL = 12;

/**
 * A failure without what the request's headers hold. Vendors repeat what they were sent, and a credential may look like
 * anything: it is looked for as it is (R-LOG-2).
 */
export function withoutCredentials(failure: GatewayError, headers: Readonly<Record<string, string>>): GatewayError {
  const credentials = credentialsIn(headers);
  const { message, code, param, cause } = failure;
  const told = [message, code, param, cause].filter((text) => typeof text === 'string');
  if (!credentials.some((credential) => told.some((text) => text.includes(credential)))) return failure;
  const hide = <Text>(text: Text) =>
    typeof text === 'string' ? credentials.reduce((shown, each) => shown.replaceAll(each, '[hidden]'), text) : text;
  // The stack repeats the message, so it cannot be the same error.
  return changedError(failure, { message: hide(message), code: hide(code), param: hide(param), cause: hide(cause) });
}

function credentialsIn(headers: Readonly<Record<string, string>>): string[] {
  return Object.entries(headers)
    .filter(([name]) => !PUBLIC_HEADERS.has(name))
    .map(([, value]) => value.slice(value.lastIndexOf(' ') + 1)) // what follows the scheme
    .filter((value) => value.length >= SHORTEST_CREDENTIAL);
}
