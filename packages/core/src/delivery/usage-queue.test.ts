import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type FakeClock, fakeClock } from '@portico/testing';
import { describe, expect, it, vi } from 'vitest';
import type { Sink } from '../hooks/sink.js';
import type { Logger } from '../logger.js';
import type { UsageRecord } from '../usage/usage-record.js';
import { createUsageQueue, type UsageQueue, type UsageQueueDeps } from './usage-queue.js';

describe('createUsageQueue', () => {
  it('hands the first record on at once, but not within push', async () => {
    const sink = takingSink();
    const { queue } = start([sink]);
    queue.push(record(1));
    expect(sink.taken).toEqual([]);
    expect(queue.pending).toBe(1);
    await Promise.resolve();
    expect(sink.taken).toEqual([[1]]);
    expect(queue.pending).toBe(0);
  });

  it('collects what follows for a second, or until there is a batch', async () => {
    const sink = takingSink();
    const { queue, clock } = start([sink], { maxBatch: 3 });
    pushAll(queue, 1, 1);
    await clock.advance(0);
    pushAll(queue, 2, 3);
    await clock.advance(999);
    expect(sink.taken).toEqual([[1]]);
    await clock.advance(1);
    expect(sink.taken).toEqual([[1], [2, 3]]);
    pushAll(queue, 4, 10);
    await clock.advance(0);
    expect(sink.taken).toEqual([[1], [2, 3], [4, 5, 6], [7, 8, 9]]);
    await clock.advance(1_000);
    expect(sink.taken.flat()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('sets no timer while nothing happens', async () => {
    const { queue, clock } = start([takingSink()]);
    pushAll(queue, 1, 5);
    await clock.advance(5_000);
    expect(clock.pending).toBe(0);
  });

  it('offers a batch again, with growing pauses, until it is taken (h01)', async () => {
    const { logger, lines } = listeningLogger();
    const offers: number[] = [];
    let up = false;
    const clock = fakeClock();
    const taken: number[][] = [];
    const sink: Sink = {
      record(batch) {
        offers.push(clock.now());
        if (!up) throw new Error('down');
        taken.push(batch.map(numberOf));
      },
    };
    const { queue } = start([sink], { logger, clock, maxBatch: 5 });
    queue.push(record(1));
    await clock.advance(60_000);
    const pauses = offers.slice(1).map((at, index) => at - (offers[index] as number));
    expect(pauses).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 16_000]);
    pushAll(queue, 2, 7);
    await clock.advance(60_000);
    expect(offers.length).toBeLessThanOrEqual(11);
    expect(queue.pending).toBe(7);

    up = true;
    await clock.advance(32_000);
    // Small first: one of the records may be what it cannot write.
    expect(taken.flat().toSorted((one, other) => one - other)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(taken[0]).toHaveLength(1);
    expect(lines.warn[0]).toMatchObject({ sink: 'sinks[0]', waiting: 1, failures: 1 });
    expect(lines.error).toEqual([]);
  });

  it('spills a record that cannot be written alone, and hands on all others', async () => {
    const taken: number[] = [];
    const spilled: number[] = [];
    const sink: Sink = {
      record(batch) {
        const numbers = batch.map(numberOf);
        if (numbers.some((number) => number === 37 || number === 38)) throw new RangeError('Invalid string length');
        taken.push(...numbers);
      },
      spill: (batch) => void spilled.push(...batch.map(numberOf)),
    };
    const { queue, clock } = start([sink]);
    pushAll(queue, 1, 100);
    await clock.advance(120_000);
    expect(spilled).toEqual([37, 38]);
    expect(taken.toSorted((one, other) => one - other)).toEqual(
      Array.from({ length: 100 }, (_, index) => index + 1).filter((number) => number !== 37 && number !== 38),
    );
    expect([queue.pending, clock.pending]).toEqual([0, 0]);
  });

  it('spills nothing because a sink is down for an hour', async () => {
    let up = false;
    const taken = takingSink();
    const spilled: number[] = [];
    const sink: Sink = {
      record: (batch) => (up ? taken.record(batch) : Promise.reject(new Error('down'))),
      spill: (batch) => void spilled.push(...batch.map(numberOf)),
    };
    const { queue, clock } = start([sink]);
    pushAll(queue, 1, 20);
    await clock.advance(3_600_000);
    up = true;
    await clock.advance(60_000);
    expect(spilled).toEqual([]);
    expect(taken.taken.flat().toSorted((one, other) => one - other)).toEqual(
      Array.from({ length: 20 }, (_, index) => index + 1),
    );
  });

  it('offers a batch again when the sink has not answered in half a minute (h01)', async () => {
    const batches: number[][] = [];
    const sink: Sink = {
      async record(batch) {
        batches.push(batch.map(numberOf));
        if (batches.length === 1) await new Promise(() => {});
      },
    };
    const { queue, clock } = start([sink]);
    queue.push(record(1));
    await clock.advance(30_250);
    expect(batches).toEqual([[1], [1]]);
    expect(queue.pending).toBe(0);
  });

  it('pays no attention to an answer that comes too late', async () => {
    const answers: (() => void)[] = [];
    const sink: Sink = { record: () => new Promise((resolve) => answers.push(resolve)) };
    const { queue, clock } = start([sink]);
    queue.push(record(1));
    await clock.advance(30_250);
    expect(answers).toHaveLength(2);
    answers[0]?.();
    await clock.advance(0);
    expect(queue.pending).toBe(1);
    answers[1]?.();
    await clock.advance(0);
    expect(queue.pending).toBe(0);
  });

  it('lets a sink that fails or hangs delay no other', async () => {
    const healthy = takingSink();
    const { queue, clock } = start([failingSink(), { record: () => new Promise(() => {}) }, healthy]);
    pushAll(queue, 1, 5);
    await clock.advance(1_000);
    pushAll(queue, 6, 10);
    await clock.advance(1_000);
    expect(healthy.taken.flat()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(queue.pending).toBe(10);
  });

  it('takes what a sink returns besides a promise for nothing', async () => {
    const rows: UsageRecord[] = [];
    const { queue, clock } = start([{ record: (batch) => rows.push(...batch) as unknown as undefined }]);
    pushAll(queue, 1, 2);
    await clock.advance(60_000);
    expect(rows.map(numberOf)).toEqual([1, 2]);
  });

  it('spills the oldest batch when the queue is full, and keeps order and bound', async () => {
    const { logger, lines } = listeningLogger();
    const sink = { ...failingSink(), spill: vi.fn() };
    const { queue, clock } = start([sink], { logger, maxBatch: 10, maxQueued: 50 });
    pushAll(queue, 1, 75);
    expect(queue.pending).toBe(45);
    expect(sink.spill.mock.calls.map(([batch]) => [numberOf(batch[0]), numberOf(batch.at(-1))])).toEqual([
      [1, 10],
      [11, 20],
      [21, 30],
    ]);
    await clock.advance(0);
    expect(lines.error).toEqual([]);
    expect(lines.warn).toHaveLength(4);
  });

  it('does not spill what the sink is just being offered', async () => {
    const answers: (() => void)[] = [];
    const spilled: number[] = [];
    const sink: Sink = {
      record: () => new Promise((resolve) => answers.push(resolve)),
      spill: (batch) => void spilled.push(...batch.map(numberOf)),
    };
    const { queue, clock } = start([sink], { maxBatch: 2, maxQueued: 4 });
    pushAll(queue, 1, 2);
    await clock.advance(0);
    pushAll(queue, 3, 6);
    expect(spilled).toEqual([3, 4]);
    answers[0]?.();
    await clock.advance(0);
    expect(queue.pending).toBe(2);
  });

  it.each([
    ['has no spill', undefined],
    [
      'throws while spilling',
      () => {
        throw new Error('disk full');
      },
    ],
    ['rejects the spill', async () => Promise.reject(new Error('disk full'))],
  ])('says loudly which records are lost where the sink %s', async (_, spill) => {
    const { logger, lines } = listeningLogger();
    const sink: Sink = { name: 'ledger', ...failingSink(), ...(spill && { spill }) };
    const { queue, clock } = start([sink], { logger, maxBatch: 2, maxQueued: 4 });
    pushAll(queue, 1, 5);
    await clock.advance(0);
    expect(lines.error).toMatchObject([{ sink: 'ledger', ids: ['req_1', 'req_2'] }]);
  });

  describe('flush', () => {
    it('hands on everything that waits, without pauses', async () => {
      const sink = takingSink();
      const { queue, clock } = start([sink], { maxBatch: 2 });
      pushAll(queue, 1, 1);
      await clock.advance(0);
      pushAll(queue, 2, 6);
      await queue.flush(5_000);
      expect(sink.taken).toEqual([[1], [2, 3], [4, 5], [6]]);
      expect(clock.pending).toBe(0);
    });

    it('has nothing to do where there is nothing, and may be asked again and at the same time', async () => {
      const { queue, clock } = start([takingSink(), failingSink()]);
      await Promise.all([queue.flush(5_000), queue.flush(5_000)]);
      await queue.flush(5_000);
      await start([]).queue.flush(5_000);
      expect(clock.pending).toBe(0);
    });

    it('gives a failing sink another chance at once, and spills what it still does not take in time', async () => {
      let up = false;
      const sink = takingSink();
      const recovering: Sink = { record: (batch) => (up ? sink.record(batch) : Promise.reject(new Error('down'))) };
      const spilled: number[] = [];
      const down: Sink = { ...failingSink(), spill: async (batch) => void spilled.push(...batch.map(numberOf)) };
      const { queue, clock } = start([recovering, down]);
      pushAll(queue, 1, 3);
      await clock.advance(20_000);
      const flushed = queue.flush(5_000);
      await clock.advance(1_000);
      up = true;
      await clock.advance(4_000);
      await flushed;
      expect(sink.taken.flat().toSorted((one, other) => one - other)).toEqual([1, 2, 3]);
      expect(spilled).toEqual([1, 2, 3]);
      expect(queue.pending).toBe(0);
      expect(clock.pending).toBe(0);
    });

    it('waits for a sink that hangs no longer than it was told, nor for ever for its spill', async () => {
      const { logger, lines } = listeningLogger();
      const hanging: Sink = { record: () => new Promise(() => {}), spill: () => new Promise(() => {}) };
      const { queue, clock } = start([hanging], { logger });
      queue.push(record(1));
      await clock.advance(0);
      const flushed = queue.flush(5_000);
      await clock.advance(7_000);
      await flushed;
      expect(lines.error).toMatchObject([{ ids: ['req_1'], why: 'the spill function did not finish' }]);
    });

    it('keeps a process that has nothing else left alive until the records are taken', async () => {
      const script = `
        import { createUsageQueue } from ${JSON.stringify(new URL('../../dist/delivery/usage-queue.js', import.meta.url))};
        import { systemClock } from ${JSON.stringify(new URL('../../dist/clock.js', import.meta.url))};
        let offers = 0;
        const sink = { async record(batch) { if (++offers === 1) throw new Error('down'); console.log(batch.length); } };
        const queue = createUsageQueue([sink], { clock: systemClock, logger: undefined, inOwnContext: (run) => run() });
        queue.push({ id: 'req_1' });
        await queue.flush(5_000);
        console.log('closed');
      `;
      const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script]);
      expect(stdout).toBe('1\nclosed\n');
    });

    it('takes records that come afterwards like any other', async () => {
      const sink = takingSink();
      const { queue, clock } = start([sink]);
      queue.push(record(1));
      await queue.flush(5_000);
      queue.push(record(2));
      await clock.advance(0);
      expect(sink.taken).toEqual([[1], [2]]);
    });
  });
});

function start(
  sinks: readonly Sink[],
  deps: Partial<UsageQueueDeps> & { readonly clock?: FakeClock } = {},
): { readonly queue: UsageQueue; readonly clock: FakeClock } {
  const clock = deps.clock ?? fakeClock();
  return { clock, queue: createUsageQueue(sinks, { logger: undefined, inOwnContext: (run) => run(), ...deps, clock }) };
}

function record(number: number): UsageRecord {
  return { id: `req_${number}` } as UsageRecord;
}

function numberOf(from: UsageRecord | undefined): number {
  return Number(from?.id.slice(4));
}

function pushAll(queue: UsageQueue, first: number, last: number): void {
  for (let number = first; number <= last; number++) queue.push(record(number));
}

function takingSink(): Sink & { readonly taken: number[][] } {
  const taken: number[][] = [];
  return { taken, record: (batch) => void taken.push(batch.map(numberOf)) };
}

function failingSink(): Sink {
  return {
    record() {
      throw new Error('down');
    },
  };
}

function listeningLogger(): { readonly logger: Logger; readonly lines: { warn: object[]; error: object[] } } {
  const lines = { warn: [] as object[], error: [] as object[] };
  const silent = () => {};
  return {
    lines,
    logger: {
      debug: silent,
      info: silent,
      warn: (fields) => lines.warn.push(fields),
      error: (fields) => lines.error.push(fields),
    },
  };
}
