import { describe, expect, it, vi } from 'vitest';
import type { CallSnapshot, Observer } from '../hooks/observer.js';
import type { Logger } from '../logger.js';
import type { UsageRecord } from '../usage/usage-record.js';
import { createObservers } from './notify-observers.js';

const CALL = { id: 'req_1' } as CallSnapshot;
const RECORD = { id: 'req_1' } as UsageRecord;

describe('createObservers', () => {
  it('tells each observer what it wants to hear, as a method of its own', () => {
    class Counting implements Observer {
      ended: string[] = [];
      callEnded(record: UsageRecord): void {
        this.ended.push(record.id);
      }
    }
    const counting = new Counting();
    const callStarted = vi.fn();
    const observers = createObservers([counting, { callStarted }], undefined);
    expect(observers.any).toBe(true);
    observers.callStarted(CALL);
    observers.callEnded(RECORD);
    expect(callStarted).toHaveBeenCalledExactlyOnceWith(CALL);
    expect(counting.ended).toEqual(['req_1']);
  });

  it('logs the first failure of an observer, and goes on with it and all others (h01)', async () => {
    const { logger, warnings } = listeningLogger();
    const healthy = vi.fn();
    const observers = createObservers(
      [
        {
          name: 'broken',
          callStarted() {
            throw new Error('thrown');
          },
          callEnded: async () => Promise.reject(new Error('rejected')),
        },
        { callEnded: async () => Promise.reject(new Error('rejected as well')) },
        { callStarted: healthy, callEnded: healthy },
      ],
      logger,
    );
    for (let call = 0; call < 3; call++) {
      observers.callStarted(CALL);
      observers.callEnded(RECORD);
      await Promise.resolve();
    }
    expect(healthy).toHaveBeenCalledTimes(6);
    expect(warnings).toEqual([
      { observer: 'broken', err: expect.objectContaining({ message: 'thrown' }) },
      { observer: 'observers[1]', err: expect.objectContaining({ message: 'rejected as well' }) },
    ]);
  });

  it('does not wait for one that never resolves, and takes no offence at what one returns', () => {
    const { logger, warnings } = listeningLogger();
    const seen: unknown[] = [];
    const observers = createObservers(
      [
        { callEnded: () => new Promise(() => {}) },
        { callEnded: (record) => seen.push(record) as unknown as undefined },
      ],
      logger,
    );
    observers.callEnded(RECORD);
    expect(seen).toEqual([RECORD]);
    expect(warnings).toEqual([]);
  });

  it('is nothing where there are none', () => {
    const observers = createObservers([], undefined);
    expect(observers.any).toBe(false);
    expect(() => observers.callEnded(RECORD)).not.toThrow();
  });
});

function listeningLogger(): { readonly logger: Logger; readonly warnings: object[] } {
  const warnings: object[] = [];
  const silent = () => {};
  return { warnings, logger: { debug: silent, info: silent, error: silent, warn: (fields) => warnings.push(fields) } };
}
