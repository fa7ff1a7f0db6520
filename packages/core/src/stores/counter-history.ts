import type { MaybePromise } from '../encoding/json.js';
import type { CounterRequest } from '../store.js';
import { type CounterSpan, spanOfCounter } from '../usage/counter-key.js';
import type { UsageStore, UsedInSpan } from './usage-store.js';

/** What the ledger knows of counters, to rebuild those that a store has lost. */
export interface CounterHistory {
  /**
   * When the present period of a counter began, milliseconds since the epoch; -Infinity for a total. Undefined for a
   * counter that begins at zero where it is lost: requests of this minute, calls at a time.
   */
  startOf(request: CounterRequest): number | undefined;
  /** What was used in the present period of each, in their order. */
  usedIn(requests: readonly CounterRequest[]): MaybePromise<readonly number[]>;
}

/** Shorter periods are over before the ledger has all of their calls. */
const SHORTEST_MS = 5 * 60_000;

/** The history of the gateway's own counters, from its ledger. */
export function counterHistory(usage: Pick<UsageStore, 'usedIn'>): CounterHistory {
  return {
    startOf: (request) => spanOf(request)?.from,
    async usedIn(requests) {
      const spans = requests.map(spanOf);
      const known = spans.filter((span) => span !== undefined);
      const used = await usage.usedIn(known.map(({ scope, from, model }) => ({ scope, from, to: ENDLESS, model })));
      let next = 0;
      return spans.map((span) => (span === undefined ? 0 : amountOf(span, used[next++])));
    },
  };
}

const ENDLESS = Number.POSITIVE_INFINITY;

function spanOf({ key, resetsAt }: CounterRequest): CounterSpan | undefined {
  const span = spanOfCounter(key, resetsAt);
  const isShort = span !== undefined && resetsAt !== undefined && resetsAt - span.from < SHORTEST_MS;
  return isShort ? undefined : span;
}

function amountOf({ amount }: CounterSpan, used: UsedInSpan | undefined): number {
  if (used === undefined) return 0;
  switch (amount) {
    case 'requests':
      return used.requests;
    case 'inputTokens':
      return used.inputTokens;
    case 'outputTokens':
      return used.outputTokens;
    case 'tokens':
      return used.inputTokens + used.outputTokens;
    case 'budget':
      return used.costNanoUsd;
    case 'calls':
      return 0;
  }
}
