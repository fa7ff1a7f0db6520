import { fork } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LedgerRecord, memoryLedger, type UsageStore } from '@portico/core/store';
import { durableSink, sqlStores } from '@portico/store-sql';
import { fakeClock } from '@portico/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { callBy } from '../contracts/ledger-records.js';
import { startPostgres, withoutPostgres } from '../support/postgres-server.js';
import { openPostgresDatabase, titleOf } from '../support/sql-databases.js';

const GONE = 2 ** 22 + 1;

describe('a durable sink', () => {
  it('hands batches to the ledger and writes nothing while it takes them', async () => {
    const { folder, ledger, sink } = opened();
    await sink.record([callBy('ada'), callBy('bob')]);
    expect(await ids(ledger)).toHaveLength(2);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('keeps batches in a file while the ledger refuses, and hands them over once it takes them, each once', async () => {
    const { folder, ledger, sink, clock, faults } = opened();
    const records = Array.from({ length: 30 }, () => callBy('ada'));
    faults.refuses = true;
    for (const record of records) await sink.record([record]);
    expect(sink.waitingBytes).toBeGreaterThan(0);
    expect(await ids(ledger)).toEqual([]);

    faults.refuses = false;
    await expect
      .poll(async () => {
        await clock.advance(30_000);
        return sink.waitingBytes;
      })
      .toBe(0);
    expect((await ids(ledger)).sort()).toEqual(records.map(({ id }) => id).sort());
    expect(readdirSync(folder)).toEqual([]);
    await sink.record([callBy('bob')]);
    expect(await ids(ledger)).toHaveLength(31);
  });

  it('does not wait longer than its patience for a ledger that hangs', async () => {
    const { sink, clock, faults } = opened();
    faults.hangs = true;
    const kept = sink.record([callBy('ada')]);
    await clock.advance(1_000);
    await kept;
    await sink.record([callBy('ada')]);
    expect(sink.waitingBytes).toBeGreaterThan(0);
  });

  it('refuses batches when its files are full, so that they wait in the queue', async () => {
    const { sink, faults } = opened({ maxBytes: 1 });
    faults.refuses = true;
    await sink.record([callBy('ada')]);
    await expect(sink.record([callBy('ada')])).rejects.toThrow('wait in');
  });

  it('rejects where neither the ledger nor the disk takes a batch', async () => {
    const { folder, sink, faults } = opened();
    rmSync(folder, { recursive: true });
    writeFileSync(folder, 'a file where a folder should be');
    faults.refuses = true;
    await expect(sink.record([callBy('ada')])).rejects.toThrow();
  });

  it('takes over what a process left that is gone, and leaves out what it was writing when it died', async () => {
    const folder = newFolder();
    const [one, two] = [callBy('ada'), callBy('ada')];
    const text = `${JSON.stringify(one)}\n\n${JSON.stringify(two)}\n{"id":"torn`;
    writeFileSync(join(folder, `${host()}.${GONE}.x.jsonl`), text);
    const { ledger, sink } = opened({ folder });
    await sink.replayed;
    expect((await ids(ledger)).sort()).toEqual([one.id, two.id].sort());
    expect(readdirSync(folder)).toEqual([]);
  });

  it('leaves a file to a process that lives, and to one of another machine that was there a moment ago', async () => {
    const folder = newFolder();
    const names = [`${host()}.${process.ppid}.x.jsonl`, 'elsewhere.1.x.jsonl'];
    for (const name of names) writeFileSync(join(folder, name), `${JSON.stringify(callBy('ada'))}\n`);
    const { ledger, sink } = opened({ folder });
    await sink.replayed;
    expect(await ids(ledger)).toEqual([]);
    expect(readdirSync(folder).sort()).toEqual([...names].sort());
  });

  it('hands over what can be read of a damaged file, and keeps the file', async () => {
    const folder = newFolder();
    const path = join(folder, `${host()}.${GONE}.x.jsonl`);
    const record = callBy('ada');
    writeFileSync(path, '\0\0\0 rubbish\n');
    appendFileSync(path, `${JSON.stringify(record)}\n`);
    const { ledger, sink } = opened({ folder });
    await sink.replayed;
    expect(await ids(ledger)).toEqual([record.id]);
    expect(readdirSync(folder)).toEqual([expect.stringMatching(/\.damaged$/)]);
  });

  it('loses nothing that it has taken when its process is killed with -9, again and again (law 5)', async () => {
    const folder = newFolder();
    const kept = new Set<string>();
    for (let round = 0; round < 3; round++) {
      const child = fork(new URL('spilling-process.mjs', import.meta.url), [folder]);
      onTestFinished(() => void child.kill('SIGKILL'));
      let batches = 0;
      child.on('message', (batch) => {
        for (const id of batch as string[]) kept.add(id);
        batches += 1;
        if (batches === 3 + round * 8) child.kill('SIGKILL');
      });
      await once(child, 'exit');
    }
    const { ledger, sink } = opened({ folder });
    await sink.replayed;
    const found = new Set(await ids(ledger));
    expect([...kept].filter((id) => !found.has(id))).toEqual([]);
    expect(kept.size).toBeGreaterThan(300);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe.skipIf(withoutPostgres !== undefined)(titleOf('a durable sink before Postgres', withoutPostgres), () => {
  it('has every record in the ledger once, after the server was killed and came back', async () => {
    const server = await startPostgres();
    const database = await openPostgresDatabase(server);
    onTestFinished(async () => {
      await database.close();
      await server.stop();
    });
    const { usage, migrate } = sqlStores(database.connection);
    await migrate();
    const clock = fakeClock();
    const sink = durableSink(usage, { folder: newFolder(), clock });
    onTestFinished(() => sink.close());
    const records = Array.from({ length: 300 }, () => callBy('ada'));
    for (let at = 0; at < records.length; at += 20) {
      if (at === 100) await server.kill();
      if (at === 200) await server.restart();
      await sink.record(records.slice(at, at + 20));
    }
    await expect
      .poll(
        async () => {
          await clock.advance(30_000);
          return sink.waitingBytes;
        },
        { timeout: 20_000 },
      )
      .toBe(0);
    expect(await usage.aggregate({})).toMatchObject([{ calls: 300, costNanoUsd: 300_000 }]);
  });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'portico-spill-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function host(): string {
  return hostname().replaceAll(/[^\w-]/g, '_');
}

function opened({ folder = newFolder(), maxBytes }: { folder?: string; maxBytes?: number } = {}) {
  const clock = fakeClock();
  const { usage } = memoryLedger(clock);
  const faults = { refuses: false, hangs: false };
  const ledger: Pick<UsageStore, 'append'> = {
    async append(batch: readonly LedgerRecord[]) {
      if (faults.hangs) await new Promise(() => {});
      if (faults.refuses) throw new Error('Not now.');
      return await usage.append(batch);
    },
  };
  const sink = durableSink(ledger, { folder, clock, maxBytes });
  onTestFinished(() => sink.close());
  return { folder, clock, ledger: usage, sink, faults };
}

async function ids(ledger: UsageStore): Promise<string[]> {
  const found: string[] = [];
  let after: string | undefined;
  do {
    const page = await ledger.query({ limit: 1_000, after });
    found.push(...page.items.map(({ id }) => id));
    after = page.next;
  } while (after !== undefined);
  return found;
}
