import { isJsonObject, type JsonObject } from '@portico/core';
import type { EncodeTarget, StreamDecoder, StreamSink } from '@portico/core/provider';
import { MessagesDecoder } from '../anthropic/stream-to-chat.js';
import { parseObject } from '../shared/parse-json.js';
import { citation, isClientsTool, isMalformed, malformedAnswer, usageFromConverse } from './messages-from-converse.js';
import { redactedDataOf } from './redacted-content.js';

/** Converts the events of ConverseStream to those of Messages. Only tools have a start event. */
export class ConverseDecoder implements StreamDecoder {
  readonly #messages: MessagesDecoder;
  readonly #start: JsonObject;
  readonly #open = new Map<unknown, OpenBlock>();
  /** The stop reason and the usage: usually in this order; with both the answer is complete. */
  #ending: JsonObject | undefined;
  #account: JsonObject | undefined;
  #isEmpty = true;
  #isOver = false;

  constructor(target: EncodeTarget, id: string, model: string) {
    this.#messages = new MessagesDecoder(target, 'bedrock');
    this.#start = { type: 'message_start', message: { id, model } };
  }

  event(data: string, name: string | undefined, out: StreamSink): void {
    if (this.#isOver) return;
    const event = parseObject(data);
    if (event === undefined) return this.#messages.doubt(out);
    switch (name) {
      case 'contentBlockDelta':
        return this.#delta(event, out);
      case 'contentBlockStart':
        return this.#blockStart(event, out);
      case 'contentBlockStop':
        return this.#blockStop(event.contentBlockIndex, out);
      case 'messageStart':
        return this.#messages.read(this.#start, out);
      case 'messageStop':
        this.#ending = event;
        break;
      case 'metadata':
        this.#account = event;
        break;
      default:
        return;
    }
    if (this.#ending !== undefined && this.#account !== undefined) this.#finish(this.#ending, this.#account, out);
  }

  end(out: StreamSink): void {
    // An answer is complete when the model has stopped; its usage may be lost.
    if (!this.#isOver && this.#ending !== undefined) this.#finish(this.#ending, {}, out);
  }

  #blockStart({ contentBlockIndex: index, start }: JsonObject, out: StreamSink): void {
    if (!isJsonObject(start)) return this.#messages.doubt(out);
    const { toolUse } = start;
    if (isJsonObject(toolUse) && isClientsTool(toolUse)) {
      const { toolUseId: id, name } = toolUse;
      return this.#begin(index, { type: 'tool_use', id, name, input: {} }, out);
    }
    // The vendor's own blocks do not exist in Messages; they are sent once they are complete.
    this.#isEmpty = false;
    this.#open.set(index, { kind: 'own', block: structuredClone(start), json: '' });
  }

  #delta({ contentBlockIndex: index, delta }: JsonObject, out: StreamSink): void {
    if (!isJsonObject(delta)) return this.#messages.doubt(out);
    const open = this.#open.get(index);
    if (open?.kind === 'own') return addOwn(open, delta);
    const { text, toolUse, reasoningContent, citation: cited } = delta;
    if (typeof text === 'string') {
      this.#openAs(index, 'text', { type: 'text', text: '' }, out);
      return this.#send(index, { type: 'text_delta', text }, out);
    }
    if (isJsonObject(toolUse)) return this.#send(index, { type: 'input_json_delta', partial_json: toolUse.input }, out);
    if (isJsonObject(reasoningContent)) return this.#reasoning(index, reasoningContent, out);
    if (isJsonObject(cited)) {
      this.#openAs(index, 'text', { type: 'text', text: '' }, out);
      return this.#send(index, { type: 'citations_delta', citation: citation(cited) }, out);
    }
    if (open === undefined) this.#open.set(index, { kind: 'own', block: structuredClone(delta), json: '' });
  }

  #reasoning(index: unknown, { text, signature, redactedContent }: JsonObject, out: StreamSink): void {
    if (typeof redactedContent === 'string') {
      const open = this.#openAs(index, 'redacted_thinking', undefined, out);
      open.json += redactedContent;
      return;
    }
    const open = this.#openAs(index, 'thinking', { type: 'thinking', thinking: '' }, out);
    if (typeof text === 'string') this.#send(index, { type: 'thinking_delta', thinking: text }, out);
    if (typeof signature !== 'string') return;
    open.json += signature;
    this.#send(index, { type: 'signature_delta', signature: open.json }, out);
  }

