import { describe, expect, it } from 'vitest';
import { fakeClock } from './fake-clock.js';

describe('a fake clock', () => {
  it('stands still until it is moved', async () => {
    const clock = fakeClock(1000);
    expect(clock.now()).toBe(1000);
    await clock.advance(250);
    expect(clock.now()).toBe(1250);
  });

  it('runs timers in the order they fall due, each at its own moment', async () => {
    const clock = fakeClock(0);
    const story: string[] = [];
    clock.after(30, () => story.push(`late at ${clock.now()}`));
    clock.after(10, () => story.push(`early at ${clock.now()}`));
    clock.after(10, () => story.push(`early too at ${clock.now()}`));
    await clock.advance(29);
    expect(story).toEqual(['early at 10', 'early too at 10']);
    await clock.advance(1);
    expect(story).toEqual(['early at 10', 'early too at 10', 'late at 30']);
  });

  it('lets promises settle between two timers, so that the first can take the second back', async () => {
    const clock = fakeClock();
    const story: string[] = [];
    const takeBack = clock.after(20, () => story.push('deadline'));
    const answered = new Promise<void>((resolve) => clock.after(10, resolve));
    const answering = answered.then(() => {
      story.push('answer');
      takeBack();
    });
    await clock.advance(100);
    await answering;
    expect(story).toEqual(['answer']);
  });

  it('runs timers that timers set, within the same span', async () => {
    const clock = fakeClock(0);
    const beats: number[] = [];
    const beat = (): void => {
      beats.push(clock.now());
      clock.after(10, beat);
    };
    clock.after(10, beat);
    await clock.advance(35);
    expect(beats).toEqual([10, 20, 30]);
    expect(clock.pending).toBe(1);
  });

  it('counts what waits and forgets what was taken back', () => {
    const clock = fakeClock();
    const takeBack = clock.after(10, () => undefined);
    clock.after(20, () => undefined);
    expect(clock.pending).toBe(2);
    takeBack();
    takeBack();
    expect(clock.pending).toBe(1);
  });

  it('jumps the time of day without running or delaying a timer, as a corrected system clock does (h05)', async () => {
    const clock = fakeClock(10_000);
    let ran = 0;
    clock.after(100, () => {
      ran += 1;
    });
    clock.set(9_000_000);
    await clock.advance(99);
    expect([clock.now(), ran]).toEqual([9_000_099, 0]);
    clock.set(0);
    await clock.advance(1);
    expect([clock.now(), ran]).toEqual([1, 1]);
  });
});
