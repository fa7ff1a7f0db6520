import type { Clock } from '../../clock.js';
import { amountsOfRecord, dayOf, promptOfRecord, scopesOfRecord } from '../../stores/ledger-defaults.js';
import type { OutboxStore } from '../../stores/outbox-store.js';
import { pageLimit, pageOf, readTimeCursor, timeCursor } from '../../stores/page.js';
import { type Scope, scopeKey } from '../../stores/scope.js';
import type { AggregateQuery, LedgerRecord, UsageFilter, UsageStore, UsageSum } from '../../stores/usage-store.js';
import { createOutbox, type OutboxRows } from './outbox-store.js';

/** The ledger and its outbox in this process: for tests, and to look at a gateway that keeps nothing. It grows without end. */
export function memoryLedger(clock: Clock): { readonly usage: UsageStore; readonly outbox: OutboxStore } {
  const rows = new Map<string, Row>();
  const outbox = createOutbox(clock);
  return { usage: memoryUsage(rows, outbox), outbox: outbox.store };
}

function memoryUsage(rows: Map<string, Row>, outbox: OutboxRows): UsageStore {
  const matching = (filter: UsageFilter) => [...rows.values()].filter((row) => matches(row, filter));

  return {
    append(batch, { outbox: messagesOf } = {}) {
      const fresh = batch.filter(
        ({ id }, index) => !rows.has(id) && batch.findIndex((each) => each.id === id) === index,
      );
      const messages = fresh.flatMap((record) =>
        (messagesOf?.(record) ?? []).map((message) => ({ ...message, recordId: record.id })),
      );
      for (const record of fresh) rows.set(record.id, { record, scopes: scopesOfRecord(record) });
      for (const message of messages) outbox.add(message);
      return { appended: fresh.map(({ id }) => id) };
    },

    query(query = {}) {
      const limit = pageLimit(query);
      const after = readTimeCursor(query.after);
      const found = matching(query)
        .map(({ record }) => record)
        .filter(({ id }) => query.id === undefined || id === query.id)
        .sort((a, b) => b.startedAt - a.startedAt || (a.id < b.id ? 1 : -1))
        .filter(({ startedAt: at, id }) => after === undefined || at < after.at || (at === after.at && id < after.id));
      return pageOf(found, limit, (record) => timeCursor(record.startedAt, record.id));
    },

    aggregate(query) {
      const sums = new Map<string, Mutable<UsageSum>>();
      for (const row of matching(query)) {
        for (const id of idsOf(row, query)) {
          const day = query.byDay === true ? dayOf(row.record.startedAt) : undefined;
          const model = query.byModel === true ? row.record.requestedModel : undefined;
          const key = JSON.stringify([id, day, model]);
          const sum = sums.get(key) ?? { ...EMPTY, id, day, model };
          sums.set(key, sum);
          add(sum, row.record);
        }
      }
      return [...sums.values()].sort(byCost).slice(0, query.limit ?? 1_000);
    },

    usedIn(spans) {
      return spans.map(({ scope, from, to, model }) => {
        const sum = { ...EMPTY };
        for (const { record, scopes } of rows.values()) {
          if (record.startedAt < from || record.startedAt >= to) continue;
          if (model !== undefined && record.requestedModel !== model) continue;
          if (scopes.some((each) => scopeKey(each) === scopeKey(scope))) add(sum, record);
        }
        const { calls: requests, inputTokens, outputTokens, costNanoUsd } = sum;
        return { requests, inputTokens, outputTokens, costNanoUsd };
      });
    },
  };
}

interface Row {
  readonly record: LedgerRecord;
  readonly scopes: readonly Scope[];
}

type Mutable<Value> = { -readonly [Key in keyof Value]: Value[Key] };

const EMPTY: UsageSum = {
  id: undefined,
  day: undefined,
  model: undefined,
  calls: 0,
  failures: 0,
  inputTokens: 0,
  cacheReadTokens: 0,
  outputTokens: 0,
  costNanoUsd: 0,
  unpriced: 0,
};

const SCOPE_FILTERS = ['organization', 'team', 'user', 'key', 'customer', 'tag'] as const;
const FIELD_FILTERS = ['deployment', 'prompt', 'promptVersion', 'outcome'] as const;

function matches({ record, scopes }: Row, filter: UsageFilter): boolean {
  if (filter.from !== undefined && record.startedAt < filter.from) return false;
  if (filter.to !== undefined && record.startedAt >= filter.to) return false;
  if (filter.model !== undefined && record.requestedModel !== filter.model) return false;
  if (FIELD_FILTERS.some((field) => filter[field] !== undefined && filter[field] !== record[field])) return false;
  return SCOPE_FILTERS.every(
    (kind) => filter[kind] === undefined || scopes.some((scope) => scope.kind === kind && scope.id === filter[kind]),
  );
}

function idsOf({ record, scopes }: Row, { by }: AggregateQuery): readonly (string | undefined)[] {
  if (by === undefined) return [undefined];
  if (by === 'provider' || by === 'deployment') return [record[by]];
  if (by === 'prompt') return [promptOfRecord(record)];
  const ids = scopes.filter(({ kind }) => kind === by).map(({ id }) => id);
  return ids.length === 0 ? [undefined] : ids;
}

function add(sum: Mutable<UsageSum>, record: LedgerRecord): void {
  for (const [column, amount] of Object.entries(amountsOfRecord(record))) {
    sum[column as keyof ReturnType<typeof amountsOfRecord>] += amount;
  }
}

function byCost(a: UsageSum, b: UsageSum): number {
  return b.costNanoUsd - a.costNanoUsd || compare(a.id, b.id) || compare(a.day, b.day) || compare(a.model, b.model);
}

function compare(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0;
  return (a ?? '') < (b ?? '') ? -1 : 1;
}