  /**
   * The open block of this kind at this index; started if there is none. `undefined` as block: it starts once it is
   * complete.
   */
  #openAs(index: unknown, kind: OpenBlock['kind'], block: JsonObject | undefined, out: StreamSink): OpenBlock {
    const open = this.#open.get(index);
    if (open?.kind === kind) return open;
    if (open !== undefined) this.#blockStop(index, out);
    if (block !== undefined) this.#messages.read({ type: 'content_block_start', index, content_block: block }, out);
    const begun: OpenBlock = { kind, block: {}, json: '' };
    this.#open.set(index, begun);
    this.#isEmpty = false;
    return begun;
  }

  #begin(index: unknown, block: JsonObject, out: StreamSink): void {
    this.#openAs(index, 'tool_use', block, out);
  }

  #send(index: unknown, delta: JsonObject, out: StreamSink): void {
    this.#messages.read({ type: 'content_block_delta', index, delta }, out);
  }

  #blockStop(index: unknown, out: StreamSink): void {
    const open = this.#open.get(index);
    if (open === undefined) return;
    this.#open.delete(index);
    const whole = wholeBlock(open);
    if (whole !== undefined) this.#messages.read({ type: 'content_block_start', index, content_block: whole }, out);
    this.#messages.read({ type: 'content_block_stop', index }, out);
  }

  #finish(ending: JsonObject, { usage, trace }: JsonObject, out: StreamSink): void {
    this.#isOver = true;
    const { stopReason, additionalModelResponseFields } = ending;
    if (isMalformed(stopReason) && this.#isEmpty) return out.fail(malformedAnswer());
    // Blocks that were never closed stay open: the other decoder treats them as incomplete.
    for (const [index, open] of this.#open) if (wholeBlock(open) !== undefined) this.#blockStop(index, out);
    const delta = {
      stop_reason: stopReason ?? 'end_turn',
      ...(isJsonObject(trace) && { trace }),
      ...(isJsonObject(additionalModelResponseFields) && { additionalModelResponseFields }),
    };
    const counted = isJsonObject(usage) && { usage: usageFromConverse(usage) };
    this.#messages.read({ type: 'message_delta', delta, ...counted }, out);
    this.#messages.read({ type: 'message_stop' }, out);
  }
}

interface OpenBlock {
  readonly kind: 'text' | 'thinking' | 'redacted_thinking' | 'tool_use' | 'own';
  /** The vendor's own block, as Converse has it in a whole answer. */
  readonly block: JsonObject;
  /** Text that arrives in pieces: an input, a signature, redacted thinking. */
  json: string;
}

/** The buffered block in the format of Messages, once complete; undefined for those that are streamed. */
function wholeBlock({ kind, block, json }: OpenBlock): JsonObject | undefined {
  if (kind === 'redacted_thinking') return { type: 'redacted_thinking', data: redactedDataOf(json) };
  if (kind !== 'own') return undefined;
  const { toolUse } = block;
  if (!isJsonObject(toolUse)) return { type: 'converse', converse: block };
  return { type: 'converse', converse: { toolUse: { ...toolUse, input: parseObject(json) ?? {} } } };
}

/** Adds a piece to a block of the vendor's own: lists are extended, other fields are replaced. */
function addOwn(open: OpenBlock, delta: JsonObject): void {
  for (const [kind, piece] of Object.entries(delta)) {
    const held = open.block[kind];
    if (kind === 'toolUse' && isJsonObject(piece) && typeof piece.input === 'string') open.json += piece.input;
    else if (Array.isArray(piece) && isJsonObject(held)) {
      held.content = [...(Array.isArray(held.content) ? (held.content as unknown[]) : []), ...(piece as unknown[])];
    } else if (isJsonObject(piece) && isJsonObject(held)) Object.assign(held, piece);
    else if (held === undefined) open.block[kind] = piece;
  }
}
