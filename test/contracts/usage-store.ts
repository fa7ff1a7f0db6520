import { NO_USAGE } from '@portico/core';
import type { AggregateQuery, LedgerRecord, UsageFilter, UsageSum } from '@portico/core/store';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callBy } from './ledger-records.js';
import type { OpenStores } from './store-subject.js';

const DAY_MS = 86_400_000;
const NEW_YEAR = Date.UTC(2026, 0, 1);

/** What every ledger must do. `open` gives an empty one each time. */
export function usageStoreContract(name: string, open: OpenStores): void {
  describe(`${name} keeps the contract of a ledger`, () => {
    it('keeps everything that a record says', async () => {
      const { usage } = await open();
      const record: LedgerRecord = {
        ...callBy('ada'),
        kind: 'adjustment',
        adjusts: 'req_before',
        principal: { id: 'ada', team: 'search', tags: ['x', 'y'], metadata: { plan: 'pro', seats: 3 } },
        scopes: [
          { kind: 'key', id: 'key_1' },
          { kind: 'user', id: 'ada' },
          { kind: 'tag', id: 'x' },
        ],
        stream: true,
        outcome: 'incomplete',
        failure: 'upstream_error',
        usage: {
          inputTokens: 1,
          cacheReadTokens: 2,
          cacheWriteTokens: 3,
          cacheWriteHourTokens: 4,
          outputTokens: 5,
          reasoningTokens: 6,
          audioInputTokens: 7,
          audioOutputTokens: 8,
          estimated: true,
        },
        costNanoUsd: -9_007_199_254_740_991,
        attempts: [
          {
            group: 'fast',
            deployment: 'fast:0',
            provider: 'acme',
            model: 'acme-1',
            startedAt: 1,
            endedAt: 2,
            status: 200,
          } as LedgerRecord['attempts'][number],
        ],
        warnings: ['dropped: top_k'],
        responseId: 'resp_1',
        finishReason: 'stop',
        errorCode: 'x',
        cache: 'miss',
        guardrails: { pii: 'masked' },
        prompt: 'greet',
        promptVersion: '3',
        experiment: 'e',
        experimentArm: 'b',
        schemaVersion: 1,
      };
      await usage.append([record]);
      expect((await usage.query()).items).toEqual([record]);
    });

    it('keeps a record once, however often and beside whatever it comes', async () => {
      const { usage } = await open();
      const [one, two, three] = [callBy('ada'), callBy('ada'), callBy('bob')];
      expect(await usage.append([one, two, one])).toEqual({ appended: [one.id, two.id] });
      expect(await usage.append([two, three])).toEqual({ appended: [three.id] });
      expect(await usage.append([])).toEqual({ appended: [] });
      const batches = Array.from({ length: 10 }, async () => usage.append([three, two, one]));
      await Promise.all(batches);
      expect(await usage.aggregate({})).toMatchObject([{ calls: 3, costNanoUsd: 3_000 }]);
      expect((await usage.query()).items).toHaveLength(3);
    });

    it('keeps every record of many that come at once in different orders', async () => {
      const { usage } = await open();
      const records = Array.from({ length: 40 }, (_, index) =>
        callBy(`user ${index % 5}`, { startedAt: NEW_YEAR + index * DAY_MS }),
      );
      await Promise.all(
        Array.from({ length: 8 }, async (_, worker) => {
          const own = worker % 2 === 0 ? records : [...records].reverse();
          for (let at = 0; at < own.length; at += 10) await usage.append(own.slice(at, at + 10));
        }),
      );
      expect(await usage.aggregate({})).toMatchObject([{ calls: 40, costNanoUsd: 40_000 }]);
    });

    it('keeps what makes no sense as far as it can be kept, and the rest of its batch', async () => {
      const { usage } = await open();
      const absurd = callBy('a\0b\ud800', {
        principal: { id: 'a\0b\ud800', team: 'x'.repeat(20_000) },
        usage: { ...NO_USAGE, inputTokens: -5, outputTokens: 1e300, reasoningTokens: Number.NaN },
        costNanoUsd: Number.NaN,
        prompt: '\0',
      });
      const fine = callBy('ada');
      expect((await usage.append([absurd, fine])).appended).toEqual([absurd.id, fine.id]);
      const [sum] = await usage.aggregate({});
      expect(sum).toMatchObject({ calls: 2 });
      expect(Number.isFinite(sum?.costNanoUsd)).toBe(true);
      expect((await usage.query({ user: 'ada' })).items).toHaveLength(1);
    });

    it('answers newest first, page by page, and misses none when more come in between', async () => {
      const { usage } = await open();
      const records = Array.from({ length: 9 }, (_, index) => callBy('ada', { startedAt: NEW_YEAR + (index >> 1) }));
      await usage.append(records);
      const ids: string[] = [];
      let next: string | undefined;
      do {
        const page = await usage.query({ user: 'ada', limit: 2, after: next });
        ids.push(...page.items.map(({ id }) => id));
        next = page.next;
        await usage.append([callBy('ada', { startedAt: NEW_YEAR + 100 })]);
      } while (next !== undefined);
      expect([...ids].sort()).toEqual(records.map(({ id }) => id).sort());
      const times = ids.map((id) => records.find((record) => record.id === id)?.startedAt ?? 0);
      expect(times).toEqual([...times].sort((a, b) => b - a));
      expect((await usage.query({ id: records[3]?.id })).items).toEqual([
        expect.objectContaining({ id: records[3]?.id }),
      ]);
    });

    it('sums by day, model, and every dimension', async () => {
      const { usage } = await open();
      await usage.append([
        callBy('ada', { startedAt: NEW_YEAR, prompt: 'greet', promptVersion: '1' }),
        callBy('ada', { startedAt: NEW_YEAR + DAY_MS - 1, requestedModel: 'smart', costNanoUsd: 5_000 }),
        callBy('bob', { startedAt: NEW_YEAR + DAY_MS, outcome: 'failed', costNanoUsd: undefined, prompt: 'greet' }),
        callBy('bob', { startedAt: NEW_YEAR + DAY_MS, kind: 'adjustment', costNanoUsd: -400 }),
      ]);
      expect(await usage.aggregate({ by: 'user', byDay: true, byModel: true })).toEqual([
        sum({ id: 'ada', day: '2026-01-01', model: 'smart', costNanoUsd: 5_000 }),
        sum({ id: 'ada', day: '2026-01-01', model: 'fast', costNanoUsd: 1_000 }),
        sum({ id: 'bob', day: '2026-01-02', model: 'fast', costNanoUsd: -400, failures: 1, unpriced: 1 }),
      ]);
      expect(await usage.aggregate({ by: 'prompt' })).toMatchObject([
        { id: undefined, calls: 1, costNanoUsd: 4_600 },
        { id: 'greet@1', calls: 1 },
        { id: 'greet', calls: 1, costNanoUsd: 0 },
      ]);
      expect(await usage.aggregate({ by: 'provider' })).toMatchObject([{ id: 'acme', calls: 3 }]);
      expect(await usage.aggregate({ from: NEW_YEAR, to: NEW_YEAR + DAY_MS })).toMatchObject([{ calls: 2 }]);
      expect(await usage.aggregate({ user: 'nobody' })).toEqual([]);
      expect(await usage.aggregate({ by: 'user', limit: 1 })).toMatchObject([{ id: 'ada' }]);
    });

    it('agrees with a plain sum over the records, whatever is asked', async () => {
      const { usage } = await open();
      const records: LedgerRecord[] = [];
      await fc.assert(
        fc.asyncProperty(fc.array(aRecord, { maxLength: 12 }), aQuestion, async (more, question) => {
          await usage.append(more);
          records.push(...more);
          const expected = naiveSums(records, question);
          const answer = await usage.aggregate(question);
          expect(byKey(answer)).toEqual(byKey(expected));
        }),
        { numRuns: 120 },
      );
    });

    it('says what was used in any span of each scope', async () => {
      const { usage } = await open();
      const records: LedgerRecord[] = [];
      const aScope = fc.record({
        kind: fc.constantFrom('user', 'team', 'tag', 'global'),
        id: fc.constantFrom('a', 'b'),
      });
      const aSpan = fc.record({
        scope: aScope.map(({ kind, id }) => ({ kind, id: kind === 'global' ? '*' : id })),
        from: fc.oneof(aMoment, fc.constant(Number.NEGATIVE_INFINITY)),
        to: fc.oneof(aMoment, fc.constant(Number.POSITIVE_INFINITY)),
        model: fc.option(fc.constantFrom('fast', 'smart'), { nil: undefined }),
      });
      await fc.assert(
        fc.asyncProperty(
          fc.array(aRecord, { maxLength: 12 }),
          fc.array(aSpan, { maxLength: 6 }),
          async (more, spans) => {
            await usage.append(more);
            records.push(...more);
            const expected = spans.map(({ scope, from, to, model }) => {
              const filter = { from, to, model, ...(scope.kind === 'global' ? {} : { [scope.kind]: scope.id }) };
              const [all] = naiveSums(records, filter);
              const { calls: requests = 0, inputTokens = 0, outputTokens = 0, costNanoUsd = 0 } = all ?? {};
              return { requests, inputTokens, outputTokens, costNanoUsd };
            });
            expect(await usage.usedIn(spans)).toEqual(expected);
          },
        ),
        { numRuns: 80 },
      );
    });
  });
}

