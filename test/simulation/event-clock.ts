import type { Clock } from '@portico/core';

/** A clock that goes from one event to the next: a million of them take seconds. */
export class EventClock implements Clock {
  #now: number;
  #made = 0;
  /** A binary heap, the next event first. */
  readonly #events: Event[] = [];

  constructor(startMs: number) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  after(delayMs: number, run: () => void): () => void {
    const event = { at: this.#now + Math.max(0, delayMs), order: this.#made++, run: run as (() => void) | undefined };
    this.#push(event);
    return () => {
      event.run = undefined;
    };
  }

  /** Runs the next event; false if there is none. */
  step(): boolean {
    const event = this.#pop();
    if (event === undefined) return false;
    this.#now = event.at;
    event.run?.();
    return true;
  }

  #push(event: Event): void {
    const heap = this.#events;
    let at = heap.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(event, heap[parent] as Event)) break;
      heap[at] = heap[parent] as Event;
      at = parent;
    }
    heap[at] = event;
  }

  #pop(): Event | undefined {
    const heap = this.#events;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Event, heap[child] as Event)) child += 1;
      if (!isBefore(heap[child] as Event, last)) break;
      heap[at] = heap[child] as Event;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

interface Event {
  readonly at: number;
  readonly order: number;
  run: (() => void) | undefined;
}

function isBefore(one: Event, other: Event): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
