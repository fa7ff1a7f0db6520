import { fakeClock } from '@portico/testing';
import { describe, expect, it } from 'vitest';
import type { Cancellation } from '../cancellation.js';
import { Scheduler } from './scheduler.js';

describe('background work', () => {
  it('begins when it is started and not when it is added, and goes on at its own pace', async () => {
    const { clock, scheduler, runs } = arrange();
    scheduler.add(job('early', 1_000));
    await clock.advance(10_000);
    expect([runs, clock.pending]).toEqual([[], 0]);
    scheduler.start();
    scheduler.add(job('late', 1_500));
    await clock.advance(3_000);
    expect(runs).toEqual(['early', 'late', 'early', 'late', 'early']);

    function job(name: string, everyMs: number) {
      return { name, everyMs, run: () => void runs.push(name) };
    }
  });

  it('leaves a run out while the one before it goes on, unless the job says that they may overlap', async () => {
    const { clock, scheduler, runs } = arrange();
    for (const mayOverlap of [true, false]) {
      const run = () => new Promise<void>(() => void runs.push(mayOverlap ? 'overlaps' : 'alone'));
      scheduler.add({ name: 'slow', everyMs: 1_000, mayOverlap, run });
    }
    scheduler.start();
    await clock.advance(3_000);
    expect(runs).toEqual(['overlaps', 'alone', 'overlaps', 'overlaps']);
  });

  it('goes on after a run that failed, which is logged', async () => {
    const { clock, scheduler, runs, logged } = arrange();
    scheduler.add({
      name: 'broken',
      everyMs: 1_000,
      run() {
        runs.push('broken');
        throw new Error('no');
      },
    });
    scheduler.start();
    await clock.advance(2_000);
    expect(runs).toHaveLength(2);
    expect(logged).toMatchObject([{ job: 'broken' }, { job: 'broken' }]);
  });

  it('ends with the scheduler, which cancels what is under way and waits for it', async () => {
    const { clock, scheduler, runs } = arrange();
    const run = (cancellation: Cancellation) =>
      new Promise<void>((resolve) => {
        cancellation.onCancel(() => {
          runs.push('cancelled');
          resolve();
        });
      });
    scheduler.add({ name: 'heeds', everyMs: 1_000, run });
    scheduler.start();
    await clock.advance(1_000);
    await scheduler.close(new Error('closing'), 5_000);
    expect([runs, clock.pending]).toEqual([['cancelled'], 0]);
    scheduler.add({ name: 'too late', everyMs: 1_000, run });
    scheduler.start();
    expect(clock.pending).toBe(0);
  });

  it('is not waited for for ever', async () => {
    const { clock, scheduler } = arrange();
    scheduler.add({ name: 'deaf', everyMs: 1_000, run: () => new Promise(() => {}) });
    scheduler.start();
    await clock.advance(1_000);
    const closed = scheduler.close(new Error('closing'), 5_000);
    await clock.advance(5_000);
    await expect(closed).resolves.toBeUndefined();
    expect(clock.pending).toBe(0);
  });

  it('that is taken out does not begin again', async () => {
    const { clock, scheduler, runs } = arrange();
    const remove = scheduler.add({ name: 'old', everyMs: 1_000, run: () => void runs.push('old') });
    scheduler.start();
    await clock.advance(1_000);
    remove();
    await clock.advance(5_000);
    expect([runs, clock.pending]).toEqual([['old'], 0]);
  });
});

function arrange() {
  const clock = fakeClock();
  const runs: string[] = [];
  const logged: object[] = [];
  const ignore = () => {};
  const logger = { debug: ignore, info: ignore, warn: ignore, error: (fields: object) => void logged.push(fields) };
  return { clock, runs, logged, scheduler: new Scheduler(clock, logger) };
}
