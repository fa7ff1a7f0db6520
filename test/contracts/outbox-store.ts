import { describe, expect, it } from 'vitest';
import { callBy } from './ledger-records.js';
import type { OpenStores, StoreSubject } from './store-subject.js';

const LEASE_MS = 30_000;

/** What every outbox must do. `open` gives an empty one each time. */
export function outboxStoreContract(name: string, open: OpenStores): void {
  describe(`${name} keeps the contract of an outbox`, () => {
    it('has what the ledger put in with a record, once, oldest first', async () => {
      const { usage, outbox, clock } = await open();
      const record = callBy('ada', { id: 'one' });
      const messages = () => [
        { topic: 'meter', payload: { value: 5, text: 'a\u0000b 👍' } },
        { topic: 'webhook', payload: {} },
      ];
      await usage.append([record], { outbox: messages });
      await usage.append([record], { outbox: messages });
      const claimed = await outbox.claim({ limit: 10, leaseMs: LEASE_MS });
      expect(claimed).toEqual([
        {
          id: expect.any(String),
          topic: 'meter',
          recordId: 'one',
          payload: { value: 5, text: 'a\u0000b 👍' },
          attempts: 1,
          lastError: undefined,
          createdAt: clock.now(),
          claim: expect.any(String),
        },
        expect.objectContaining({ topic: 'webhook', payload: {} }),
      ]);
      expect(await outbox.status()).toEqual({ waiting: 2, parked: 0, oldestAt: clock.now() });
      await outbox.done(claimed);
      expect(await outbox.status()).toEqual({ waiting: 0, parked: 0, oldestAt: undefined });
    });

    it('gives each message to one of many workers', async () => {
      const { outbox, ...subject } = await open();
      await put(subject, 60);
      const claims = await Promise.all(
        Array.from({ length: 20 }, async () => outbox.claim({ limit: 5, leaseMs: LEASE_MS })),
      );
      const ids = claims.flat().map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      const rest = await outbox.claim({ limit: 100, leaseMs: LEASE_MS });
      expect(ids.length + rest.length).toBe(60);
    });

    it('gives a message again whose lease has ended, and leaves it to whoever has it then', async () => {
      const { outbox, clock, ...subject } = await open();
      await put({ ...subject, clock }, 1);
      const first = await outbox.claim({ limit: 1, leaseMs: LEASE_MS });
      expect(await outbox.claim({ limit: 1, leaseMs: LEASE_MS })).toEqual([]);
      await clock.advance(LEASE_MS);
      const [second] = await outbox.claim({ limit: 1, leaseMs: LEASE_MS });
      expect(second).toMatchObject({ id: first[0]?.id, attempts: 2 });
      await outbox.done(first);
      if (first[0] !== undefined) await outbox.failed(first[0], { error: 'late', retryAt: undefined });
      expect(await outbox.status()).toMatchObject({ waiting: 1, parked: 0 });
      await outbox.done(second === undefined ? [] : [second]);
      expect(await outbox.status()).toMatchObject({ waiting: 0 });
    });

    it('gives a message that failed again when it is due, and not before', async () => {
      const { outbox, clock, ...subject } = await open();
      await put({ ...subject, clock }, 1);
      const [message] = await outbox.claim({ limit: 1, leaseMs: LEASE_MS });
      if (message === undefined) throw new Error('There is one.');
      await outbox.failed(message, { error: 'x'.repeat(5_000), retryAt: clock.now() + 100 });
      expect(await outbox.claim({ limit: 1, leaseMs: LEASE_MS })).toEqual([]);
      await clock.advance(100);
      const [again] = await outbox.claim({ limit: 1, leaseMs: LEASE_MS });
      expect(again).toMatchObject({ attempts: 2, lastError: 'x'.repeat(1_000) });
    });

    it('parks what failed for good until somebody retries it, page by page', async () => {
      const { outbox, ...subject } = await open();
      await put(subject, 3);
      const claimed = await outbox.claim({ limit: 3, leaseMs: LEASE_MS });
      for (const message of claimed) await outbox.failed(message, { error: 'No such customer.', retryAt: undefined });
      expect(await outbox.claim({ limit: 3, leaseMs: LEASE_MS })).toEqual([]);
      expect(await outbox.status()).toEqual({ waiting: 0, parked: 3, oldestAt: undefined });
      const page = await outbox.parked({ limit: 2 });
      const rest = await outbox.parked({ limit: 2, after: page.next });
      expect([...page.items, ...rest.items].map(({ id }) => id)).toEqual(claimed.map(({ id }) => id));
      expect(rest.next).toBeUndefined();
      expect(page.items[0]).toMatchObject({ lastError: 'No such customer.', attempts: 1 });

      expect(await outbox.retry([claimed[1]?.id ?? ''])).toBe(1);
      expect(await outbox.claim({ limit: 3, leaseMs: LEASE_MS })).toMatchObject([{ id: claimed[1]?.id }]);
      expect(await outbox.retry([])).toBe(0);
      expect(await outbox.retry()).toBe(2);
      expect(await outbox.claim({ limit: 3, leaseMs: LEASE_MS })).toHaveLength(2);
    });

    it('gives a worker the topics it asks for', async () => {
      const { usage, outbox } = await open();
      await usage.append([callBy('ada')], { outbox: () => ['a', 'b', 'c'].map((topic) => ({ topic, payload: {} })) });
      const topicsOf = async (topics: readonly string[]) =>
        (await outbox.claim({ topics, limit: 9, leaseMs: LEASE_MS })).map(({ topic }) => topic);
      expect(await topicsOf([])).toEqual([]);
      expect(await topicsOf(['c', 'a'])).toEqual(['a', 'c']);
      expect(await topicsOf(['b', 'a'])).toEqual(['b']);
    });
  });
}

async function put({ usage }: Pick<StoreSubject, 'usage' | 'clock'>, count: number): Promise<void> {
  const records = Array.from({ length: count }, () => callBy('ada'));
  await usage.append(records, { outbox: () => [{ topic: 'meter', payload: {} }] });
}
