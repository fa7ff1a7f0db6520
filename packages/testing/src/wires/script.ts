import type { SseEvent } from './sse.js';

/** A streamed answer in its parts, so that a fault can leave one out, repeat it or stop in front of it. */
export interface StreamScript {
  /** Bookkeeping before any content: role, message_start, ping. */
  readonly opening: readonly SseEvent[];
  /** One event a token or argument fragment (and, where the wire has them, block borders between). */
  readonly content: readonly SseEvent[];
  /** The finish reason. */
  readonly finish: readonly SseEvent[];
  /** Usage, where the wire tells it in an event of its own. */
  readonly usage: readonly SseEvent[];
  /** What says that the stream is whole: `[DONE]`, message_stop. */
  readonly terminal: readonly SseEvent[];
}

/** The events of a whole answer in order. */
export function eventsOf(script: StreamScript): SseEvent[] {
  return [...script.opening, ...script.content, ...script.finish, ...script.usage, ...script.terminal];
}

/** Tool arguments in the fragments they are streamed in: never one fragment only, and never inside a character. */
export function fragmentsOf(json: string): string[] {
  const characters = Array.from(json);
  const size = Math.max(1, Math.min(MAX_FRAGMENT, Math.ceil(characters.length / 2)));
  const fragments: string[] = [];
  for (let at = 0; at < characters.length; at += size) fragments.push(characters.slice(at, at + size).join(''));
  return fragments;
}

const MAX_FRAGMENT = 24;
