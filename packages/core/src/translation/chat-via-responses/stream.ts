import type { StreamDecoder, StreamSink } from '../../codec.js';
import { formatChatUsage } from '../../encoding/chunk-stream.js';
import { isJsonObject, type JsonObject } from '../../encoding/json.js';
import type { GatewayError } from '../../errors.js';
import type { Usage } from '../../usage/usage.js';
import { itemsAsFields } from '../reasoning-items.js';
import { chatAnnotation, chatCall, chatHead, finishOf, isCall } from './answer.js';

/** Translates the events of a response to chat chunks: `responses` reads the events, this class makes the chunks. */
export function createChatStream(responses: StreamDecoder): StreamDecoder {
  let reported: ChatChunks | undefined;
  const chunksTo = (out: StreamSink) => {
    reported ??= new ChatChunks(out);
    return reported;
  };
  return {
    event: (data, name, out) => responses.event(data, name, chunksTo(out)),
    end: (out) => responses.end(chunksTo(out)),
  };
}

/** A call by its index in the response. */
interface ReportedCall {
  readonly index: number;
  given: string;
}

class ChatChunks implements StreamSink {
  readonly #out: StreamSink;
  #head: JsonObject = chatHead({}, 'chat.completion.chunk');
  #isOpen = false;
  readonly #calls = new Map<unknown, ReportedCall>();
  /** Reasoning items that were partly sent, and which part that was. */
  readonly #thinking = new Map<unknown, string>();
  #thoughts = 0;
  /** Indexes of items whose text was sent, because some vendors send only complete items. */
  readonly #reported = new Set<unknown>();
  #end: JsonObject = {};
  #usage: Usage | undefined;

  constructor(out: StreamSink) {
    this.#out = out;
  }

  // Only what becomes a chunk counts as content: a response has many other events.
  chunk(json: string): void {
    const event: unknown = JSON.parse(json);
    if (!isJsonObject(event)) return this.#out.malformed();
    const { type, delta, output_index: at, item, response } = event;
    if (isJsonObject(response)) {
      this.#head = chatHead(response, 'chat.completion.chunk');
      this.#end = response;
    }
    const text = typeof delta === 'string' && delta !== '' ? delta : undefined;
    switch (type) {
      case 'response.output_text.delta':
      case 'response.refusal.delta':
        if (text === undefined) return;
        this.#reported.add(at);
        return this.#tell({ [type === 'response.refusal.delta' ? 'refusal' : 'content']: text }, event.logprobs);
      case 'response.reasoning_text.delta':
        return this.#think(at, 'reported', text);
      case 'response.reasoning_summary_text.delta':
        return this.#think(at, `summary ${String(event.summary_index)}`, text);
      case 'response.function_call_arguments.delta':
      case 'response.custom_tool_call_input.delta':
        return this.#give(at, text, type === 'response.custom_tool_call_input.delta');
      // Some servers send the arguments only here, as LM Studio does, and an empty object with the item.
      case 'response.function_call_arguments.done':
        return this.#giveWhole(at, event.arguments, false);
      case 'response.custom_tool_call_input.done':
        return this.#giveWhole(at, event.input, true);
      case 'response.output_text.annotation.added':
        return this.#tell({ annotations: [chatAnnotation(event.annotation)] });
      case 'response.output_item.added':
        if (isJsonObject(item) && isCall(item)) this.#call(at, item);
        return;
      case 'response.output_item.done':
        if (isJsonObject(item)) this.#finishItem(at, item);
    }
  }

  usage(usage: Usage): void {
    this.#usage = usage;
  }

  produced(characters: number): void {
    this.#out.produced(characters);
  }

  done(): void {
    this.#open();
    const finish = finishOf(this.#end, this.#calls.size > 0);
    this.#send({ choices: [{ index: 0, delta: {}, finish_reason: finish }] }, true);
    if (this.#usage !== undefined) {
      const usage = { ...this.#head, choices: [], usage: formatChatUsage(this.#usage) };
      this.#out.usage(this.#usage, JSON.stringify(usage));
    }
    this.#out.done();
  }

  fail(failure: GatewayError): void {
    this.#out.fail(failure);
  }

  malformed(): void {
    this.#out.malformed();
  }

  #think(at: unknown, part: string, text: string | undefined): void {
    if (text === undefined) return;
    const before = this.#thinking.get(at);
    // A vendor that sends both sends the reasoning first, or its summary; the same text is not sent twice.
    if (before !== undefined && (before === 'reported') !== (part === 'reported')) return;
    const isNext = before === undefined ? this.#thoughts > 0 : before !== part;
    if (before === undefined) this.#thoughts += 1;
    this.#thinking.set(at, part);
    this.#tell({ reasoning_content: isNext ? `\n\n${text}` : text });
  }

  #call(at: unknown, item: JsonObject): ReportedCall {
    const known = this.#calls.get(at);
    if (known !== undefined) return known;
    const call = { index: this.#calls.size, given: '' };
    this.#calls.set(at, call);
    this.#tell({ tool_calls: [{ index: call.index, ...chatCall({ ...item, arguments: '', input: '' }) }] });
    return call;
  }

  #give(at: unknown, text: string | undefined, isCustom: boolean): void {
    const call = this.#calls.get(at);
    if (text === undefined || call === undefined) return;
    call.given += text;
    const piece = isCustom ? { custom: { input: text } } : { function: { arguments: text } };
    this.#tell({ tool_calls: [{ index: call.index, ...piece }] });
  }

  /** All of what a call is given, unless it was streamed. */
  #giveWhole(at: unknown, whole: unknown, isCustom: boolean): void {
    if (this.#calls.get(at)?.given === '' && typeof whole === 'string' && whole !== '') this.#give(at, whole, isCustom);
  }

  /** The complete item: the parts that were not streamed are sent now. */
  #finishItem(at: unknown, item: JsonObject): void {
    if (isCall(item)) {
      const isCustom = item.type === 'custom_tool_call';
      this.#call(at, item);
      this.#giveWhole(at, isCustom ? item.input : item.arguments, isCustom);
    }
    if (item.type === 'message' && !this.#reported.has(at) && Array.isArray(item.content)) {
      for (const part of (item.content as unknown[]).filter(isJsonObject)) {
        if (typeof part.text === 'string' && part.text !== '') this.#tell({ content: part.text });
        if (typeof part.refusal === 'string' && part.refusal !== '') this.#tell({ refusal: part.refusal });
      }
    }
    if (item.type === 'reasoning') {
      const fields = itemsAsFields([item]);
      if (fields.provider_specific_fields !== undefined) this.#tell(fields);
    }
  }

  #tell(delta: JsonObject, logprobs?: unknown): void {
    this.#open();
    const likely = Array.isArray(logprobs) && logprobs.length > 0 ? { logprobs: { content: logprobs } } : {};
    this.#send({ choices: [{ index: 0, delta, ...likely, finish_reason: null }] }, true);
  }

  #open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#send({ choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }] }, false);
  }

  #send(fields: JsonObject, content: boolean): void {
    this.#out.chunk(JSON.stringify({ ...this.#head, ...fields }), content);
  }
}
