import type { JsonObject } from '@portico/core';
import type { Codec, EncodeTarget } from '@portico/core/provider';
import { dropParameter } from '../shared/drop-parameter.js';
import { functionTools } from '../shared/function-tools.js';
import { jsonLinesFraming } from '../shared/json-lines-framing.js';
import {
  each,
  handledElsewhere,
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
import { createChatStream } from './stream-to-chat.js';
import { thinkFromChat } from './think.js';

/** Chat completions through `/api/chat`. */
export const chatCompletions: Codec = {
  encode,
  decode: chatAnswer,
  openStream: createChatStream,
  framing: jsonLinesFraming,
  readsThinking: true,
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
    handledElsewhere,
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
  if (choice === 'required') dropParameter(target, 'tool_choice', 'The model chooses itself whether it calls a tool.');
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
    // It streams by default.
    stream: target.stream,
  };
  return bounded(body, maxTokensOf(request, target));
}
