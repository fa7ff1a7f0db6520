import type { StreamDecoder, StreamSink } from '../../codec.js';
import { isJsonObject, type JsonObject } from '../../encoding/json.js';
import type { GatewayError } from '../../errors.js';
import type { Usage } from '../../usage/usage.js';
import {
  argumentsFor,
  callItem,
  ending,
  formatUsage,
  freeText,
  itemIds,
  messageItem,
  reasoningItem,
  responseHead,
  textPart,
  toolNamed,
} from './answer.js';
import { type OfferedTool, offeredTools } from './offered-tools.js';

/** Translates chat chunks to the events of one response: `chat` makes the chunks, this class makes the events. */
export function createResponseStream(chat: StreamDecoder, request: JsonObject | undefined): StreamDecoder {
  let reported: ResponseEvents | undefined;
  const eventsTo = (out: StreamSink) => {
    reported ??= new ResponseEvents(out, request);
    return reported;
  };
  return {
    event: (data, name, out) => chat.event(data, name, eventsTo(out)),
    end: (out) => chat.end(eventsTo(out)),
  };
}

/** The open item: thinking, or a message with one part of text or refusal. */
interface OpenItem {
  readonly kind: 'reasoning' | 'text' | 'refusal';
  readonly id: string;
  readonly index: number;
  text: string;
  blocks: JsonObject[];
}

/** An open call; it stays open until the end, because vendors may interleave calls. */
interface OpenCall {
  readonly id: string;
  readonly index: number;
  readonly callId: unknown;
  readonly tool: OfferedTool;
  given: string;
}

class ResponseEvents implements StreamSink {
  readonly #out: StreamSink;
  readonly #request: JsonObject | undefined;
  readonly #tools: ReadonlyMap<string, OfferedTool>;
  #head: (JsonObject & { readonly id: string }) | undefined;
  #idOf = itemIds('resp_unnamed');
  #sequence = 0;
  /** The current chunk carries part of the answer, and no event was sent for it yet. */
  #content = false;
  #isCommitted = false;
  /** Finished items by their index. */
  readonly #output: JsonObject[] = [];
  #items = 0;
  #current: OpenItem | undefined;
  readonly #calls = new Map<unknown, OpenCall>();
  #finish: unknown;
  #usage: Usage | undefined;

  constructor(out: StreamSink, request: JsonObject | undefined) {
    this.#out = out;
    this.#request = request;
    this.#tools = offeredTools(request);
  }

  chunk(json: string, content: boolean): void {
    const chunk: unknown = JSON.parse(json);
    if (!isJsonObject(chunk)) return this.#out.malformed();
    this.#content = content;
    this.#begin(chunk);
    const choices = Array.isArray(chunk.choices) ? (chunk.choices as unknown[]).filter(isJsonObject) : [];
    for (const choice of choices) {
      // A response is one answer; of several the first is used.
      if (choice.index !== undefined && choice.index !== 0) continue;
      if (isJsonObject(choice.delta)) this.#tell(choice.delta);
      if (choice.finish_reason) this.#finish = choice.finish_reason;
    }
    // A chunk without text, such as the finish reason, may be what commits the stream. Resuming later would replace
    // what was
    // sent: clients take the complete response from the last event.
    if (this.#content && !this.#isCommitted) this.#send('response.in_progress', { response: this.#head }, true);
  }

  usage(usage: Usage, json: string): void {
    this.#usage = usage;
    this.#out.usage(usage, json);
  }

  produced(characters: number): void {
    this.#out.produced(characters);
  }

  done(): void {
    this.#begin({});
    this.#close();
    for (const call of this.#calls.values()) this.#closeCall(call);
    const end = ending(this.#finish);
    const response = { ...this.#head, ...end, output: this.#output, usage: formatUsage(this.#usage) };
    this.#send(end.status === 'completed' ? 'response.completed' : 'response.incomplete', { response });
    this.#out.done();
  }

  fail(failure: GatewayError): void {
    this.#out.fail(failure);
  }

  malformed(): void {
    this.#out.malformed();
  }

  #begin(chunk: JsonObject): void {
    if (this.#head !== undefined) return;
    this.#head = responseHead(chunk, this.#request);
    this.#idOf = itemIds(this.#head.id);
    this.#send('response.created', { response: this.#head });
    this.#send('response.in_progress', { response: this.#head });
  }

  #tell(delta: JsonObject): void {
    const thinking = delta.reasoning_content ?? delta.reasoning;
    if (typeof thinking === 'string' && thinking !== '') this.#write('reasoning', thinking);
    if (Array.isArray(delta.thinking_blocks)) {
      const blocks = (delta.thinking_blocks as unknown[]).filter(isJsonObject);
      for (const each of blocks) this.#opened('reasoning').blocks.push(each);
    }
    if (typeof delta.content === 'string' && delta.content !== '') this.#write('text', delta.content);
    if (typeof delta.refusal === 'string' && delta.refusal !== '') this.#write('refusal', delta.refusal);
    if (Array.isArray(delta.tool_calls)) {
      for (const call of delta.tool_calls as unknown[]) if (isJsonObject(call)) this.#call(call);
    }
  }

  #write(kind: OpenItem['kind'], text: string): void {
    const item = this.#opened(kind);
    const isFirst = item.text === '';
    item.text += text;
    const at = { item_id: item.id, output_index: item.index };
    if (kind === 'reasoning') {
      if (isFirst) {
        this.#send('response.reasoning_summary_part.added', {
          ...at,
          summary_index: 0,
          part: { type: 'summary_text', text: '' },
        });
      }
      return this.#send('response.reasoning_summary_text.delta', { ...at, summary_index: 0, delta: text }, true);
    }
    if (kind === 'text')
      this.#send('response.output_text.delta', { ...at, content_index: 0, delta: text, logprobs: [] }, true);
    else this.#send('response.refusal.delta', { ...at, content_index: 0, delta: text }, true);
  }

