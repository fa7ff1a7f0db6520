import { GatewayError } from '@portico/core';

/** A request that cannot be translated for a model. */
export function invalid(param: string, why: string): GatewayError {
  return new GatewayError('invalid_input', `"${param}" ${why}.`, { param });
}
