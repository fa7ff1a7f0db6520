import type { CallAccount } from '../accounting/call-account.js';
import type { Call } from '../call.js';
import { GatewayError } from '../errors.js';
import type { Operation, UpstreamOperation } from '../operation.js';
import type { Answer } from '../upstream/ask-deployment.js';
import { totalInputTokens } from '../usage.js';
import type { OwnAnswer } from './respond.js';
import type { Route } from './route.js';

/** What an upstream answers; or the gateway by itself, where it can and nobody else does. */
export function answerOrEstimate(
  call: Call<unknown, Operation>,
  account: CallAccount,
  route: Route,
): Promise<Answer | OwnAnswer> {
  const { answerByEstimate } = call.operation as Partial<UpstreamOperation>; // others answer nothing by themselves
  return answerByEstimate === undefined ? route.ask(call, account) : askOrEstimate(answerByEstimate);

  async function askOrEstimate(estimate: NonNullable<typeof answerByEstimate>): Promise<Answer | OwnAnswer> {
    if (route.canServe(call)) {
      try {
        return await route.ask(call, account);
      } catch (error) {
        // Whoever was asked says that this is nothing it can do.
        if (!(error instanceof GatewayError) || error.code !== 'unsupported_operation') throw error;
      }
    }
    call.warnings.push('No upstream of this model counts tokens: the number is an estimate.');
    return {
      kind: 'own',
      attempt: undefined,
      body: JSON.stringify(estimate(totalInputTokens(account.estimate(0)))),
    };
  }
}
