import type { AnswerMetadata, AttemptMetadata } from '../answer-metadata.js';
import type { Attempt, Call } from '../call.js';
import type { Operation } from '../operation.js';

/** The metadata of a call as it is answered, with or without an attempt. */
export function answerMetadataOf(
  call: Call<unknown, Operation>,
  answered: Attempt | undefined,
  costNanoUsd: number | undefined,
  now: number,
): AnswerMetadata {
  return {
    callId: call.id,
    requestedModel: call.group.name,
    answeredModel: answered?.group,
    deployment: answered?.deployment,
    provider: answered?.provider,
    upstreamModel: answered?.model,
    upstreamRequestId: (answered ?? call.attempts.at(-1))?.upstreamRequestId,
    attempts: call.attempts.map((attempt) => attemptMetadataOf(attempt, now)),
    durationMs: now - call.startedAt,
    costNanoUsd,
    warnings: call.warnings.list(),
  };
}

function attemptMetadataOf(attempt: Attempt, now: number): AttemptMetadata {
  const { group, deployment, provider, model, startedAt, endedAt, status, upstreamRequestId, failure } = attempt;
  const durationMs = (endedAt ?? now) - startedAt;
  return { group, deployment, provider, model, status, upstreamRequestId, durationMs, failure };
}
