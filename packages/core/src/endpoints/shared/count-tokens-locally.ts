import type { CallAccount } from '../../accounts/call-account.js';
import type { Answer } from '../../answer.js';
import type { Call } from '../../call.js';
import type { JsonObject } from '../../encoding/json.js';
import { GatewayError } from '../../errors.js';
import { totalInputTokens } from '../../usage/usage.js';
import type { Route } from '../endpoint.js';

/** The answer of an upstream; or the gateway's own count, if no upstream counts. */
export async function askOrCountLocally(
  call: Call,
  account: CallAccount,
  estimate: (inputTokens: number) => JsonObject,
  route: Route,
): Promise<Answer> {
  if (route.canServe(call)) {
    try {
      return await route.ask(call, account);
    } catch (error) {
      // The upstream reports that it does not support this.
      if (!(error instanceof GatewayError) || error.code !== 'unsupported_operation') throw error;
    }
  }
  call.warnings.add('No upstream of this model counts tokens: the number is an estimate.');
  const body = JSON.stringify(estimate(totalInputTokens(account.estimate(0))));
  return { kind: 'local', attempt: undefined, status: 200, headers: ['content-type', 'application/json'], body };
}
