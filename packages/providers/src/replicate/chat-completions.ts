import { GatewayError, isJsonObject, type JsonObject } from '@portico/core';
import type { Codec, EncodeTarget, StreamDecoder } from '@portico/core/provider';
import { jsonArrayFraming } from '../gemini/json-array-framing.js';
import { ChatChunks } from '../shared/chat-chunks.js';
import { type ChatUsage, chatUsage, countOf } from '../shared/chat-usage.js';
import {
  each,
  handledElsewhere,
  maxTokensOf,
  OPENAI_ANSWERS,
  OPENAI_HINTS,
  type ParameterRules,
  parametersBy,
  stopsAs,
  unchanged,
  unsupported,
} from '../shared/parameter-rules.js';
import { parseJson } from '../shared/parse-json.js';
import { warnOnce } from '../shared/warn-once.js';
import { promptFromChat } from './prompt-from-chat.js';

/** Chat completions through predictions. */
export const chatCompletions: Codec = {
  encode,
  decode: chatAnswer,
  openStream,
  // The answer to a stream is one whole prediction.
  framing: jsonArrayFraming,
};

const PARAMETERS: ParameterRules = new Map([
  ...each(['model', 'messages', 'max_tokens', 'max_completion_tokens', 'stream', 'stream_options'], handledElsewhere),
  ...unchanged('temperature', 'top_p', 'top_k', 'seed', 'presence_penalty', 'frequency_penalty', 'reasoning_effort'),
  ['stop', stopsAs('stop_sequences')],
  ['tools', unsupported('Tools are not supported there.', isEmptyList)],
  ['functions', unsupported('Tools are not supported there.', isEmptyList)],
  ...each(['tool_choice', 'function_call', 'parallel_tool_calls'], handledElsewhere),
  [
    'response_format',
    unsupported('Response formats are not supported there.', (value) => isJsonObject(value) && value.type === 'text'),
  ],
  ['logprobs', unsupported('It is not supported there.', (value) => value === false)],
  ['top_logprobs', unsupported('It is not supported there.', (value) => value === 0)],
  [
    'input',
    (value, body) => {
      if (isJsonObject(value)) Object.assign(body, value);
    },
  ],
  ...OPENAI_HINTS,
  ...OPENAI_ANSWERS,
]);

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function encode(request: JsonObject, givenTarget: EncodeTarget): JsonObject {
  const target = warnOnce(givenTarget);
  const maxTokens = maxTokensOf(request, target);
  const version = target.model.split(':')[1];
  return {
    ...(version === undefined ? {} : { version }),
    input: {
      // The operation has checked that it is a list of objects, each with a role.
      ...promptFromChat(request.messages as JsonObject[]),
      ...(maxTokens === undefined ? {} : { max_tokens: maxTokens }),
      ...parametersBy(PARAMETERS, request, target),
    },
  };
}

interface Read {
  readonly id: string;
  readonly text: string;
  readonly usage: ChatUsage | undefined;
}

function read(prediction: JsonObject, target: EncodeTarget): Read {
  const { id, status, output, metrics } = prediction;
  const pieces: unknown[] = Array.isArray(output) ? output : [output ?? ''];
  if (status !== 'succeeded') throw failureOf(prediction);
  const counted = isJsonObject(metrics) ? metrics : {};
  return {
    id: typeof id === 'string' && id !== '' ? id : `chatcmpl-${target.createdAt}`,
    text: pieces.map((piece) => (typeof piece === 'string' ? piece : JSON.stringify(piece))).join(''),
    usage: chatUsage({ input: countOf(counted.input_token_count), output: countOf(counted.output_token_count) }),
  };
}

function failureOf({ status, error }: JsonObject): GatewayError {
  if (status === 'starting' || status === 'processing') {
    return new GatewayError(
      'timeout',
      'replicate had not finished within the minute for which it keeps the connection open.',
    );
  }
  const text = typeof error === 'string' ? error : '';
  if (/input is too long|string too long/i.test(text))
    return new GatewayError('context_too_long', 'The input is too long.');
  const message = `replicate ended the prediction as "${typeof status === 'string' ? status.slice(0, 40) : 'unknown'}".`;
  return new GatewayError('upstream_error', message, { upstreamStatus: 200 });
}

function chatAnswer(prediction: JsonObject, target: EncodeTarget): JsonObject {
  const { id, text, usage } = read(prediction, target);
  const message = { role: 'assistant', content: text, refusal: null };
  return {
    id,
    object: 'chat.completion',
    created: target.createdAt,
    model: target.model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: 'stop' }],
    ...(usage === undefined ? {} : { usage: usage.shown }),
  };
}

function openStream(target: EncodeTarget): StreamDecoder {
  const chunks = new ChatChunks();
  let isOver = false;
  return {
    event(data, _name, out) {
      if (isOver) return;
      const prediction = parseJson(data);
      if (!isJsonObject(prediction)) return out.malformed();
      isOver = true;
      try {
        const { id, text, usage } = read(prediction, target);
        chunks.begin({ id, created: target.createdAt, model: target.model }, out);
        chunks.text(text, out);
        chunks.usage(usage, out);
        chunks.finish('stop', out);
        out.done();
      } catch (error) {
        out.fail(error as GatewayError); // `read` throws nothing else
      }
    },
    end() {},
  };
}
