import {
  type Codec,
  isJsonObject,
  type JsonObject,
  type StreamDecoder,
  type StreamSink,
  usageOfMessages,
} from '@portico/core';
import { errorInside } from '../shared/error-inside.js';
import { parseJson } from '../shared/parse-json.js';
import { BETAS, betasIn, withBetas } from './betas.js';
import { classify } from './classify.js';
import { updateUsage } from './usage-to-chat.js';

/** Its own wire, asked by clients that speak it: everything passes but for the model's name. */
export const messages: Codec = {
  encode: (request, target) => ({ ...request, model: target.model }),
  openStream: () => new MessagesReader(),
};

/** At Anthropic itself, where clients may name betas; other hosts of its models refuse those that they do not know. */
export const messagesWithBetas: Codec = {
  ...messages,
  headers: (own, asked) => withBetas(own, betasIn(asked.get(BETAS))),
};

/** Counts what `messages` would be asked. */
export const countTokens: Codec = {
  ...messagesWithBetas,
  encode: ({ max_tokens: _bound, stream: _stream, ...request }, target) => ({ ...request, model: target.model }),
};

/** Events that carry a part of the answer; the others are what stands around it. */
const CONTENT = new Set(['content_block_delta', 'message_delta', 'message_stop']);

/** Hands events on as they came, and reads usage and the end from them. */
class MessagesReader implements StreamDecoder {
  #usage: JsonObject = {};
  #isOver = false;

  event(data: string, name: string | undefined, out: StreamSink): void {
    if (this.#isOver || data === '') return;
    const event = parseJson(data);
    if (!isJsonObject(event)) return name === 'error' ? this.#fail(undefined, data, out) : out.malformed();
    if (name === 'error' || event.type === 'error') return this.#fail(event, data, out);
    if (typeof event.type !== 'string') return out.malformed();
    if (event.type === 'message_start' && isJsonObject(event.message)) this.#count(event.message.usage, data, out);
    if (event.type === 'message_delta') this.#count(event.usage, data, out);
    if (event.type === 'content_block_delta') out.produced(lengthOf(event.delta));
    out.chunk(data, CONTENT.has(event.type));
    if (event.type !== 'message_stop') return;
    this.#isOver = true;
    out.done();
  }

  // Only its last event completes an answer.
  end(): void {}

  #count(usage: unknown, data: string, out: StreamSink): void {
    this.#usage = updateUsage(this.#usage, usage);
    const read = usageOfMessages(this.#usage);
    if (read !== undefined) out.usage(read, data);
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
