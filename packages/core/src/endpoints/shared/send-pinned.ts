import type { CallAccount } from '../../accounts/call-account.js';
import type { UpstreamAnswer } from '../../answer.js';
import type { AttemptEnd } from '../../attempt-account.js';
import { type RelayDeps, relay } from '../../attempts/relay.js';
import type { Call, FixedNeed } from '../../call.js';
import type { Deployment } from '../../deployment.js';
import { asGatewayError } from '../../errors.js';
import type { Operation } from '../../operation.js';
import type { AskPinned } from '../../operations/pinned-request.js';
import type { BytesEnd } from '../../streams/byte-stream.js';
import { NO_USAGE, type Usage } from '../../usage/usage.js';

export type SendPinnedDeps = Omit<RelayDeps, 'onBytesEnd' | 'callEndsAt'>;

/**
 * Sends the request of a call to the only deployment that can answer, once. The result says nothing about the health of its
 * models, so routing does not learn from it.
 */
export async function sendPinned(
  call: Call<unknown, Operation>,
  deployment: Deployment,
  run: AskPinned,
  account: CallAccount,
  deps: SendPinnedDeps,
): Promise<UpstreamAnswer> {
  if (call.cancellation.cancelled) throw call.cancellation.reason;
  const attempt = account.beginAttempt(deployment, call.group.name);
  const relayDeps: RelayDeps = {
    ...deps,
    callEndsAt: call.startedAt + call.maxDurationMs,
    onBytesEnd: (end) =>
      attempt.end({ result: end.outcome, failure: end.failure, ...usedBy(end, call.fixedNeed, deployment) }),
  };
  try {
    const answer = await run((request) => relay(call, deployment, attempt.record, request, relayDeps));
    if (answer.kind === 'bytes') return { ...answer, deployment, attempt: attempt.record };
    attempt.end({ result: 'ok', usage: account.usageOfAnswer(answer.value) });
    const body = JSON.stringify(answer.value);
    return { kind: 'whole', deployment, attempt: attempt.record, body, value: answer.value };
  } catch (error) {
    const failure = asGatewayError(error);
    attempt.end({ result: call.cancellation.cancelled ? 'client_gone' : 'failed', failure });
    throw failure;
  }
}

/** Bytes were handed on, or some of them. What those were worth only their price or their own words tell. */
function usedBy(
  { reported }: BytesEnd,
  need: FixedNeed | undefined,
  deployment: Deployment,
): Pick<AttemptEnd, 'usage' | 'costNanoUsd'> {
  if (need === undefined || typeof need === 'string') return { usage: NO_USAGE };
  const { model, baseModel } = deployment;
  const isPriced = reported?.model === model || reported?.model?.startsWith(baseModel) === true;
  return {
    usage: reported?.usage ?? UNREPORTED_USAGE,
    costNanoUsd: need.costNanoUsd ?? (isPriced ? undefined : 'unknown'),
  };
}

/** Something was consumed, and the vendor did not say how much. */
const UNREPORTED_USAGE: Usage = { ...NO_USAGE, estimated: true };
