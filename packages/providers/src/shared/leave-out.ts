import { type EncodeTarget, GatewayError } from '@portico/core';

/**
 * Leaves something out that the wire has no word for, with a warning, if the deployment allows that; refuses the request
 * if it does not. `reason` is a sentence.
 */
export function leaveOut(target: EncodeTarget, param: string, reason: string): void {
  if (target.dropUnsupported) return target.warn(`"${param}" was left out. ${reason}`);
  throw new GatewayError('invalid_input', `"${param}" cannot be used with this model. ${reason}`, {
    param,
    code: 'unsupported_parameter',
  });
}

/** The refusal of a field whose value is wrong or cannot be translated. */
export function invalid(param: string, message: string): GatewayError {
  return new GatewayError('invalid_input', message, { param });
}
