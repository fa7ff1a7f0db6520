// Loaded before the first call and not by it: how long that takes is no matter of the fake clock.
import '@pydantic/genai-prices';
import { seededRandom } from '@portico/testing';
import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { brokenIn } from './invariants.js';
import { type Plan, plans } from './plan.js';
import { repeatableCrypto } from './repeatable-crypto.js';
import { runPlan } from './run-plan.js';

const { PORTICO_MODEL_RUNS, PORTICO_MODEL_SEED, PORTICO_MODEL_PATH } = process.env;
const numRuns = Number(PORTICO_MODEL_RUNS ?? 2_000);
/** On a busy machine fewer runs are made; whoever asks for a number of them gets all. */
const MOST_MS = PORTICO_MODEL_RUNS === undefined ? 50_000 : numRuns * 200;

repeatableCrypto();

async function holds(plan: Plan): Promise<void> {
  const random = vi.spyOn(Math, 'random').mockImplementation(seededRandom(plan.random));
  try {
    expect(brokenIn(await runPlan(plan))).toEqual([]);
  } finally {
    random.mockRestore();
  }
}

it(
  'whatever is asked, however vendors behave and clients leave, every call is accounted for once and leaves nothing behind',
  async () => {
    await fc.assert(fc.asyncProperty(plans, holds), {
      numRuns,
      plugins: [fc.interruptAfterTimeLimit(MOST_MS)],
      // A failure prints both: with them it is run again.
      ...(PORTICO_MODEL_SEED !== undefined && { seed: Number(PORTICO_MODEL_SEED) }),
      ...(PORTICO_MODEL_PATH !== undefined && { path: PORTICO_MODEL_PATH }),
    });
  },
  MOST_MS + 300_000,
);