function sum(said: Partial<UsageSum>): UsageSum {
  const base = { calls: 1, failures: 0, inputTokens: 10, cacheReadTokens: 0, outputTokens: 5, unpriced: 0 };
  return { id: undefined, day: undefined, model: undefined, costNanoUsd: 0, ...base, ...said };
}

const aMoment = fc
  .tuple(fc.nat(4), fc.constantFrom(0, 1, DAY_MS / 2, DAY_MS - 1))
  .map(([day, rest]) => NEW_YEAR + day * DAY_MS + rest);

const aRecord = fc
  .record({
    user: fc.constantFrom('a', 'b'),
    team: fc.option(fc.constantFrom('a', 'b'), { nil: undefined }),
    tags: fc.uniqueArray(fc.constantFrom('a', 'b', 'c')),
    startedAt: aMoment,
    requestedModel: fc.constantFrom('fast', 'smart'),
    deployment: fc.constantFrom('d1', 'd2', undefined),
    outcome: fc.constantFrom('ok', 'failed', 'client_gone'),
    costNanoUsd: fc.option(fc.nat(1e9), { nil: undefined }),
    kind: fc.constantFrom('call', 'call', 'call', 'adjustment'),
    prompt: fc.constantFrom('p', undefined),
    promptVersion: fc.constantFrom('1', undefined),
    inputTokens: fc.nat(1e6),
    cacheReadTokens: fc.nat(1e6),
    reasoningTokens: fc.nat(1e6),
  })
  .map(({ user, team, tags, inputTokens, cacheReadTokens, reasoningTokens, ...said }) =>
    callBy(user, {
      ...said,
      principal: { id: user, team, tags },
      usage: { ...NO_USAGE, inputTokens, cacheReadTokens, reasoningTokens },
    }),
  );

