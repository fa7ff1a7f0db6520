import { GatewayError } from '@portico/core';
import { providerName } from './classify.js';

/** Why an answer ended, in the values of the chat API. */
export function finishToChat(reason: unknown, hasCalls: boolean): string {
  if (reason === 'MAX_TOKENS' || reason === 'ERROR_LIMIT') return 'length';
  if (reason === 'ERROR_TOXIC') return 'content_filter';
  return reason === 'TOOL_CALL' || hasCalls ? 'tool_calls' : 'stop';
}

/** The failure that some finish reasons mean: the output before is not a complete answer. */
export function failureOfFinish(reason: unknown): GatewayError | undefined {
  if (reason === 'TIMEOUT') return new GatewayError('timeout', `${providerName} took too long to answer.`);
  if (reason !== 'ERROR' && reason !== 'USER_CANCEL') return undefined;
  return new GatewayError('upstream_error', `${providerName} ended its answer early.`);
}
