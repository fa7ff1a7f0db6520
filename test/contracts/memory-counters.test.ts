import { fakeClock } from '@portico/testing';
import { memoryCounters } from '../../packages/core/src/accounts/counters/memory-counters.js';
import { counterStoreContract } from './counter-store.js';

counterStoreContract('memory', () => {
  const clock = fakeClock();
  return { store: memoryCounters(clock), now: clock.now, pass: clock.advance };
});