const anEdge = fc.option(
  fc.oneof(
    aMoment,
    fc.nat(5).map((day) => NEW_YEAR + day * DAY_MS),
  ),
  { nil: undefined },
);
const aName = fc.option(fc.constantFrom('a', 'b'), { nil: undefined });
const aQuestion: fc.Arbitrary<AggregateQuery> = fc.record({
  from: anEdge,
  to: anEdge,
  user: aName,
  team: fc.option(aName, { freq: 1, nil: undefined }),
  tag: fc.option(aName, { freq: 1, nil: undefined }),
  model: fc.option(fc.constantFrom('fast', 'smart'), { freq: 1, nil: undefined }),
  outcome: fc.option(fc.constantFrom('ok' as const), { freq: 1, nil: undefined }),
  by: fc.constantFrom(undefined, 'user', 'team', 'tag', 'model', 'deployment', 'prompt'),
  byDay: fc.boolean(),
  byModel: fc.boolean(),
});

/** The same sums, written to be obvious. */
function naiveSums(records: readonly LedgerRecord[], question: AggregateQuery): UsageSum[] {
  const sums: UsageSum[] = [];
  for (const record of records.filter((each) => isMeant(each, question))) {
    for (const id of idsOf(record, question.by)) {
      const day = question.byDay ? new Date(record.startedAt).toISOString().slice(0, 10) : undefined;
      const model = question.byModel ? record.requestedModel : undefined;
      let found = sums.find((each) => each.id === id && each.day === day && each.model === model);
      if (found === undefined) {
        found = sum({ id, day, model, calls: 0, inputTokens: 0, outputTokens: 0 });
        sums.push(found);
      }
      const isCall = record.kind !== 'adjustment';
      const added = {
        calls: 1,
        failures: record.outcome === 'ok' ? 0 : 1,
        inputTokens: record.usage.inputTokens + record.usage.cacheReadTokens,
        cacheReadTokens: record.usage.cacheReadTokens,
        outputTokens: record.usage.reasoningTokens + record.usage.outputTokens,
        unpriced: record.costNanoUsd === undefined ? 1 : 0,
      };
      const target = found as unknown as Record<string, number>;
      for (const [column, amount] of Object.entries(added)) {
        if (isCall) target[column] = (target[column] ?? 0) + amount;
      }
      target.costNanoUsd = (target.costNanoUsd ?? 0) + (record.costNanoUsd ?? 0);
    }
  }
  return sums;
}

function isMeant(record: LedgerRecord, { from, to, user, team, tag, model, outcome }: UsageFilter): boolean {
  return (
    (from === undefined || record.startedAt >= from) &&
    (to === undefined || record.startedAt < to) &&
    (user === undefined || record.principal.id === user) &&
    (team === undefined || record.principal.team === team) &&
    (tag === undefined || (record.principal.tags ?? []).includes(tag)) &&
    (model === undefined || record.requestedModel === model) &&
    (outcome === undefined || record.outcome === outcome)
  );
}

function idsOf(record: LedgerRecord, by: AggregateQuery['by']): readonly (string | undefined)[] {
  const { principal, prompt, promptVersion, requestedModel, deployment } = record;
  const version = promptVersion === undefined ? '' : `@${promptVersion}`;
  switch (by) {
    case 'user':
      return [principal.id];
    case 'team':
      return [principal.team];
    case 'tag':
      return principal.tags?.length ? principal.tags : [undefined];
    case 'model':
      return [requestedModel];
    case 'deployment':
      return [deployment];
    case 'prompt':
      return [prompt === undefined ? undefined : prompt + version];
    default:
      return [undefined];
  }
}

function byKey(sums: readonly UsageSum[]): UsageSum[] {
  const key = ({ id, day, model }: UsageSum) => JSON.stringify([id ?? null, day ?? null, model ?? null]);
  return [...sums].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}
