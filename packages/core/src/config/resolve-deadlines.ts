import type { AttemptDeadlines, ResolvedDeadlines } from '../deployment.js';

/** Reasoning models take minutes; the official clients wait ten as well. */
export const LONGEST_ANSWER_MS = 600_000;

/** What holds where the configuration says nothing. */
export function resolveDeadlines(wanted: Partial<AttemptDeadlines>): ResolvedDeadlines {
  const { headersMs, idleMs, firstTokenMs = 300_000, answerMs = LONGEST_ANSWER_MS } = wanted;
  return {
    headersMs: headersMs ?? LONGEST_ANSWER_MS,
    // A stream's head says only that the vendor has begun: one that does not come is a silent route (R-STR-9).
    streamHeadersMs: headersMs ?? 60_000,
    firstTokenMs,
    openingIdleMs: idleMs ?? firstTokenMs,
    idleMs: idleMs ?? 30_000,
    answerMs,
  };
}
