import type { CallAccount } from '../accounting/call-account.js';
import type { AttemptEnd } from '../attempt-account.js';
import type { Call } from '../call.js';
import type { Deployment } from '../deployment.js';
import type { Errand } from '../errand.js';
import { asGatewayError } from '../errors.js';
import type { Operation } from '../operation.js';
import type { Answer } from '../upstream/ask-deployment.js';
import type { BytesEnd } from '../upstream/byte-stream.js';
import { type RelayParts, relay } from '../upstream/relay.js';
import { NO_USAGE, type Usage } from '../usage.js';

export type RunErrandParts = Omit<RelayParts, 'onBytesEnd'>;

/**
 * Asks the one deployment that can answer, once: what it has nobody else has. How it goes says nothing of how well its
 * models are, so that their routing does not learn from it.
 */
export async function runErrand(
  call: Call<unknown, Operation>,
  errand: Errand,
  account: CallAccount,
  parts: RunErrandParts,
): Promise<Answer> {
  const { deployment } = errand;
  if (call.cancellation.cancelled) throw call.cancellation.reason;
  const attempt = account.beginAttempt(deployment, call.group.name);
  const relayParts: RelayParts = {
    ...parts,
    onBytesEnd: (end) => attempt.end({ result: end.outcome, failure: end.failure, ...usedBy(end, errand, deployment) }),
  };
  try {
    const answer = await errand.run((request) => relay(call, deployment, attempt.record, request, relayParts));
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
  { told }: BytesEnd,
  { need }: Errand,
  deployment: Deployment,
): Pick<AttemptEnd, 'usage' | 'costNanoUsd'> {
  if (need === undefined) return { usage: NO_USAGE };
  const { model, baseModel } = deployment;
  const isPriced = told?.model === model || told?.model?.startsWith(baseModel) === true;
  return {
    usage: told?.usage ?? UNREPORTED_USAGE,
    costNanoUsd: need.costNanoUsd ?? (isPriced ? undefined : 'unknown'),
  };
}

/** Something was consumed, and the vendor did not say how much. */
const UNREPORTED_USAGE: Usage = { ...NO_USAGE, estimated: true };
