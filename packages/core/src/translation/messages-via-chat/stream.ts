import type { StreamDecoder, StreamSink } from '../../codec.js';
import { isJsonObject, type JsonObject } from '../../encoding/json.js';
import type { GatewayError } from '../../errors.js';
import type { Usage } from '../../usage/usage.js';
import { formatUsage, messageHead, stopReason } from './answer.js';

/** Translates chat chunks to the events of one message: `chat` makes the chunks, this class makes the events. */
export function createMessageStream(chat: StreamDecoder): StreamDecoder {
  let reported: MessageEvents | undefined;
  const eventsTo = (out: StreamSink) => {
    reported ??= new MessageEvents(out);
    return reported;
  };
  return {
    event: (data, name, out) => chat.event(data, name, eventsTo(out)),
    end: (out) => chat.end(eventsTo(out)),
  };
}

type BlockKind = 'thinking' | 'text' | 'tool_use';

class MessageEvents implements StreamSink {
  readonly #out: StreamSink;
  #isOpen = false;
  /** The current chunk carries part of the answer, and no event was sent for it yet. */
  #content = false;
  #blocks = 0;
  /** The text or thinking block that is open. */
  #current: { readonly kind: BlockKind; readonly index: number } | undefined;
  /** Blocks of calls by the call's own index; open until the end, because vendors may interleave them. */
  readonly #calls = new Map<unknown, number>();
  #stop: unknown;
  #usage: Usage | undefined;
  #producedCharacters = 0;

  constructor(out: StreamSink) {
    this.#out = out;
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
      if (choice.finish_reason) this.#stop = choice.finish_reason;
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
    this.#close();
    for (const index of this.#calls.values()) this.#send({ type: 'content_block_stop', index });
    const usage = this.#usage === undefined ? this.#guess() : formatUsage(this.#usage);
    this.#send({ type: 'message_delta', delta: { stop_reason: stopReason(this.#stop), stop_sequence: null }, usage });
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
    if (typeof thinking === 'string' && thinking !== '') {
      this.#delta('thinking', { type: 'thinking_delta', thinking });
    }
    if (Array.isArray(delta.thinking_blocks)) {
      for (const block of delta.thinking_blocks as unknown[]) if (isJsonObject(block)) this.#sign(block);
    }
    const text = delta.content || delta.refusal;
    if (typeof text === 'string' && text !== '') this.#delta('text', { type: 'text_delta', text });
    if (Array.isArray(delta.tool_calls)) {
      for (const call of delta.tool_calls as unknown[]) if (isJsonObject(call)) this.#call(call);
    }
  }

  /** A complete block with its signature: only the signature if its text was already streamed, else all of it. */
  #sign(block: JsonObject): void {
    if (block.type === 'thinking' && this.#current?.kind === 'thinking') {
      this.#send({
        type: 'content_block_delta',
        index: this.#current.index,
        delta: { type: 'signature_delta', signature: block.signature },
      });
      return this.#close();
    }
    this.#close();
    const index = this.#blocks++;
    this.#send({ type: 'content_block_start', index, content_block: block });
    this.#send({ type: 'content_block_stop', index });
  }

  #call(call: JsonObject): void {
    const reported = isJsonObject(call.function) ? call.function : {};
    let index = this.#calls.get(call.index);
    if (index === undefined) {
      this.#close();
      index = this.#blocks++;
      this.#calls.set(call.index, index);
      const block = { type: 'tool_use', id: call.id, name: reported.name, input: {} };
      this.#send({ type: 'content_block_start', index, content_block: block });
    }
    if (typeof reported.arguments !== 'string' || reported.arguments === '') return;
    const delta = { type: 'input_json_delta', partial_json: reported.arguments };
    this.#send({ type: 'content_block_delta', index, delta });
  }

  #delta(kind: 'thinking' | 'text', delta: JsonObject): void {
    if (this.#current?.kind !== kind) {
      this.#close();
      this.#current = { kind, index: this.#blocks++ };
      const block = kind === 'text' ? { type: 'text', text: '' } : { type: 'thinking', thinking: '', signature: '' };
      this.#send({ type: 'content_block_start', index: this.#current.index, content_block: block });
    }
    this.#send({ type: 'content_block_delta', index: this.#current.index, delta });
  }

  #close(): void {
    if (this.#current === undefined) return;
    this.#send({ type: 'content_block_stop', index: this.#current.index });
    this.#current = undefined;
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
