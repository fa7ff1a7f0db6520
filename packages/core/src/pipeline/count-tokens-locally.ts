import type { CallAccount } from '../accounts/call-account.js';
import type { Answer } from '../attempts/send-attempt.js';
import type { Call } from '../call.js';
import { GatewayError } from '../errors.js';
import type { Operation, UpstreamOperation } from '../operation.js';
import { totalInputTokens } from '../usage/usage.js';
import type { LocalAnswer } from './respond.js';
import type { Route } from './route.js';

/** The answer of an upstream; or the gateway's own, if it has one and no upstream does. */
export function answerOrCountLocally(
  call: Call<unknown, Operation>,
  account: CallAccount,
  route: Route,
): Promise<Answer | LocalAnswer> {
  const { answerByEstimate } = call.operation as Partial<UpstreamOperation>; // others have no answer of their own
  return answerByEstimate === undefined ? route.ask(call, account) : askOrCountLocally(answerByEstimate);

  async function askOrCountLocally(estimate: NonNullable<typeof answerByEstimate>): Promise<Answer | LocalAnswer> {
    if (route.canServe(call)) {
      try {
        return await route.ask(call, account);
      } catch (error) {
        // The upstream reports that it does not support this.
        if (!(error instanceof GatewayError) || error.code !== 'unsupported_operation') throw error;
      }
    }
    call.warnings.add('No upstream of this model counts tokens: the number is an estimate.');
    return {
      kind: 'local',
      attempt: undefined,
      body: JSON.stringify(estimate(totalInputTokens(account.estimate(0)))),
    };
  }
}
