import { GatewayError, isJsonObject, type JsonObject } from '@portico/core';
import type { EncodeTarget, StreamDecoder, StreamSink } from '@portico/core/provider';
import { errorInside } from '../shared/error-inside.js';
import { parseObject } from '../shared/parse-json.js';
import { annotationsFromCitations } from './annotations-from-citations.js';
import { serviceTier } from './answer-to-chat.js';
import { ChatOrder } from './chat-order.js';
import { classify } from './classify.js';
import { finishToChat } from './finish-to-chat.js';
import { isSignedThinking } from './signed-thinking.js';
import { ANSWER_TOOL } from './structured-output.js';
import { updateUsage, usageToChat } from './usage-to-chat.js';

/**
 * Translates a Messages stream to chunks of a chat completion. Thinking is sent as `delta.reasoning_content` piece by
 * piece and, once a block is complete, as one entry of `delta.thinking_blocks` with its signature: a client that
 * collects the entries can send them back unchanged. If the chat fields cannot represent the answer, complete blocks
 * are sent as entries of `delta.provider_specific_fields.content_blocks`, in order and from the first.
 */
export function createChatStream(target: EncodeTarget, providerName = 'Anthropic'): StreamDecoder {
  return new MessagesDecoder(target, providerName);
}

interface OpenBlock {
  /** The block as in a whole answer, filled as its pieces arrive. */
  readonly block: JsonObject;
  /** The index among the client's calls; undefined for all other blocks. */
  readonly call: number | undefined;
  /** Its input as text, so far. */
  json: string;
  /** Where its text begins in the message. */
  readonly start: number;
  /** A part of it may be missing: it was never closed, or an event could not be read while it was open. */
  isDoubtful: boolean;
}

const UNFINISHED = ',"logprobs":null,"finish_reason":null}]}';

/** The state machine behind `createChatStream`, for APIs with the same content in other events. */
export class MessagesDecoder implements StreamDecoder {
  readonly #target: EncodeTarget;
  readonly #providerName: string;
  readonly #open = new Map<unknown, OpenBlock>();
  readonly #order = new ChatOrder();
  /** Complete blocks that were not sent as such. */
  #unsent: JsonObject[] = [];
  /** The part of a chunk that is the same in all; empty until the message starts. */
  #head = '';
  #opening = '';
  #calls = 0;
  #textLength = 0;
  #usage: JsonObject = {};
  /** The output count is a placeholder until the end of the message. */
  #isCounted = false;
  #ending: JsonObject | undefined;
  #isOver = false;

  constructor(target: EncodeTarget, providerName: string) {
    this.#target = target;
    this.#providerName = providerName;
  }

  event(data: string, name: string | undefined, out: StreamSink): void {
    // Some routers add OpenAI's terminator to this API.
    if (this.#isOver || data.startsWith('[DONE]')) return;
    const event = parseObject(data);
    if (event === undefined) return this.doubt(out);
    if ((event.type ?? name) !== 'error') return this.read(event, out, name);
    this.#isOver = true;
    out.fail(classify(errorInside(event, data)));
  }

  /** One event that is not an error. */
  read(event: JsonObject, out: StreamSink, name?: string): void {
    if (this.#isOver) return;
    switch (event.type ?? name) {
      case 'content_block_delta':
        return this.#delta(event, out);
      case 'content_block_start':
        return this.#blockStart(event, out);
      case 'content_block_stop':
        return this.#blockStop(event.index, out);
      case 'message_start':
        return this.#messageStart(event.message, out);
      case 'message_delta':
        return this.#messageDelta(event);
      case 'message_stop':
        return this.#finish(out);
    }
  }

  end(out: StreamSink): void {
    if (!this.#isOver && this.#ending !== undefined) this.#finish(out);
  }

  /** An event could not be read: open blocks may lack a part. */
  doubt(out: StreamSink): void {
    for (const open of this.#open.values()) open.isDoubtful = true;
    out.malformed();
  }

  #messageStart(message: unknown, out: StreamSink): void {
    const { id, model, usage } = isJsonObject(message) ? message : {};
    this.#usage = updateUsage(this.#usage, usage);
    this.#begin(id, model, usage, out);
  }

  #begin(id: unknown, model: unknown, usage: unknown, out: StreamSink): void {
    if (this.#head !== '') return;
    const fields = JSON.stringify({
      id: id ?? `chatcmpl-${this.#target.createdAt}`,
      object: 'chat.completion.chunk',
      created: this.#target.createdAt,
      model: model ?? this.#target.model,
      ...serviceTier(usage),
    });
    this.#head = fields.slice(0, -1);
    this.#opening = `${this.#head},"choices":[{"index":0,"delta":`;
    out.chunk(`${this.#opening}{"role":"assistant","content":""}${UNFINISHED}`, false);
  }

  #blockStart(event: JsonObject, out: StreamSink): void {
    if (!isJsonObject(event.content_block)) return out.malformed();
    this.#begin(undefined, undefined, undefined, out);
    const block = { ...event.content_block };
    this.#order.begin(block);
    const isCall = block.type === 'tool_use' && block.name !== ANSWER_TOOL;
    const open = {
      block,
      call: isCall ? this.#calls : undefined,
      json: '',
      start: this.#textLength,
      isDoubtful: false,
    };
    this.#open.set(event.index, open);
    if (isCall) {
      this.#calls += 1;
      const called = {
        index: open.call,
        id: block.id,
        type: 'function',
        function: { name: block.name, arguments: '' },
      };
      this.#send(`{"tool_calls":[${JSON.stringify(called)}]}`, out);
    }
    // Most blocks begin empty; the content of others is their first piece.
    if (isJsonObject(block.input) && Object.keys(block.input).length > 0) {
      this.#input(open, JSON.stringify(block.input), out);
    }
    if (typeof block.text === 'string') this.#text(block.text, out);
    if (typeof block.thinking === 'string') this.#reasoning(block.thinking, out);
  }

  #delta(event: JsonObject, out: StreamSink): void {
    const open = this.#open.get(event.index);
    const { delta } = event;
    if (open === undefined || !isJsonObject(delta)) return this.doubt(out);
    const { block } = open;
    switch (delta.type) {
      case 'text_delta':
        if (typeof delta.text !== 'string') return out.malformed();
        block.text = typeof block.text === 'string' ? block.text + delta.text : delta.text;
        return this.#text(delta.text, out);
      case 'input_json_delta':
        return typeof delta.partial_json === 'string' ? this.#input(open, delta.partial_json, out) : this.doubt(out);
      case 'thinking_delta':
        if (typeof delta.thinking !== 'string') return out.malformed();
        block.thinking = typeof block.thinking === 'string' ? block.thinking + delta.thinking : delta.thinking;
        return this.#reasoning(delta.thinking, out);
      case 'signature_delta':
        block.signature = delta.signature;
        return;
      case 'citations_delta':
        block.citations = [...(Array.isArray(block.citations) ? (block.citations as unknown[]) : []), delta.citation];
        return;
    }
  }

  #text(text: string, out: StreamSink): void {
    if (text === '') return;
    this.#textLength += text.length;
    out.produced(text.length);
    out.chunk(`${this.#opening}{"content":${JSON.stringify(text)}}${UNFINISHED}`, true);
  }

