import type { Call } from '../call.js';
import type { Operation } from '../operation.js';

/** A call under way, and its place in the list of those. */
export interface OpenCall {
  readonly call: Call<unknown, Operation>;
  slot: number;
}

/**
 * The calls under way. An array and not a Set: V8 chains the tables that a busy Set or Map goes through, so that one of
 * them growing old keeps every call of the later ones in memory until the next full collection.
 */
export class OpenCalls {
  readonly #open: OpenCall[] = [];
  #whenNone: (() => void) | undefined;

  get size(): number {
    return this.#open.length;
  }

  get calls(): readonly Call<unknown, Operation>[] {
    return this.#open.map(({ call }) => call);
  }

  /** Cancels the call with this id; false if there is none. */
  cancel(id: string, reason: unknown): boolean {
    const entry = this.#open.find(({ call }) => call.id === id);
    entry?.call.cancellation.cancel(reason);
    return entry !== undefined;
  }

  add(entry: OpenCall): void {
    entry.slot = this.#open.push(entry) - 1;
  }

  /** Its place is taken by the last one. */
  remove(entry: OpenCall): void {
    const last = this.#open.pop() as OpenCall; // the entry itself, if no other
    if (last !== entry) {
      this.#open[entry.slot] = last;
      last.slot = entry.slot;
    }
    if (this.#open.length === 0) this.#whenNone?.();
  }

  /** Runs `listener` whenever the last call has ended. */
  onNone(listener: () => void): void {
    this.#whenNone = listener;
  }

  /** Cancels those of a principal that began until `at`, default all. Answers how many they were. */
  cancelOf(principalId: string, reason: unknown, at = Number.POSITIVE_INFINITY): number {
    return this.cancelWhere(({ principal, startedAt }) => principal.id === principalId && startedAt <= at, reason);
  }

  /** Answers how many they were. */
  cancelWhere(isMeant: (call: Call<unknown, Operation>) => boolean, reason: unknown): number {
    const theirs = this.#open.filter(({ call }) => isMeant(call));
    for (const { call } of theirs) call.cancellation.cancel(reason);
    return theirs.length;
  }

  cancelAll(reason: unknown): void {
    // Ending takes them out of the list.
    for (const { call } of this.#open.slice()) call.cancellation.cancel(reason);
  }
}
