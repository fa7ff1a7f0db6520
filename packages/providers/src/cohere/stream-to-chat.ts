import { GatewayError, isJsonObject, type JsonObject } from '@portico/core';
import type { EncodeTarget, StreamDecoder, StreamSink } from '@portico/core/provider';
import { ChatChunks } from '../shared/chat-chunks.js';
import { errorInside } from '../shared/error-inside.js';
import { parseJson } from '../shared/parse-json.js';
import { annotationsFromCitations } from './annotations-from-citations.js';
import { idOf } from './answer-to-chat.js';
import { classify, providerName } from './classify.js';
import { failureOfFinish, finishToChat } from './finish-to-chat.js';
import { logprobsToChat } from './logprobs-to-chat.js';
import { usageToChat } from './usage-to-chat.js';

/** Translates the events of `/v2/chat` to chunks of a chat completion. Only `message-end` completes an answer. */
export function createChatStream(target: EncodeTarget): StreamDecoder {
  return new ChatEventsDecoder(target);
}

interface OpenCall {
  readonly index: number;
  text: string;
}

class ChatEventsDecoder implements StreamDecoder {
  readonly #target: EncodeTarget;
  readonly #chunks = new ChatChunks();
  /** By the API's index, which counts calls and contents together. */
  readonly #open = new Map<unknown, OpenCall>();
  readonly #calls: OpenCall[] = [];
  #isOver = false;

  constructor(target: EncodeTarget) {
    this.#target = target;
  }

  event(data: string, name: string | undefined, out: StreamSink): void {
    if (this.#isOver || data === '' || data.startsWith('[DONE]')) return;
    const event = parseJson(data);
    if (!isJsonObject(event)) return out.malformed();
    if (name === 'error' || (typeof event.type !== 'string' && (event.message ?? event.error) !== undefined)) {
      return this.#fail(classify(errorInside(event, data)), out);
    }
    this.#chunks.begin(
      { id: idOf(event, this.#target), created: this.#target.createdAt, model: this.#target.model },
      out,
    );
    const delta = isJsonObject(event.delta) ? event.delta : {};
    const message = isJsonObject(delta.message) ? delta.message : {};
    this.#read(event, delta, message, out);
  }

  // Without its last event an answer is not complete.
  end(): void {}

  #read(event: JsonObject, delta: JsonObject, message: JsonObject, out: StreamSink): void {
    switch (event.type) {
      case 'content-start':
      case 'content-delta':
        return this.#content(event, message.content, out);
      case 'tool-plan-delta':
        return this.#chunks.reasoning(textOf(message.tool_plan), out);
      case 'tool-call-start':
        return this.#openCall(event.index, message.tool_calls, out);
      case 'tool-call-delta':
        return this.#goOn(event.index, message.tool_calls, out);
      case 'tool-call-end':
        return this.#closeCall(this.#open.get(event.index), out);
      case 'citation-start':
        return this.#cite(message.citations, out);
      case 'message-end':
        return this.#finish(delta, out);
      default:
      // The other events mark where something begins or ends, or are for debugging.
    }
  }

  #content(event: JsonObject, content: unknown, out: StreamSink): void {
    const logprobs = event.logprobs === undefined ? null : logprobsToChat(event.logprobs);
    if (logprobs !== null) this.#chunks.logprobs(logprobs, out);
    if (!isJsonObject(content)) return;
    this.#chunks.reasoning(textOf(content.thinking), out);
    this.#chunks.text(textOf(content.text), out);
  }

  #openCall(place: unknown, call: unknown, out: StreamSink): void {
    const { id, function: called } = isJsonObject(call) ? call : ({} as JsonObject);
    if (!isJsonObject(called) || typeof called.name !== 'string') return out.malformed();
    const text = textOf(called.arguments);
    const given = typeof id === 'string' && id !== '' ? id : `call_${this.#chunks.calls}`;
    const opened = { index: this.#chunks.call(given, called.name, text, out), text };
    this.#open.set(place, opened);
    this.#calls.push(opened);
  }

  #goOn(place: unknown, call: unknown, out: StreamSink): void {
    const open = this.#open.get(place);
    const called = isJsonObject(call) ? call.function : undefined;
    if (open === undefined || !isJsonObject(called)) return out.malformed();
    const piece = textOf(called.arguments);
    open.text += piece;
    this.#chunks.callArguments(open.index, piece, out);
  }

  // A call without arguments comes with none at all, which no client can parse.
  #closeCall(call: OpenCall | undefined, out: StreamSink): void {
    if (call === undefined || call.text !== '') return;
    call.text = '{}';
    this.#chunks.callArguments(call.index, call.text, out);
  }

  #cite(cited: unknown, out: StreamSink): void {
    if (!isJsonObject(cited)) return;
    const annotations = annotationsFromCitations([cited]);
    const pages = annotations.length === 0 ? {} : { annotations };
    this.#chunks.fields({ ...pages, provider_specific_fields: { citations: [cited] } }, out);
  }

  #finish(delta: JsonObject, out: StreamSink): void {
    this.#chunks.usage(usageToChat(delta.usage), out);
    const { finish_reason: reason, error } = delta;
    const failure = failureOfFinish(error === undefined || error === null ? reason : 'ERROR') ?? this.#halfCall(reason);
    if (failure !== undefined) return this.#fail(failure, out);
    for (const call of this.#calls) this.#closeCall(call, out);
    this.#isOver = true;
    this.#chunks.finish(finishToChat(reason, this.#calls.length > 0), out);
    out.done();
  }

  // Half a call must not look like a complete one (f41). If the output limit cut it, the finish reason says so.
  #halfCall(reason: unknown): GatewayError | undefined {
    if (finishToChat(reason, true) === 'length') return undefined;
    const isHalf = this.#calls.some(({ text }) => text !== '' && parseJson(text) === undefined);
    return isHalf
      ? new GatewayError('upstream_error', `The stream of ${providerName} lost a part of a tool call.`)
      : undefined;
  }

  #fail(failure: GatewayError, out: StreamSink): void {
    this.#isOver = true;
    out.fail(failure);
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
