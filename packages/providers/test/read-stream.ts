import type { GatewayError, JsonObject, Usage } from '@portico/core';
import type { Codec, EncodeTarget } from '@portico/core/provider';
import { createParser } from 'eventsource-parser';

/** What a decoder made of a stream, as core would see it. */
export interface ReadStream {
  readonly chunks: JsonObject[];
  /** The same as the text that was handed on. */
  readonly texts: string[];
  /** Whether each chunk committed the stream. */
  readonly contents: boolean[];
  readonly usages: { readonly usage: Usage; readonly chunk: JsonObject }[];
  produced: number;
  malformed: number;
  dones: number;
  failure: GatewayError | undefined;
}

/** Where a request goes, with what a test cares about. */
export function target(changes: Partial<EncodeTarget> = {}): EncodeTarget & { readonly warnings: string[] } {
  const warnings: string[] = [];
  return {
    model: 'some-model',
    baseModel: changes.model ?? 'some-model',
    stream: false,
    maxOutputTokens: undefined,
    wantsUsage: false,
    mayAskUsage: true,
    dropUnsupported: false,
    createdAt: 0,
    warn: (message) => warnings.push(message),
    warnings,
    ...changes,
  };
}

/** Feeds a decoder with events, each the data of one, or `[event name, data]`, and tells it that the stream ended. */
export function readEvents(codec: Codec, events: readonly unknown[]): ReadStream {
  const { read, feed, end } = open(codec);
  for (const event of events) {
    const [name, data] = Array.isArray(event) ? (event as [string, unknown]) : [undefined, event];
    feed(typeof data === 'string' ? data : JSON.stringify(data), name);
  }
  end();
  return read;
}

/** Feeds a decoder with a whole body, by the parser that core uses. */
export function readBody(codec: Codec, body: string): ReadStream {
  const { read, feed, end } = open(codec);
  const parser = createParser({ onEvent: ({ data, event }) => feed(data, event) });
  parser.feed(`${body}\n\n`);
  end();
  return read;
}

function open(codec: Codec) {
  const read: ReadStream = {
    chunks: [],
    texts: [],
    contents: [],
    usages: [],
    produced: 0,
    malformed: 0,
    dones: 0,
    failure: undefined,
  };
  const decoder = codec.openStream(target({ stream: true }));
  const sink = {
    chunk(json: string, content: boolean) {
      read.chunks.push(JSON.parse(json));
      read.texts.push(json);
      read.contents.push(content);
    },
    usage(usage: Usage, json: string) {
      read.usages.push({ usage, chunk: JSON.parse(json) });
    },
    produced(characters: number) {
      read.produced += characters;
    },
    done() {
      read.dones += 1;
    },
    fail(failure: GatewayError) {
      read.failure = failure;
    },
    malformed() {
      read.malformed += 1;
    },
  };
  return {
    read,
    feed: (data: string, name: string | undefined) => decoder.event(data, name, sink),
    end: () => decoder.end(sink),
  };
}

// biome-ignore lint/suspicious/noExplicitAny: chunks are read the way a client reads them, and asserted.
export type Loose = any;

/** An assistant's message as a client keeps it. */
export interface Message {
  readonly role: 'assistant';
  readonly content: string | null;
  readonly reasoning_content?: string;
  readonly tool_calls?: readonly {
    readonly id: string;
    readonly function: { readonly name: string; readonly arguments: string };
  }[];
  readonly [field: string]: unknown;
}

/**
 * What a client collects of one choice's chunks: text is joined, calls by their index, entries of other lists are
 * appended, and of other fields the last word counts.
 */
export function collected(chunks: readonly JsonObject[], index = 0): { message: Message; finish: unknown } {
  const choices = chunks.flatMap((chunk: Loose) => chunk.choices).filter((choice) => choice.index === index);
  const message: Loose = { role: 'assistant', content: '' };
  for (const { delta } of choices) {
    for (const [name, value] of Object.entries<Loose>(delta)) {
      if (name === 'role') continue;
      if (name === 'tool_calls') {
        message.tool_calls ??= [];
        for (const { index: at, ...piece } of value) {
          const known = message.tool_calls[at];
          if (known === undefined) message.tool_calls[at] = piece;
          else known.function.arguments += piece.function.arguments;
        }
      } else if (typeof value === 'string') message[name] = (message[name] ?? '') + value;
      else if (Array.isArray(value)) message[name] = [...(message[name] ?? []), ...value];
      else message[name] = value;
    }
  }
  const finishes = choices.map((choice) => choice.finish_reason).filter(Boolean);
  return { message, finish: finishes.length === 1 ? finishes[0] : finishes };
}
