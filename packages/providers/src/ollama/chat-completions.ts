import type { Codec, EncodeTarget, JsonObject } from '@portico/core';
import { functionTools } from '../shared/function-tools.js';
import { jsonLinesFraming } from '../shared/json-lines-framing.js';
import { leaveOut } from '../shared/leave-out.js';
import {
  each,
  elsewhere,
  maxTokensOf,
  OPENAI_ANSWERS,
  OPENAI_HINTS,
  type ParameterRules,
  parametersBy,
  unchanged,
  unsupported,
} from '../shared/parameter-rules.js';
import { warnOnce } from '../shared/warn-once.js';
import { chatAnswer } from './answer-to-chat.js';
import { formatFromChat } from './format.js';
import { messagesFromChat } from './messages-from-chat.js';
import { bounded, OPTIONS } from './model-options.js';
import { openChatStream } from './stream-to-chat.js';
import { thinkFromChat } from './think.js';

/** Chat completions told in `/api/chat`. */
export const chatCompletions: Codec = {
  encode,
  decode: chatAnswer,
  openStream: openChatStream,
  framing: jsonLinesFraming,
};

const PARAMETERS: ParameterRules = new Map([
  ...each(
    ['model', 'messages', 'max_tokens', 'max_completion_tokens', 'stream', 'stream_options'].concat([
      'tools',
      'tool_choice',
      'functions',
      'function_call',
      // format.ts, think.ts
      'response_format',
      'format',
      'reasoning_effort',
      'thinking',
      'think',
    ]),
    elsewhere,
  ),
  ...unchanged('logprobs', 'top_logprobs'),
  ['parallel_tool_calls', unsupported('The model may always call several tools at once.', (value) => value === true)],
  ...OPTIONS,
  ...OPENAI_HINTS,
  ...OPENAI_ANSWERS,
]);

function encode(request: JsonObject, givenTarget: EncodeTarget): JsonObject {
  const target = warnOnce(givenTarget);
  const { functions, choice } = functionTools(request, target);
  if (choice === 'required') leaveOut(target, 'tool_choice', 'The model decides by itself whether it calls a tool.');
  const offered = choice === 'none' ? [] : functions;
  const body = {
    model: target.model,
    // The operation has checked that it is a list of objects, each with a role.
    messages: messagesFromChat(request.messages as JsonObject[], target),
    ...(offered.length === 0
      ? {}
      : { tools: offered.map(({ strict: _strict, ...declared }) => ({ type: 'function', function: declared })) }),
    ...formatFromChat(request),
    ...thinkFromChat(request, target.baseModel),
    ...parametersBy(PARAMETERS, request, target),
    // It streams unless it is told not to.
    stream: target.stream,
  };
  return bounded(body, maxTokensOf(request, target));
}