  /** The open item if it is of this kind, else a new one. */
  #opened(kind: OpenItem['kind']): OpenItem {
    if (this.#current?.kind === kind) return this.#current;
    this.#close();
    const index = this.#items++;
    const item = { kind, id: this.#idOf(kind === 'reasoning' ? 'rs' : 'msg', index), index, text: '', blocks: [] };
    this.#current = item;
    const begun = kind === 'reasoning' ? reasoningItem(item.id, '', []) : messageItem(item.id, [], 'in_progress');
    // Thinking may come without readable text; its item then commits the stream.
    this.#send('response.output_item.added', { output_index: index, item: begun }, true);
    if (kind !== 'reasoning') {
      this.#send('response.content_part.added', {
        item_id: item.id,
        output_index: index,
        content_index: 0,
        part: partOf(kind, ''),
      });
    }
    return item;
  }

  #close(): void {
    const item = this.#current;
    if (item === undefined) return;
    this.#current = undefined;
    const { kind, text } = item;
    const at = { item_id: item.id, output_index: item.index };
    if (kind === 'reasoning') {
      if (text !== '') {
        this.#send('response.reasoning_summary_text.done', { ...at, summary_index: 0, text });
        this.#send('response.reasoning_summary_part.done', {
          ...at,
          summary_index: 0,
          part: { type: 'summary_text', text },
        });
      }
      return this.#finished(item.index, reasoningItem(item.id, text, item.blocks));
    }
    if (kind === 'text') this.#send('response.output_text.done', { ...at, content_index: 0, text, logprobs: [] });
    else this.#send('response.refusal.done', { ...at, content_index: 0, refusal: text });
    const part = partOf(kind, text);
    this.#send('response.content_part.done', { ...at, content_index: 0, part });
    this.#finished(item.index, messageItem(item.id, [part]));
  }

  #call({ index: place, id: callId, function: reported }: JsonObject): void {
    const { name, arguments: given } = isJsonObject(reported) ? reported : ({} as JsonObject);
    let call = this.#calls.get(place);
    if (call === undefined) {
      this.#close();
      const index = this.#items++;
      call = { id: this.#idOf('fc', index), index, callId, tool: toolNamed(name, this.#tools), given: '' };
      this.#calls.set(place, call);
      const item = { ...callItem(call.id, callId, call.tool, ''), status: 'in_progress' };
      this.#send('response.output_item.added', { output_index: index, item }, true);
    }
    if (typeof given !== 'string' || given === '') return;
    call.given += given;
    // Free text comes wrapped in an argument, and a search is sent as a value: both only once they are complete.
    if (call.tool.kind !== 'function') return;
    this.#send(
      'response.function_call_arguments.delta',
      { item_id: call.id, output_index: call.index, delta: given },
      true,
    );
  }

  #closeCall({ id, index, callId, tool, given: told }: OpenCall): void {
    const at = { item_id: id, output_index: index };
    const given = argumentsFor(tool, told);
    if (tool.kind === 'custom') {
      const input = freeText(given);
      this.#send('response.custom_tool_call_input.delta', { ...at, delta: input });
      this.#send('response.custom_tool_call_input.done', { ...at, input });
    } else if (tool.kind === 'function') {
      if (told === '') this.#send('response.function_call_arguments.delta', { ...at, delta: given });
      this.#send('response.function_call_arguments.done', { ...at, name: tool.name, arguments: given });
    }
    this.#finished(index, callItem(id, callId, tool, given));
  }

  #finished(index: number, item: JsonObject): void {
    this.#output[index] = item;
    this.#send('response.output_item.done', { output_index: index, item });
  }

  #send(type: string, fields: JsonObject, carries = false): void {
    const content = this.#content && carries;
    if (content) {
      this.#content = false;
      this.#isCommitted = true;
    }
    this.#out.chunk(JSON.stringify({ type, sequence_number: this.#sequence++, ...fields }), content);
  }
}

function partOf(kind: 'text' | 'refusal', text: string): JsonObject {
  return kind === 'text' ? textPart(text) : { type: 'refusal', refusal: text };
}
