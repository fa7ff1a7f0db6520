import { GatewayError } from '@portico/core';
import { who } from './classify.js';

/** Why an answer ended, in the chat wire's words. */
export function finishToChat(reason: unknown, hasCalls: boolean): string {
  if (reason === 'MAX_TOKENS' || reason === 'ERROR_LIMIT') return 'length';
  if (reason === 'ERROR_TOXIC') return 'content_filter';
  return reason === 'TOOL_CALL' || hasCalls ? 'tool_calls' : 'stop';
}

/** The failure that some ends are: what came before is no whole answer. */
export function brokenFinish(reason: unknown): GatewayError | undefined {
  if (reason === 'TIMEOUT') return new GatewayError('timeout', `${who} took too long to answer.`);
  if (reason !== 'ERROR' && reason !== 'USER_CANCEL') return undefined;
  return new GatewayError('upstream_error', `${who} broke off its answer.`);
}
