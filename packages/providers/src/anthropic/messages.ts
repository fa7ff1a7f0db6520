import { isJsonObject, type JsonObject } from '@portico/core';
import { type Codec, type StreamDecoder, type StreamSink, usageOfMessages } from '@portico/core/provider';
import { errorInside } from '../shared/error-inside.js';
import { parseJson } from '../shared/parse-json.js';
import { adaptToClaude } from './adapt-messages.js';
import { BETAS, betasIn, withBetas } from './betas.js';
import { classify } from './classify.js';
import { updateUsage } from './usage-to-chat.js';

/** Claude through its own API, for clients that use it: everything passes except for what this model refuses. */
export const messages: Codec = {
  encode: (request, target) => ({ ...adaptToClaude(request, target), model: target.model }),
  openStream: () => new MessagesReader(),
};

/** At Anthropic itself, where clients may send betas; other hosts of its models reject unknown ones. */
export const messagesWithBetas: Codec = {
  ...messages,
  headers: (own, asked) => withBetas(own, betasIn(asked.get(BETAS))),
};

/** Counts the tokens of a Messages request. */
export const countTokens: Codec = {
  ...messagesWithBetas,
  encode: ({ max_tokens: _bound, stream: _stream, ...request }, target) => messages.encode(request, target),
};

/** Forwards events unchanged, reads usage and the end from them, and adds the end event if the vendor leaves it out. */
class MessagesReader implements StreamDecoder {
  #usage: JsonObject = {};
  #callsTools = false;
  #isFinished = false;
  #isOver = false;

  event(data: string, name: string | undefined, out: StreamSink): void {
    if (this.#isOver || data === '') return;
    const event = parseJson(data);
    if (!isJsonObject(event)) return name === 'error' ? this.#fail(undefined, data, out) : out.malformed();
    if (name === 'error' || event.type === 'error') return this.#fail(event, data, out);
    if (typeof event.type !== 'string') return out.malformed();
    if (event.type === 'message_start' && isJsonObject(event.message))
      return this.#start(event, event.message, data, out);
    if (event.type === 'content_block_start' && isJsonObject(event.content_block))
      this.#callsTools ||= event.content_block.type === 'tool_use';
    if (event.type === 'content_block_delta') out.produced(lengthOf(event.delta));
    if (event.type === 'message_delta') return this.#delta(event, data, out);
    if (event.type === 'message_stop') return this.#stop(data, out);
    out.chunk(data, event.type === 'content_block_delta');
  }

  /** With its finish reason an answer is complete, even if its last event is missing. */
  end(out: StreamSink): void {
    if (!this.#isOver && this.#isFinished) this.#stop('{"type":"message_stop"}', out);
  }

  /** The count at the start is not yet the one that is billed. */
  #start(event: JsonObject, message: JsonObject, data: string, out: StreamSink): void {
    this.#usage = updateUsage(this.#usage, message.usage);
    const uncounted = { ...message, usage: { input_tokens: 0, output_tokens: 0 } };
    // The official client expects usage here and in the delta.
    out.chunk(isJsonObject(message.usage) ? data : JSON.stringify({ ...event, message: uncounted }), false);
  }

  #delta(event: JsonObject, data: string, out: StreamSink): void {
    const delta = isJsonObject(event.delta) ? event.delta : {};
    this.#isFinished ||= typeof delta.stop_reason === 'string';
    const usage = event.usage ?? delta.usage;
    this.#usage = updateUsage(this.#usage, usage);
    const told = isJsonObject(event.usage) ? data : JSON.stringify({ ...event, usage: usage ?? this.#lastCount() });
    out.chunk(told, true);
    const isCounted = isJsonObject(usage) && typeof usage.output_tokens === 'number';
    const read = isCounted ? usageOfMessages(this.#usage) : undefined;
    if (read !== undefined) out.usage(read, told);
  }

  #stop(data: string, out: StreamSink): void {
    if (!this.#isFinished) {
      const delta = { stop_reason: this.#callsTools ? 'tool_use' : 'end_turn', stop_sequence: null };
      out.chunk(JSON.stringify({ type: 'message_delta', delta, usage: this.#lastCount() }), true);
    }
    out.chunk(data, true);
    this.#isOver = true;
    out.done();
  }

  #lastCount(): JsonObject {
    return { output_tokens: this.#usage.output_tokens ?? 0 };
  }

  #fail(body: JsonObject | undefined, text: string, out: StreamSink): void {
    this.#isOver = true;
    out.fail(classify(errorInside(body, text)));
  }
}

function lengthOf(delta: unknown): number {
  if (!isJsonObject(delta)) return 0;
  const { text, thinking, partial_json: json } = delta;
  return [text, thinking, json].reduce<number>((sum, piece) => sum + (typeof piece === 'string' ? piece.length : 0), 0);
}
