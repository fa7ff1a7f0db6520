import { changedError, type GatewayError } from '../errors.js';

/** Header values that every upstream gets and that are public. */
const PUBLIC_HEADERS = new Set(['content-type', 'user-agent']);

/** Shorter values are names and versions, which would be found in ordinary text. */
const SHORTEST_CREDENTIAL = 12;

/**
 * A failure without the values of the request's headers. Vendors repeat what they were sent, and a credential may
 * look like anything, so its exact value is searched (R-LOG-2).
 */
export function redactCredentials(failure: GatewayError, headers: Readonly<Record<string, string>>): GatewayError {
  const credentials = credentialsIn(headers);
  const { message, code, param, detail, cause } = failure;
  const reported = [message, code, param, detail, cause].filter((text) => typeof text === 'string');
  if (!credentials.some((credential) => reported.some((text) => text.includes(credential)))) return failure;
  const hide = <Text>(text: Text) => (typeof text === 'string' ? without(text, credentials) : text);
  // The stack repeats the message, so it cannot be the same error object.
  return changedError(failure, {
    message: hide(message),
    code: hide(code),
    param: hide(param),
    detail: hide(detail),
    cause: hide(cause),
  });
}

/** A text of a vendor without the values of the request's headers. */
export function hideCredentials(text: string, headers: Readonly<Record<string, string>>): string {
  return without(text, credentialsIn(headers));
}

function without(text: string, credentials: readonly string[]): string {
  return credentials.reduce((rest, each) => rest.replaceAll(each, '[hidden]'), text);
}

function credentialsIn(headers: Readonly<Record<string, string>>): string[] {
  return Object.entries(headers)
    .filter(([name]) => !PUBLIC_HEADERS.has(name))
    .map(([, value]) => value.slice(value.lastIndexOf(' ') + 1)) // the part after the scheme
    .filter((value) => value.length >= SHORTEST_CREDENTIAL);
}
