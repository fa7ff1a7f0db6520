import type { Call } from '../call.js';
import type { Deployment } from '../deployment.js';
import { type CallerFault, changedError, type GatewayError } from '../errors.js';
import type { Operation } from '../operation.js';
import { asksForTier, choicesOf, isChat } from '../routes/caller-choices.js';

type FailedCall = Pick<
  Call<unknown, Operation>,
  'body' | 'headers' | 'operation' | 'summary' | 'overrides' | 'startedAt'
> &
  Pick<Call, 'group'>;

/**
 * The failure of an attempt, with what it has to do with the caller. Every failure of an upstream passes here before
 * routing reads it, and here alone is decided whether cooldowns, fallbacks and measurements may go by it: nothing that is
 * learned from an answer outlives its request, unless the request held nothing of the caller's that can have caused it.
 * Runs for failures only.
 */
export function attributed(failure: GatewayError, call: FailedCall, deployment: Deployment, now: number): GatewayError {
  if (failure.fault !== undefined || failure.traits.cooldown === 'never') return failure;
  const fault = faultOf(failure, call, deployment, now);
  if (fault === undefined) return failure;
  if (fault === 'unclear' || failure.kind !== 'upstream_model_not_found') return changedError(failure, { fault });
  const code = failure.code === 'model_not_found' ? 'not_found' : failure.code;
  return changedError(failure, { kind: 'invalid_input', status: 404, code, fault });
}

function faultOf(
  failure: GatewayError,
  call: FailedCall,
  deployment: Deployment,
  now: number,
): CallerFault | undefined {
  switch (failure.kind) {
    case 'upstream_model_not_found':
      return faultOfNotFound(failure, call, deployment);
    case 'unauthorized_upstream':
      // A 401 is always about the credential; a 403 may be about what the caller named.
      return failure.upstreamStatus === 403 && choicesOf(call, deployment).names ? 'unclear' : undefined;
    case 'rate_limited':
    case 'overloaded':
    case 'quota_exhausted':
      if (!asksForTier(call, deployment)) return undefined;
      return failure.about === 'tier' ? 'caller' : 'unclear';
    case 'timeout':
      if (failure.upstreamStatus === undefined && isPastOwnDeadline(call, now)) return 'caller';
      return asksForTier(call, deployment) || choicesOf(call, deployment).reaches ? 'unclear' : undefined;
    case 'upstream_error':
      if (isRefusedOperation(failure, call) || asksForTier(call, deployment)) return 'unclear';
      return choicesOf(call, deployment).reaches ? 'unclear' : undefined;
    default:
      return undefined;
  }
}

function faultOfNotFound(failure: GatewayError, call: FailedCall, deployment: Deployment): CallerFault | undefined {
  const { about, message } = failure;
  if (about === 'operation') return 'unclear';
  const { names, models } = choicesOf(call, deployment);
  if (about === undefined && names) return 'caller';
  if (models.length > 0) {
    const isTheirs = models.some((model) => message.includes(model)) && !message.includes(deployment.model);
    return isTheirs ? 'caller' : 'unclear';
  }
  // Which endpoint a model is asked at is the caller's choice too.
  return about !== 'model' && !isChat(call.operation) ? 'unclear' : undefined;
}

/** The call ended at a deadline that the caller set, and that is shorter than the configuration's. */
function isPastOwnDeadline({ overrides, group, startedAt }: FailedCall, now: number): boolean {
  const ownMs = overrides?.totalMs;
  return ownMs !== undefined && ownMs < group.totalMs && now >= startedAt + ownMs;
}

/** Servers say in several ways that they do not have an endpoint, or cannot stream its answers: not by an error only. */
function isRefusedOperation({ upstreamStatus }: GatewayError, { operation }: FailedCall): boolean {
  return !isChat(operation) && (upstreamStatus === 501 || upstreamStatus === 200);
}
