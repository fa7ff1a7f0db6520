import type { CounterStore } from '@portico/core/store';

// Workers share no memory: the counters are in the process that started them, and each worker calls it. So limits and
// budgets
// apply to the whole server, however many workers it has.

/** How one process talks with another. */
export interface Channel {
  send(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
}

interface Question {
  readonly portico: 'counters asked';
  readonly number: number;
  readonly method: 'reserve' | 'settle' | 'read';
  readonly parameters: readonly unknown[];
}

interface Answer {
  readonly portico: 'counters answer';
  readonly number: number;
  readonly value?: unknown;
  readonly error?: string;
}

/** The worker's end: a store whose counters are at the other end. */
export function ipcCounters(channel: Channel): CounterStore {
  const waiting = new Map<number, { resolve(value: never): void; reject(error: Error): void }>();
  let asked = 0;
  channel.onMessage((message) => {
    if (!isOf<Answer>(message, 'counters answer')) return;
    const { number, value, error } = message;
    const asker = waiting.get(number);
    waiting.delete(number);
    if (error === undefined)
      asker?.resolve(value as never); // the other end returns what the method declares
    else asker?.reject(new Error(error));
  });
  return {
    reserve: (...parameters) => ask('reserve', parameters),
    settle: (...parameters) => ask('settle', parameters),
    read: (...parameters) => ask('read', parameters),
  };

  function ask<T>(method: Question['method'], parameters: readonly unknown[]): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      asked += 1;
      waiting.set(asked, { resolve, reject });
      channel.send({ portico: 'counters asked', number: asked, method, parameters } satisfies Question);
    });
  }
}

/** The other end: serves the counters of this process to one worker. */
export function answerCounters(channel: Channel, counters: CounterStore): void {
  channel.onMessage((message) => {
    if (!isOf<Question>(message, 'counters asked')) return;
    const { number, method, parameters } = message;
    const run = counters[method] as (...given: readonly unknown[]) => unknown; // the arguments of the call at the worker's end
    void Promise.resolve()
      .then(() => run(...parameters))
      .then(
        (value) => channel.send({ portico: 'counters answer', number, value } satisfies Answer),
        (error: unknown) => channel.send({ portico: 'counters answer', number, error: String(error) } satisfies Answer),
      );
  });
}

function isOf<T extends { readonly portico: string }>(message: unknown, kind: T['portico']): message is T {
  return (
    typeof message === 'object' && message !== null && (message as { readonly portico?: unknown }).portico === kind
  );
}
