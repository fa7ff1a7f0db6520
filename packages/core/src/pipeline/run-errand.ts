import type { Attempt, Call } from '../call.js';
import type { Errand } from '../errand.js';
import { asGatewayError } from '../errors.js';
import type { Operation } from '../operation.js';
import type { Answer } from '../upstream/ask-deployment.js';
import { type RelayParts, relay } from '../upstream/relay.js';
import type { Meter } from './meter.js';

export type RunErrandParts = Omit<RelayParts, 'onBytesEnd'>;

/**
 * Asks the one deployment that can answer, once: what it has nobody else has. How it goes says nothing of how well its
 * models are, so that their routing does not learn from it.
 */
export async function runErrand(
  call: Call<unknown, Operation>,
  errand: Errand,
  meter: Meter,
  parts: RunErrandParts,
): Promise<Answer> {
  const { clock } = parts;
  const { deployment } = errand;
  const attempt: Attempt = {
    group: call.group.name,
    deployment: deployment.id,
    provider: deployment.provider.name,
    model: deployment.model,
    startedAt: clock.now(),
    endedAt: undefined,
    firstContentAt: undefined,
    status: undefined,
    upstreamRequestId: undefined,
    failure: undefined,
  };
  if (call.cancellation.cancelled) throw call.cancellation.reason;
  call.attempts.push(attempt);
  meter.asking(deployment);
  const relayParts: RelayParts = {
    ...parts,
    onBytesEnd: (end) => meter.bytesEnded(end, deployment, attempt),
  };
  try {
    const answer = await errand.run((request) => relay(call, deployment, attempt, request, relayParts));
    if (answer.kind === 'bytes') return { ...answer, deployment, attempt };
    return { kind: 'whole', deployment, attempt, body: JSON.stringify(answer.value), value: answer.value };
  } catch (error) {
    const failure = asGatewayError(error);
    attempt.endedAt = clock.now();
    attempt.failure = failure.kind;
    meter.attemptEnded(attempt);
    throw failure;
  }
}
