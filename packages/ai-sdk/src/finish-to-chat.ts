import type { LanguageModelV2FinishReason, LanguageModelV3FinishReason } from '@ai-sdk/provider';
import { GatewayError } from '@portico/core';

/** Why a model ended, in the values of chat. Throws if it ended with a failure. */
export function finishToChat(
  reason: LanguageModelV2FinishReason | LanguageModelV3FinishReason | undefined,
  hasCalls: boolean,
): string {
  switch (typeof reason === 'object' ? reason.unified : reason) {
    case 'length':
      return 'length';
    case 'content-filter':
      return 'content_filter';
    case 'error':
      throw new GatewayError('upstream_error', 'The model failed during its answer.');
    default:
      return hasCalls ? 'tool_calls' : 'stop';
  }
}
