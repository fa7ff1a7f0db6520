import { setImmediate as turnOfTheEventLoop } from 'node:timers/promises';
import { afterAll, beforeAll, expect } from 'vitest';

/** Fails the suite it is called in for any rejection that nobody handled and any warning of Node's (R-HOST-3). */
export function watchProcess(): void {
  const noise: unknown[] = [];
  const hear = (sound: unknown): void => void noise.push(sound);

  beforeAll(() => {
    process.on('unhandledRejection', hear);
    process.on('warning', hear);
  });

  afterAll(async () => {
    await turnOfTheEventLoop();
    process.off('unhandledRejection', hear);
    process.off('warning', hear);
    expect(noise).toEqual([]);
  });
}
