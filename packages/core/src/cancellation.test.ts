import { describe, expect, it } from 'vitest';
import { Cancellation } from './cancellation.js';

describe('a cancellation', () => {
  it('is heard by all of its listeners and by its signal, also after one of them throws', () => {
    const cancellation = new Cancellation();
    const heard: string[] = [];
    const { signal } = cancellation;
    cancellation.onCancel(() => {
      throw new Error('broken');
    });
    cancellation.onCancel((reason) => void heard.push(String(reason)));
    cancellation.cancel('left');
    expect([heard, signal.aborted, cancellation.reason]).toEqual([['left'], true, 'left']);
  });
});
