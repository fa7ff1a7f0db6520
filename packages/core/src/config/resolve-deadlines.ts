import type { AttemptDeadlines, ResolvedDeadlines } from '../deployment.js';

/** Reasoning models need minutes; the official clients also wait ten. */
export const LONGEST_ANSWER_MS = 600_000;

/** The defaults. */
export function resolveDeadlines(wanted: Partial<AttemptDeadlines>): ResolvedDeadlines {
  const { headersMs, idleMs, firstTokenMs = 300_000, answerMs = LONGEST_ANSWER_MS } = wanted;
  return {
    headersMs: headersMs ?? LONGEST_ANSWER_MS,
    // The head of a stream only shows that the vendor has started. If it does not arrive, the route is considered
    // dead (R-STR-9).
    streamHeadersMs: headersMs ?? 60_000,
    firstTokenMs,
    openingIdleMs: idleMs ?? firstTokenMs,
    idleMs: idleMs ?? 30_000,
    answerMs,
  };
}