  #reasoning(text: string, out: StreamSink): void {
    if (text === '') return;
    out.produced(text.length);
    out.chunk(`${this.#opening}{"reasoning_content":${JSON.stringify(text)}}${UNFINISHED}`, true);
  }

  #input(open: OpenBlock, json: string, out: StreamSink): void {
    if (json === '') return;
    open.json += json;
    if (open.call !== undefined) {
      out.produced(json.length);
      const piece = `{"tool_calls":[{"index":${open.call},"function":{"arguments":${JSON.stringify(json)}}}]}`;
      out.chunk(`${this.#opening}${piece}${UNFINISHED}`, true);
    } else if (open.block.name === ANSWER_TOOL) {
      this.#text(json, out);
    }
  }

  #blockStop(index: unknown, out: StreamSink): void {
    const open = this.#open.get(index);
    if (open === undefined) return;
    this.#open.delete(index);
    const { block } = open;
    if (block.type === 'tool_use' && open.json === '') this.#input(open, '{}', out);
    if (open.json !== '') {
      const input = parseObject(open.json);
      // Half a call must not look like a complete one (f41). If the output limit cut it, the finish reason says so.
      if (input === undefined && open.isDoubtful) return this.#fail('lost a part of a tool call', out);
      block.input = input ?? open.json;
    }
    this.#order.end(block);
    if (isSignedThinking(block)) this.#send(`{"thinking_blocks":[${JSON.stringify(block)}]}`, out);
    const annotations = annotationsFromCitations(block, open.start);
    if (annotations.length > 0) this.#send(JSON.stringify({ annotations }), out);
    this.#unsent.push(block);
    if (!this.#order.isBroken) return;
    this.#send(JSON.stringify({ provider_specific_fields: { content_blocks: this.#unsent } }), out);
    this.#unsent = [];
  }

  #messageDelta(event: JsonObject): void {
    const delta = isJsonObject(event.delta) ? event.delta : {};
    const usage = event.usage ?? delta.usage;
    this.#usage = updateUsage(this.#usage, usage);
    this.#isCounted ||= isJsonObject(usage) && typeof usage.output_tokens === 'number';
    if (delta.stop_reason) this.#ending = delta;
  }

  #finish(out: StreamSink): void {
    for (const [index, open] of this.#open) {
      open.isDoubtful = true;
      this.#blockStop(index, out);
      if (this.#isOver) return;
    }
    this.#isOver = true;
    this.#begin(undefined, undefined, undefined, out);
    const finish = JSON.stringify({ logprobs: null, ...finishToChat(this.#ending ?? {}, this.#calls > 0) });
    out.chunk(`${this.#opening}{},${finish.slice(1)}]}`, false);
    const usage = this.#isCounted ? usageToChat(this.#usage) : undefined;
    if (usage !== undefined) {
      out.usage(usage.buckets, `${this.#head},"choices":[],"usage":${JSON.stringify(usage.shown)}}`);
    }
    out.done();
  }

  #fail(what: string, out: StreamSink): void {
    this.#isOver = true;
    out.fail(new GatewayError('upstream_error', `The stream of ${this.#providerName} ${what}.`));
  }

  #send(delta: string, out: StreamSink): void {
    out.chunk(`${this.#opening}${delta}${UNFINISHED}`, true);
  }
}
