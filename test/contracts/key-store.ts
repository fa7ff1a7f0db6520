import { hashOfKey } from '@portico/core/store';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OpenStores } from './store-subject.js';

/** What every key store must do. `open` gives an empty one each time. */
export function keyStoreContract(name: string, open: OpenStores): void {
  describe(`${name} keeps the contract of a key store`, () => {
    it('tells a secret once, and finds its key by the hash of it', async () => {
      const { keys, clock } = await open();
      const { key, secret = '' } = await keys.mint({
        user: 'ada',
        team: 'search',
        tags: ['beta'],
        metadata: { plan: 1 },
      });
      expect(secret).toMatch(/^sk-[\w-]{43}$/);
      expect(key).toEqual({
        id: expect.stringMatching(/^key_/),
        hint: `sk-…${secret.slice(-4)}`,
        alias: undefined,
        user: 'ada',
        team: 'search',
        organization: undefined,
        customer: undefined,
        tags: ['beta'],
        models: undefined,
        operations: undefined,
        endpoints: undefined,
        metadata: { plan: 1 },
        createdAt: clock.now(),
        expiresAt: undefined,
        isBlocked: false,
        revokedAt: undefined,
        rotatedAt: undefined,
      });
      expect(await keys.find(await hashOfKey(secret))).toEqual({ key, endsAt: undefined });
      expect(await keys.get(key.id)).toEqual(key);
      expect(await keys.find(await hashOfKey('sk-of-nobody-at-all-00'))).toBeUndefined();
      expect(JSON.stringify(await keys.list())).not.toContain(secret.slice(3, -4));
    });

    it('takes a secret that clients have already, or only its hash', async () => {
      const { keys } = await open();
      const secret = 'sk-1234567890abcdefghij';
      expect((await keys.mint({ secret, alias: 'one' })).secret).toBe(secret);
      const hash = await hashOfKey('sk-of-another-gateway-00');
      const moved = await keys.mint({ hash, alias: 'two' });
      expect(moved.secret).toBeUndefined();
      expect((await keys.find(hash))?.key).toEqual(moved.key);
      await expect(settled(() => keys.mint({ secret }))).rejects.toMatchObject({ reason: 'duplicate' });
      await expect(settled(() => keys.mint({ hash }))).rejects.toMatchObject({ reason: 'duplicate' });
    });

    it.each([
      ['too short', { secret: 'sk-short' }],
      ['with a line break at its end', { secret: `sk-${'a'.repeat(30)}\n` }],
      ['that no header can carry', { secret: `sk-${'ü'.repeat(30)}` }],
      ['given as a hash that is none', { hash: 'ABC' }],
      ['given twice', { secret: 'sk-1234567890abcdefghij', hash: 'a'.repeat(64) }],
    ])('refuses a secret %s', async (_what, key) => {
      const { keys } = await open();
      await expect(settled(() => keys.mint(key))).rejects.toMatchObject({ name: 'StoreConflict', reason: 'invalid' });
      expect((await keys.list()).items).toEqual([]);
    });

    it('refuses a second key of an alias, at its making and later', async () => {
      const { keys } = await open();
      const { key } = await keys.mint({ alias: 'build' });
      const other = await keys.mint({});
      await expect(settled(() => keys.mint({ alias: 'build' }))).rejects.toMatchObject({ reason: 'duplicate' });
      await expect(settled(() => keys.update(other.key.id, { alias: 'build' }))).rejects.toMatchObject({
        reason: 'duplicate',
      });
      expect(await keys.update(key.id, { alias: 'build' })).toMatchObject({ alias: 'build' });
    });

    it('replaces what is named, leaves the rest, and takes away what is null', async () => {
      const { keys } = await open();
      const { key } = await keys.mint({ user: 'ada', models: ['fast'], tags: ['a'], expiresAt: 5 });
      const changed = await keys.update(key.id, { models: null, tags: ['b', 'c'], expiresAt: 9, alias: 'x' });
      expect(changed).toEqual({ ...key, models: undefined, tags: ['b', 'c'], expiresAt: 9, alias: 'x' });
      expect(await keys.update(key.id, {})).toEqual(changed);
      expect(await keys.update(key.id, { tags: null, alias: null })).toEqual({
        ...changed,
        tags: [],
        alias: undefined,
      });
    });

    it('rotates: the old secret works until its grace ends, the one before it no more', async () => {
      const { keys, clock } = await open();
      const first = await keys.mint({ alias: 'a' });
      const second = await keys.rotate(first.key.id, { graceMs: 1_000 });
      const rotatedAt = clock.now();
      expect(second.key).toEqual({ ...first.key, hint: second.key.hint, rotatedAt });
      const [firstHash, secondHash] = [await hashOfKey(first.secret ?? ''), await hashOfKey(second.secret ?? '')];
      expect(await keys.find(secondHash)).toEqual({ key: second.key, endsAt: undefined });
      expect(await keys.find(firstHash)).toEqual({ key: second.key, endsAt: rotatedAt + 1_000 });

      await clock.advance(1_000);
      expect(await keys.find(firstHash)).toBeUndefined();

      const third = await keys.rotate(first.key.id);
      expect(await keys.find(secondHash)).toBeUndefined();
      expect(await keys.find(await hashOfKey(third.secret ?? ''))).toMatchObject({ key: { alias: 'a' } });
    });

    it('revokes for good, blocks and unblocks, and goes on finding what it is about', async () => {
      const { keys, clock } = await open();
      const { key, secret = '' } = await keys.mint({});
      expect(await keys.block(key.id, true)).toEqual({ ...key, isBlocked: true });
      expect(await keys.block(key.id, false)).toEqual(key);
      const revokedAt = clock.now();
      expect(await keys.revoke(key.id)).toEqual({ ...key, revokedAt });
      await clock.advance(5);
      expect(await keys.revoke(key.id)).toEqual({ ...key, revokedAt });
      expect(await keys.find(await hashOfKey(secret))).toEqual({ key: { ...key, revokedAt }, endsAt: undefined });
    });

    it('says so where there is no key of an id', async () => {
      const { keys } = await open();
      expect(await keys.get('key_none')).toBeUndefined();
      const asked: (() => unknown)[] = [
        () => keys.update('key_none', { alias: 'x' }),
        () => keys.update('key_none', {}),
        () => keys.rotate('key_none'),
        () => keys.revoke('key_none'),
        () => keys.block('key_none', true),
      ];
      for (const ask of asked) {
        await expect(settled(ask)).rejects.toMatchObject({ name: 'StoreConflict', reason: 'not_found' });
      }
    });

    it('lists newest first, by owner, page by page', async () => {
      const { keys, clock } = await open();
      const made: string[] = [];
      for (let index = 0; index < 7; index++) {
        made.unshift((await keys.mint({ user: index % 2 === 0 ? 'even' : 'odd', team: 'all' })).key.id);
        await clock.advance(index % 3);
      }
      const ids: string[] = [];
      let next: string | undefined;
      do {
        const page = await keys.list({ limit: 2, after: next });
        ids.push(...page.items.map(({ id }) => id));
        next = page.next;
      } while (next !== undefined);
      expect([...ids].sort()).toEqual([...made].sort());
      expect((await keys.list({ user: 'odd' })).items).toHaveLength(3);
      expect((await keys.list({ user: 'even', team: 'none' })).items).toEqual([]);
      const times = (await keys.list({ team: 'all' })).items.map(({ createdAt }) => createdAt);
      expect(times).toEqual([...times].sort((a, b) => b - a));
      await expect(settled(() => keys.list({ limit: 0 }))).rejects.toMatchObject({ reason: 'invalid' });
      await expect(settled(() => keys.list({ after: 'rubbish' }))).rejects.toMatchObject({ reason: 'invalid' });
    });

    it('tells whoever watches of every change, and no more once they have stopped', async () => {
      const { keys, changesTold } = await open();
      const told: unknown[] = [];
      const stop = await keys.watch((change) => told.push(change));
      const { key } = await keys.mint({});
      await keys.revoke(key.id);
      await changesTold('keys');
      expect(told).toEqual([{ id: key.id }, { id: key.id }]);
      stop();
      await keys.block(key.id, true);
      await changesTold('keys');
      expect(told).toHaveLength(2);
    });

    it('keeps a copy, as JSON does, so that what the caller changes later changes nothing', async () => {
      const { keys } = await open();
      const metadata = { plan: { seats: -0 } };
      const { key } = await keys.mint({ tags: ['beta'], metadata });
      metadata.plan.seats = 9;
      expect((await keys.get(key.id))?.metadata).toEqual({ plan: { seats: 0 } });
    });

    it('keeps every text that people may put in', async () => {
      const { keys } = await open();
      await fc.assert(
        fc.asyncProperty(fc.string({ unit: 'grapheme' }), fc.jsonValue(), async (text, value) => {
          fc.pre(!text.includes('\0'));
          const { key } = await keys.mint({ user: text, models: [text], metadata: { value } });
          expect((await keys.get(key.id))?.metadata).toEqual(JSON.parse(JSON.stringify({ value })));
          expect(await keys.get(key.id)).toMatchObject({ user: text, models: [text] });
        }),
        { numRuns: 50 },
      );
    });
  });
}

/** As a promise, whether a store throws or rejects. */
async function settled<T>(run: () => T): Promise<Awaited<T>> {
  return await run();
}
