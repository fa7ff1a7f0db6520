// For who writes a store.
export { memoryCounters } from '../accounts/counters/memory-counters.js';
export type { CooldownStore, CounterRequest, CounterStore, ReserveAnswer } from '../store.js';
