import type { SseEvent } from './sse.js';

/** A streamed answer in its parts, so that a fault can leave one out, repeat it or stop before it. */
export interface StreamScript {
  /** Events before any content: role, message_start, ping. */
  readonly opening: readonly SseEvent[];
  /** One event per token or argument fragment (and, if the API has them, block boundaries between). */
  readonly content: readonly SseEvent[];
  /** The finish reason. */
  readonly finish: readonly SseEvent[];
  /** Usage, if the API sends it in an event of its own. */
  readonly usage: readonly SseEvent[];
  /** The terminal event of the stream: `[DONE]`, message_stop. */
  readonly terminal: readonly SseEvent[];
}

/** The events of a whole answer in order. */
export function eventsOf(script: StreamScript): SseEvent[] {
  return [...script.opening, ...script.content, ...script.finish, ...script.usage, ...script.terminal];
}

/**
 * Tool arguments in the fragments in which they are streamed: always more than one, and never split inside a
 * character.
 */
export function fragmentsOf(json: string): string[] {
  const characters = Array.from(json);
  const size = Math.max(1, Math.min(MAX_FRAGMENT, Math.ceil(characters.length / 2)));
  const fragments: string[] = [];
  for (let at = 0; at < characters.length; at += size) fragments.push(characters.slice(at, at + size).join(''));
  return fragments;
}

const MAX_FRAGMENT = 24;
