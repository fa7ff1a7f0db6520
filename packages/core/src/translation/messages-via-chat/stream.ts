import type { StreamDecoder, StreamSink } from '../../codec.js';
import { isJsonObject, type JsonObject } from '../../encoding/json.js';
import type { GatewayError } from '../../errors.js';
import type { Usage } from '../../usage/usage.js';
import { formatUsage, messageHead } from './answer.js';
import { BlockQueue } from './block-queue.js';
import { stopOf, stopSequenceIn } from './stop.js';
import { clientNames } from './tool-names.js';

/**
 * Translates chat chunks to the events of one message: `chat` makes the chunks, this class makes the events. `request`
 * is the client's.
 */
export function createMessageStream(chat: StreamDecoder, request?: JsonObject): StreamDecoder {
  let reported: MessageEvents | undefined;
  const eventsTo = (out: StreamSink) => {
    reported ??= new MessageEvents(out, request);
    return reported;
  };
  return {
    event: (data, name, out) => chat.event(data, name, eventsTo(out)),
    end: (out) => chat.end(eventsTo(out)),
  };
}

class MessageEvents implements StreamSink {
  readonly #out: StreamSink;
  readonly #request: JsonObject | undefined;
  readonly #names: ReadonlyMap<string, string>;
  #isOpen = false;
  /** The current chunk carries part of the answer, and no event was sent for it yet. */
  #content = false;
  readonly #blocks = new BlockQueue((event) => this.#send(event));
  #finish: unknown;
  #sequence: string | undefined;
  #usage: Usage | undefined;
  #producedCharacters = 0;

  constructor(out: StreamSink, request: JsonObject | undefined) {
    this.#out = out;
    this.#request = request;
    this.#names = clientNames(request);
  }

  chunk(json: string, content: boolean): void {
    const chunk: unknown = JSON.parse(json);
    if (!isJsonObject(chunk)) return this.#out.malformed();
    this.#content = content;
    this.#begin(chunk);
    const choices = Array.isArray(chunk.choices) ? (chunk.choices as unknown[]).filter(isJsonObject) : [];
    for (const choice of choices) {
      // A message is one answer; of several the first is used.
      if (choice.index !== undefined && choice.index !== 0) continue;
      if (isJsonObject(choice.delta)) this.#tell(choice.delta);
      if (choice.finish_reason) this.#finish = choice.finish_reason;
      this.#sequence ??= stopSequenceIn(choice, this.#request);
    }
    // A chunk without text, such as the finish reason, may be what commits the stream.
    if (this.#content) this.#send({ type: 'ping' });
  }

  usage(usage: Usage, json: string): void {
    this.#usage = usage;
    this.#out.usage(usage, json);
  }

  produced(characters: number): void {
    this.#producedCharacters += characters;
    this.#out.produced(characters);
  }

  done(): void {
    this.#begin({});
    this.#blocks.end();
    const usage = this.#usage === undefined ? this.#guess() : formatUsage(this.#usage);
    const delta = stopOf(this.#finish, this.#blocks.hasCalls, this.#sequence);
    this.#send({ type: 'message_delta', delta, usage });
    this.#send({ type: 'message_stop' });
    this.#out.done();
  }

  fail(failure: GatewayError): void {
    this.#out.fail(failure);
  }

  malformed(): void {
    this.#out.malformed();
  }

  #begin(chunk: JsonObject): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    const message = { ...messageHead(chunk), content: [], stop_reason: null, stop_sequence: null };
    this.#send({ type: 'message_start', message: { ...message, usage: { input_tokens: 0, output_tokens: 0 } } });
  }

  #tell(delta: JsonObject): void {
    const thinking = delta.reasoning_content ?? delta.reasoning;
    if (typeof thinking === 'string' && thinking !== '') this.#blocks.think(thinking);
    if (Array.isArray(delta.thinking_blocks)) {
      for (const block of delta.thinking_blocks as unknown[]) if (isJsonObject(block)) this.#blocks.sign(block);
    }
    const text = delta.content || delta.refusal;
    if (typeof text === 'string' && text !== '') this.#blocks.say(text);
    if (Array.isArray(delta.tool_calls)) {
      for (const call of delta.tool_calls as unknown[]) if (isJsonObject(call)) this.#call(call);
    }
  }

  #call({ index, id, function: reported }: JsonObject): void {
    const { name, arguments: given } = isJsonObject(reported) ? reported : ({} as JsonObject);
    this.#blocks.call(
      index,
      { id, name: this.#names.get(String(name)) ?? name },
      typeof given === 'string' ? given : '',
    );
  }

  #send(event: JsonObject): void {
    const content = this.#content && event.type !== 'message_start';
    if (content) this.#content = false;
    this.#out.chunk(JSON.stringify(event), content);
  }

  /** If the vendor reported no usage: four characters per token, so that no client sees a usage of zero. */
  #guess(): JsonObject {
    return { input_tokens: 0, output_tokens: Math.ceil(this.#producedCharacters / 4) };
  }
}
