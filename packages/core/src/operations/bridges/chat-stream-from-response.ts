import type { StreamDecoder, StreamSink } from '../../codec.js';
import type { GatewayError } from '../../errors.js';
import { isJsonObject, type JsonObject } from '../../json.js';
import type { Usage } from '../../usage.js';
import { spellChatUsage } from '../chunk-stream.js';
import { itemsAsFields } from './bridged-items.js';
import { chatAnnotation, chatCall, chatHead, finishOf, isCall } from './chat-from-response.js';

/** Tells the events of one response as chat chunks: `responses` reads the events, and this makes the chunks. */
export function openChatStream(responses: StreamDecoder): StreamDecoder {
  let told: ChatChunks | undefined;
  const chunksTo = (out: StreamSink) => {
    told ??= new ChatChunks(out);
    return told;
  };
  return {
    event: (data, name, out) => responses.event(data, name, chunksTo(out)),
    end: (out) => responses.end(chunksTo(out)),
  };
}

/** A call by its place in the response. */
interface ToldCall {
  readonly index: number;
  given: string;
}

class ChatChunks implements StreamSink {
  readonly #out: StreamSink;
  #head: JsonObject = chatHead({}, 'chat.completion.chunk');
  #isOpen = false;
  readonly #calls = new Map<unknown, ToldCall>();
  /** Items of thinking of which a part was told, and which part that was. */
  readonly #thinking = new Map<unknown, string>();
  #thoughts = 0;
  /** Places of items of which text was told, since some vendors tell an item as a whole alone. */
  readonly #told = new Set<unknown>();
  #end: JsonObject = {};
  #usage: Usage | undefined;

  constructor(out: StreamSink) {
    this.#out = out;
  }

  // Only what becomes a chunk is content: of a response there are many events around it.
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
        this.#told.add(at);
        return this.#tell({ [type === 'response.refusal.delta' ? 'refusal' : 'content']: text }, event.logprobs);
      case 'response.reasoning_text.delta':
        return this.#think(at, 'told', text);
      case 'response.reasoning_summary_text.delta':
        return this.#think(at, `summary ${String(event.summary_index)}`, text);
      case 'response.function_call_arguments.delta':
      case 'response.custom_tool_call_input.delta':
        return this.#give(at, text, type === 'response.custom_tool_call_input.delta');
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
      const usage = { ...this.#head, choices: [], usage: spellChatUsage(this.#usage) };
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
    // Who tells both tells the thinking first, or its summary; the same is not told twice.
    if (before !== undefined && (before === 'told') !== (part === 'told')) return;
    const isNext = before === undefined ? this.#thoughts > 0 : before !== part;
    if (before === undefined) this.#thoughts += 1;
    this.#thinking.set(at, part);
    this.#tell({ reasoning_content: isNext ? `\n\n${text}` : text });
  }

  #call(at: unknown, item: JsonObject): ToldCall {
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

  /** The whole item: what of it came in no piece is told now. */
  #finishItem(at: unknown, item: JsonObject): void {
    if (isCall(item)) {
      const call = this.#call(at, item);
      const whole = item.type === 'custom_tool_call' ? item.input : item.arguments;
      if (call.given === '' && typeof whole === 'string') this.#give(at, whole, item.type === 'custom_tool_call');
    }
    if (item.type === 'message' && !this.#told.has(at) && Array.isArray(item.content)) {
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
