import { GatewayError } from '@portico/core';
import type { EncodeTarget } from '@portico/core/provider';

/**
 * Drops something that the API does not support, with a warning, if the deployment allows that; otherwise rejects the
 * request. `reason` is a sentence.
 */
export function dropParameter(target: EncodeTarget, param: string, reason: string): void {
  if (target.dropUnsupported) return target.warn(`"${param}" was left out. ${reason}`);
  throw new GatewayError('invalid_input', `"${param}" cannot be used with this model. ${reason}`, {
    param,
    code: 'unsupported_parameter',
  });
}

/** The rejection of a field whose value is invalid or cannot be translated. */
export function invalid(param: string, message: string): GatewayError {
  return new GatewayError('invalid_input', message, { param });
}
