import type { JsonObject } from '@portico/core';
import type { StreamSink } from '@portico/core/provider';
import type { ChatUsage } from './chat-usage.js';

/** Writes the chunks of a chat completion with one choice, for APIs with other streams. */
export class ChatChunks {
  /** The part of a chunk before its choices; empty until the first. */
  #head = '';
  #calls = 0;

  get hasBegun(): boolean {
    return this.#head !== '';
  }

  /** How many calls were started. */
  get calls(): number {
    return this.#calls;
  }

  /** Begins the answer; only the first call has an effect. */
  begin(head: { id: string; created: number; model: unknown }, out: StreamSink): void {
    if (this.hasBegun) return;
    const { id, created, model } = head;
    this.#head = JSON.stringify({ id, object: 'chat.completion.chunk', created, model }).slice(0, -1);
    this.#chunk('{"role":"assistant","content":""}', false, out);
  }

  text(text: string, out: StreamSink): void {
    if (text === '') return;
    out.produced(text.length);
    this.#chunk(`{"content":${JSON.stringify(text)}}`, true, out);
  }

  reasoning(text: string, out: StreamSink): void {
    if (text === '') return;
    out.produced(text.length);
    this.#chunk(`{"reasoning_content":${JSON.stringify(text)}}`, true, out);
  }

  /** Starts a call and returns the index for its arguments. */
  call(id: string, name: string, args: string, out: StreamSink): number {
    const index = this.#calls;
    this.#calls += 1;
    out.produced(args.length);
    const call = { index, id, type: 'function', function: { name, arguments: args } };
    this.#chunk(JSON.stringify({ tool_calls: [call] }), true, out);
    return index;
  }

  callArguments(index: number, piece: string, out: StreamSink): void {
    if (piece === '') return;
    out.produced(piece.length);
    this.#chunk(JSON.stringify({ tool_calls: [{ index, function: { arguments: piece } }] }), true, out);
  }

  /** Other fields of the delta. */
  fields(delta: JsonObject, out: StreamSink): void {
    this.#chunk(JSON.stringify(delta), false, out);
  }

  logprobs(logprobs: JsonObject, out: StreamSink): void {
    this.#choice(`{"index":0,"delta":{},"logprobs":${JSON.stringify(logprobs)},"finish_reason":null}`, false, out);
  }

  finish(reason: string, out: StreamSink): void {
    this.#choice(`{"index":0,"delta":{},"logprobs":null,"finish_reason":"${reason}"}`, false, out);
  }

  usage(usage: ChatUsage | undefined, out: StreamSink): void {
    if (usage === undefined || !this.hasBegun) return;
    out.usage(usage.buckets, `${this.#head},"choices":[],"usage":${JSON.stringify(usage.shown)}}`);
  }

  #chunk(delta: string, content: boolean, out: StreamSink): void {
    this.#choice(`{"index":0,"delta":${delta},"logprobs":null,"finish_reason":null}`, content, out);
  }

  #choice(choice: string, content: boolean, out: StreamSink): void {
    out.chunk(`${this.#head},"choices":[${choice}]}`, content);
  }
}
