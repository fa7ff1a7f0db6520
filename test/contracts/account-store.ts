import type { Account, AccountChanges, Scope } from '@portico/core/store';
import { describe, expect, it } from 'vitest';
import type { OpenStores } from './store-subject.js';

const ADA: Scope = { kind: 'user', id: 'ada' };
const SEARCH: Scope = { kind: 'team', id: 'search' };
const ACME: Scope = { kind: 'organization', id: 'acme' };

/** What every account store must do. `open` gives an empty one each time. */
export function accountStoreContract(name: string, open: OpenStores): void {
  describe(`${name} keeps the contract of an account store`, () => {
    it('keeps everything that an account can say', async () => {
      const { accounts, clock } = await open();
      const says = {
        name: 'Ada',
        parent: SEARCH,
        budgets: [
          { nanoUsd: 5e9, per: 'day', zone: 'Europe/Berlin', mode: 'hard', warnAt: [0.5, 0.95] },
          { nanoUsd: 50e9, per: '30d', anchor: 1_700_000_000_000, mode: 'soft', model: 'fast' },
        ],
        limits: [
          { of: 'tokens', max: 200_000, per: 'minute' },
          { of: 'requests', max: 10, per: '5h', model: 'smart' },
          { of: 'concurrentCalls', max: 3, per: 'total' },
        ],
        models: ['fast', 'team-a/*'],
        operations: [],
        isBlocked: true,
        metadata: { plan: 'pro', seats: 3, nested: { is: [true, null] } },
      } as const satisfies AccountChanges;
      const account = await accounts.upsert(ADA, says);
      expect(account).toEqual({ scope: ADA, ...says, createdAt: clock.now(), updatedAt: clock.now() });
      expect(await accounts.find([ADA])).toEqual([account]);
    });

    it('makes an account of nothing, replaces what is named, and takes away what is null', async () => {
      const { accounts, clock } = await open();
      const empty = await accounts.upsert(ADA, {});
      expect(empty).toEqual<Account>({
        scope: ADA,
        name: undefined,
        parent: undefined,
        budgets: [],
        limits: [],
        models: undefined,
        operations: undefined,
        isBlocked: false,
        metadata: {},
        createdAt: clock.now(),
        updatedAt: clock.now(),
      });
      await clock.advance(5);
      const named = await accounts.upsert(ADA, { name: 'Ada', models: ['fast'], parent: SEARCH });
      expect(named).toEqual({ ...empty, name: 'Ada', models: ['fast'], parent: SEARCH, updatedAt: clock.now() });
      expect(await accounts.upsert(ADA, { isBlocked: true })).toEqual({ ...named, isBlocked: true });
      expect(await accounts.upsert(ADA, { models: null, parent: null, isBlocked: null })).toEqual({
        ...named,
        models: undefined,
        parent: undefined,
      });
    });

    it('finds many scopes at once, in their order, and says which are not there', async () => {
      const { accounts } = await open();
      await accounts.upsert(ADA, { name: 'a user' });
      await accounts.upsert({ kind: 'team', id: 'ada' }, { name: 'a team' });
      const found = await accounts.find([SEARCH, { kind: 'team', id: 'ada' }, ADA, ADA]);
      expect(found.map((account) => account?.name)).toEqual([undefined, 'a team', 'a user', 'a user']);
      expect(await accounts.find([])).toEqual([]);
    });

    it.each([
      ['scope.kind', { kind: 'galaxy' as 'team', id: 'x' }, {}],
      ['scope.id', { kind: 'team' as const, id: '' }, {}],
      ['scope.id', { kind: 'team' as const, id: 'x'.repeat(10_000) }, {}],
      ['scope.id', { kind: 'team' as const, id: 'a\0b' }, {}],
      ['scope.id', { kind: 'team' as const, id: '\ud800' }, {}],
      ['scope.id', { kind: 'global' as const, id: 'ours' }, {}],
      ['parent.id', ADA, { parent: { kind: 'team' as const, id: '' } }],
      ['budgets[0].nanoUsd', ADA, { budgets: [{ nanoUsd: -1, per: 'day' as const }] }],
      ['budgets[0].nanoUsd', ADA, { budgets: [{ nanoUsd: Number.NaN, per: 'day' as const }] }],
      ['budgets[0].nanoUsd', ADA, { budgets: [{ nanoUsd: 2 ** 53, per: 'day' as const }] }],
      ['budgets[0].nanoUsd', ADA, { budgets: [{ nanoUsd: 0.5, per: 'day' as const }] }],
      ['budgets[0].per', ADA, { budgets: [{ nanoUsd: 1, per: 'fortnight' as 'day' }] }],
      ['budgets[0].zone', ADA, { budgets: [{ nanoUsd: 1, per: 'day' as const, zone: 'Mars/Olympus' }] }],
      ['budgets[0].warnAt', ADA, { budgets: [{ nanoUsd: 1, per: 'day' as const, warnAt: [0.5, 2] }] }],
      ['limits[0].of', ADA, { limits: [{ of: 'wishes' as 'tokens', max: 1, per: 'day' as const }] }],
      [
        'limits[0].max',
        ADA,
        { limits: [{ of: 'tokens' as const, max: Number.POSITIVE_INFINITY, per: 'day' as const }] },
      ],
      ['limits[0].per', ADA, { limits: [{ of: 'concurrentCalls' as const, max: 1, per: 'day' as const }] }],
    ])('refuses nonsense, naming %s', async (field, scope, changes) => {
      const { accounts } = await open();
      const refusal = await Promise.resolve()
        .then(() => accounts.upsert(scope, changes))
        .catch((error: unknown) => error);
      expect(refusal).toMatchObject({ name: 'StoreConflict', reason: 'invalid' });
      expect((refusal as Error).message.startsWith(`${field}:`)).toBe(true);
      expect((await accounts.list()).items).toEqual([]);
    });

    it('refuses a parent that has the account above itself', async () => {
      const { accounts } = await open();
      await accounts.upsert(ADA, { parent: SEARCH });
      await accounts.upsert(SEARCH, { parent: ACME });
      for (const [scope, parent] of [
        [ACME, ADA],
        [ACME, ACME],
      ] as const) {
        await expect(Promise.resolve().then(() => accounts.upsert(scope, { parent }))).rejects.toMatchObject({
          reason: 'invalid',
          message: expect.stringMatching(/^parent: /),
        });
      }
    });

    it('lets one of two win that make each other their parent at once', async () => {
      const { accounts } = await open();
      const both = await Promise.allSettled([
        Promise.resolve().then(() => accounts.upsert(SEARCH, { parent: ACME })),
        Promise.resolve().then(() => accounts.upsert(ACME, { parent: SEARCH })),
      ]);
      expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    });

    it.each(['a:b', '*', '{x}', 'line\nbreak', '👩‍👩‍👧', "O'Hara; DROP TABLE", 'é'.repeat(20), ' '])(
      'keeps the id %j as it is, apart from others',
      async (id) => {
        const { accounts } = await open();
        await accounts.upsert({ kind: 'customer', id }, { name: id });
        expect((await accounts.find([{ kind: 'customer', id }]))[0]).toMatchObject({ scope: { id }, name: id });
        expect(
          await accounts.find([
            { kind: 'tag', id },
            { kind: 'customer', id: `${id.slice(1)}?` },
          ]),
        ).toEqual([undefined, undefined]);
      },
    );

    it('keeps an id that is as long as one may be', async () => {
      const { accounts } = await open();
      const scope: Scope = { kind: 'customer', id: '語'.repeat(512) };
      await accounts.upsert(scope, { parent: { ...scope, kind: 'team' } });
      expect(await accounts.find([scope])).toMatchObject([{ scope }]);
    });

    it('lists by kind and id, by parent, page by page', async () => {
      const { accounts } = await open();
      for (const id of ['c', 'a', 'b']) await accounts.upsert({ kind: 'user', id }, { parent: SEARCH });
      await accounts.upsert(SEARCH, { parent: ACME });
      await accounts.upsert(ACME, {});
      const names: string[] = [];
      let next: string | undefined;
      do {
        const page = await accounts.list({ limit: 2, after: next });
        names.push(...page.items.map(({ scope }) => scope.id));
        next = page.next;
      } while (next !== undefined);
      expect(names).toEqual(['acme', 'search', 'a', 'b', 'c']);
      expect((await accounts.list({ kind: 'user' })).items).toHaveLength(3);
      expect((await accounts.list({ parent: ACME })).items.map(({ scope }) => scope.id)).toEqual(['search']);
    });

    it('removes an account and leaves those below it', async () => {
      const { accounts } = await open();
      await accounts.upsert(SEARCH, {});
      await accounts.upsert(ADA, { parent: SEARCH });
      expect(await accounts.remove(SEARCH)).toBe(true);
      expect(await accounts.remove(SEARCH)).toBe(false);
      expect(await accounts.find([SEARCH, ADA])).toEqual([undefined, expect.objectContaining({ parent: SEARCH })]);
    });

    it('tells whoever watches of every change, and no more once they have stopped', async () => {
      const { accounts, changesTold } = await open();
      const told: unknown[] = [];
      const stop = await accounts.watch((change) => told.push(change));
      const scope: Scope = { kind: 'customer', id: 'a:b:c' };
      await accounts.upsert(scope, { isBlocked: true });
      await accounts.remove(scope);
      await changesTold('accounts');
      expect(told).toEqual([scope, scope]);
      stop();
      await accounts.upsert(scope, {});
      await changesTold('accounts');
      expect(told).toHaveLength(2);
    });
  });
}
