import type { JsonObject } from '@portico/core';
import type { Codec, EncodeTarget } from '@portico/core/provider';
import { functionTools } from '../shared/function-tools.js';
import { maxTokensOf, parametersBy } from '../shared/parameter-rules.js';
import { warnOnce } from '../shared/warn-once.js';
import { chatAnswer } from './answer-to-chat.js';
import { messagesFromChat } from './messages-from-chat.js';
import { thinks } from './model-families.js';
import { PARAMETERS } from './parameters-from-chat.js';
import { responseFormatFromChat } from './response-format.js';
import { createChatStream } from './stream-to-chat.js';
import { thinkingFromChat } from './thinking-from-chat.js';

/** Chat completions through `/v2/chat`. */
export const chatCompletions: Codec = {
  encode,
  decode: chatAnswer,
  openStream: createChatStream,
  readsThinking: true,
};

function encode(request: JsonObject, givenTarget: EncodeTarget): JsonObject {
  const target = warnOnce(givenTarget);
  // The operation has checked that it is a list of objects, each with a role.
  const { messages, documents } = messagesFromChat(request.messages as JsonObject[], thinks(target.baseModel));
  const { functions, choice } = functionTools(request, target);
  const { documents: named, ...parameters } = parametersBy(PARAMETERS, request, target);
  const given = [...(Array.isArray(named) ? (named as unknown[]) : []), ...documents];
  const maxTokens = maxTokensOf(request, target);
  return {
    model: target.model,
    messages,
    ...(maxTokens === undefined ? {} : { max_tokens: maxTokens }),
    ...toolsOf(functions, choice),
    ...responseFormatFromChat(request, functions.length > 0, target),
    ...thinkingFromChat(request, target),
    ...(given.length > 0 ? { documents: given } : {}),
    ...parameters,
    stream: target.stream,
  };
}

// An empty list is rejected.
function toolsOf(functions: readonly JsonObject[], choice: string | undefined): JsonObject {
  if (functions.length === 0) return {};
  return {
    tools: functions.map(({ strict: _strict, ...declared }) => ({ type: 'function', function: declared })),
    ...(choice === 'required' || choice === 'none' ? { tool_choice: choice.toUpperCase() } : {}),
    // The API enforces all schemas or none.
    ...(functions.every(({ strict }) => strict === true) ? { strict_tools: true } : {}),
  };
}
