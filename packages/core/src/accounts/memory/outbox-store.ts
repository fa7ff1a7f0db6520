import type { Clock } from '../../clock.js';
import type { ClaimedMessage, OutboxMessage, OutboxStore } from '../../stores/outbox-store.js';
import { pageLimit, pageOf, readTimeCursor, timeCursor } from '../../stores/page.js';
import type { NewOutboxMessage } from '../../stores/usage-store.js';

/** The outbox, and how the ledger puts messages in. */
export interface OutboxRows {
  readonly store: OutboxStore;
  add(message: NewOutboxMessage & { readonly recordId: string }): void;
}

const LONGEST_ERROR = 1_000;

export function createOutbox(clock: Clock): OutboxRows {
  const rows = new Map<string, Row>();
  let made = 0;

  /** Undefined where the claim is no longer his who names it. */
  function claimedRow({ id, claim }: ClaimedMessage): Row | undefined {
    const row = rows.get(id);
    return row?.claim === claim ? row : undefined;
  }

  const store: OutboxStore = {
    claim({ topics, limit, leaseMs }) {
      const now = clock.now();
      const due = [...rows.values()]
        .filter((row) => !row.isParked && row.dueAt <= now)
        .filter(({ message }) => topics === undefined || topics.includes(message.topic))
        .slice(0, limit);
      return due.map((row) => {
        made += 1;
        row.claim = String(made);
        row.dueAt = now + leaseMs;
        row.message = { ...row.message, attempts: row.message.attempts + 1 };
        return { ...row.message, claim: row.claim };
      });
    },

    done(messages) {
      for (const message of messages) if (claimedRow(message) !== undefined) rows.delete(message.id);
    },

    failed(message, { error, retryAt }) {
      const row = claimedRow(message);
      if (row === undefined) return;
      row.message = { ...row.message, lastError: error.slice(0, LONGEST_ERROR) };
      row.claim = undefined;
      row.isParked = retryAt === undefined;
      row.dueAt = retryAt ?? 0;
    },

    parked(query = {}) {
      const limit = pageLimit(query);
      const after = readTimeCursor(query.after);
      const found = [...rows.values()]
        .filter((row) => row.isParked)
        .map(({ message }) => message)
        .filter(({ id }) => after === undefined || Number(id) > after.at);
      return pageOf(found, limit, ({ id }) => timeCursor(Number(id), ''));
    },

    retry(ids) {
      let count = 0;
      for (const row of rows.values()) {
        if (!row.isParked || (ids !== undefined && !ids.includes(row.message.id))) continue;
        row.isParked = false;
        row.dueAt = clock.now();
        count += 1;
      }
      return count;
    },

    status() {
      const all = [...rows.values()];
      const waiting = all.filter((row) => !row.isParked);
      return {
        waiting: waiting.length,
        parked: all.length - waiting.length,
        oldestAt: waiting[0]?.message.createdAt,
      };
    },
  };

  return {
    store,
    add({ topic, recordId, payload }) {
      const known = [...rows.values()].some(({ message }) => message.topic === topic && message.recordId === recordId);
      if (known) return;
      made += 1;
      const id = String(made);
      const now = clock.now();
      rows.set(id, {
        message: { id, topic, recordId, payload, attempts: 0, lastError: undefined, createdAt: now },
        claim: undefined,
        dueAt: now,
        isParked: false,
      });
    },
  };
}

interface Row {
  message: OutboxMessage;
  claim: string | undefined;
  /** Milliseconds since the epoch. */
  dueAt: number;
  isParked: boolean;
}
