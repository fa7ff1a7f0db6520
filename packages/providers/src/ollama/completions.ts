import { GatewayError, type JsonObject } from '@portico/core';
import type { Codec, EncodeTarget, StreamDecoder, StreamSink } from '@portico/core/provider';
import { invalid } from '../shared/drop-parameter.js';
import { jsonLinesFraming } from '../shared/json-lines-framing.js';
import {
  each,
  handledElsewhere,
  maxTokensOf,
  OPENAI_HINTS,
  type ParameterRules,
  parametersBy,
  unchanged,
  unsupported,
} from '../shared/parameter-rules.js';
import { warnOnce } from '../shared/warn-once.js';
import { finishToChat, idOf, usageToChat } from './answer-to-chat.js';
import { providerName } from './classify.js';
import { LinesDecoder } from './lines-decoder.js';
import { bounded, OPTIONS } from './model-options.js';

/** Legacy completions through `/api/generate`. */
export const completions: Codec = {
  encode,
  decode: textAnswer,
  openStream,
  framing: jsonLinesFraming,
};

const isOne = (value: unknown) => value === 1;
const isNothing = (value: unknown) => value === false || value === 0;

const PARAMETERS: ParameterRules = new Map([
  ...each(['model', 'prompt', 'max_tokens', 'stream', 'stream_options'], handledElsewhere),
  ...unchanged('suffix', 'system', 'template', 'raw', 'images', 'format', 'think', 'context'),
  ['n', unsupported('It returns one answer per request.', isOne)],
  ['best_of', unsupported('It returns one answer per request.', isOne)],
  ['echo', unsupported('The prompt is not echoed.', isNothing)],
  ['logprobs', unsupported('It does not support this one.', isNothing)],
  ['logit_bias', unsupported('Token ids are specific to a tokenizer, and this model has another one.')],
  ...OPTIONS,
  ...OPENAI_HINTS,
]);

function encode(request: JsonObject, givenTarget: EncodeTarget): JsonObject {
  const target = warnOnce(givenTarget);
  const body = {
    model: target.model,
    prompt: promptOf(request.prompt),
    ...parametersBy(PARAMETERS, request, target),
    stream: target.stream,
  };
  return bounded(body, maxTokensOf(request, target));
}

function promptOf(prompt: unknown): string {
  const prompts: readonly unknown[] = Array.isArray(prompt) ? prompt : [prompt ?? ''];
  const [only, ...more] = prompts;
  if (typeof only === 'string' && more.length === 0) return only;
  throw invalid('prompt', '"prompt" must be one text; this API accepts no token ids, and one prompt per request.');
}

function textAnswer(answer: JsonObject, target: EncodeTarget): JsonObject {
  const { response } = answer;
  if (typeof response !== 'string') {
    throw new GatewayError('upstream_error', `${providerName} answered without a text.`, { upstreamStatus: 200 });
  }
  const usage = usageToChat(answer);
  return {
    ...headOf(answer, target),
    choices: [choice(response, finishToChat(answer.done_reason, false))],
    ...(usage === undefined ? {} : { usage: usage.shown }),
  };
}

function openStream(target: EncodeTarget): StreamDecoder {
  let head: JsonObject | undefined;
  const emit = (out: StreamSink, text: string, finish: string | null) =>
    out.chunk(JSON.stringify({ ...head, choices: [choice(text, finish)] }), text !== '');
  return new LinesDecoder({
    line(line, out) {
      head ??= headOf(line, target);
      const { response } = line;
      if (typeof response !== 'string' || response === '') return;
      out.produced(response.length);
      emit(out, response, null);
    },
    end(line, out) {
      emit(out, '', finishToChat(line.done_reason, false));
      const usage = usageToChat(line);
      if (usage !== undefined) out.usage(usage.buckets, JSON.stringify({ ...head, choices: [], usage: usage.shown }));
    },
  });
}

function headOf(answer: JsonObject, target: EncodeTarget): JsonObject {
  const id = idOf(answer, target).replace('chatcmpl-', 'cmpl-');
  return { id, object: 'text_completion', created: target.createdAt, model: answer.model ?? target.model };
}

function choice(text: string, finish: string | null): JsonObject {
  return { index: 0, text, logprobs: null, finish_reason: finish };
}
