import type { CallAccount } from '../accounts/call-account.js';
import type { UpstreamAnswer } from '../answer.js';
import type { AttemptAccount } from '../attempt-account.js';
import type { Call } from '../call.js';
import type { Deployment } from '../deployment.js';
import type { PartialAnswer } from '../partial-answer.js';
import type { RouteScope } from '../routing/route-scope.js';
import type { StreamEnd } from '../streams/answer-stream.js';
import type { ResumableStream } from '../streams/resumable-stream.js';
import { sumOfUsage, type Usage } from '../usage/usage.js';

/** Three upstreams in a row that break are an outage. */
const MAX_RESUMPTIONS = 2;

/** One answer that several deployments may produce in turn, and its state. */
interface Relay {
  /** The stream to the client. */
  readonly stream: ResumableStream;
  resumptions: number;
}

/** The input of the next attempt. */
export interface ResumeState {
  readonly partial: PartialAnswer | undefined;
  readonly previousUsage: Usage | undefined;
}

interface ResumeDeps {
  readonly call: Call;
  readonly account: CallAccount;
  readonly relay: Relay;
  readonly attempt: AttemptAccount;
  readonly resumeState: ResumeState;
  /** Makes the next attempt for `call`, on deployments that `canResume` allows. */
  ask(call: Call, resumeState: ResumeState, canResume: NonNullable<RouteScope['canResume']>): Promise<UpstreamAnswer>;
}

/**
 * Lets another deployment continue an interrupted answer, if the group allows it, the failure is not the request's
 * own and the client has nothing yet that cannot be continued. Returns whether it does. The client notices nothing,
 * or, if no deployment can continue, gets the failure that it would have got at once.
 */
export function resumeStream(
  end: StreamEnd & { outcome: 'incomplete' },
  error: () => string,
  deps: ResumeDeps,
): boolean {
  const { call, account, relay, attempt, resumeState } = deps;
  const { partial } = resumeState;
  const { operation, group } = call;
  const { recovery } = operation;
  const { deployment } = attempt;
  const { stream } = relay;
  if (recovery === undefined || group.recovery === undefined || partial === undefined || stream === undefined)
    return false;
  if (end.failure.traits.failover !== 'always' || relay.resumptions >= MAX_RESUMPTIONS || call.cancellation.cancelled)
    return false;
  const text = group.recovery === 'continue' ? partial.text : undefined;
  if (!partial.mayRestart && text === undefined) return false;

  relay.resumptions += 1;
  stream.interrupted();
  const used = end.usage ?? account.estimate(end.producedCharacters);
  const previousUsage = resumeState.previousUsage === undefined ? used : sumOfUsage(resumeState.previousUsage, used);
  const next = partial.mayRestart ? call : { ...call, body: recovery.continueFrom(call.body, text ?? '') };
  const canResume = (other: Deployment) =>
    other !== deployment && (partial.mayRestart || other.capabilities.prefill === true);
  attempt.end({ result: 'resumed', failure: end.failure, usage: used });
  void continueStream();
  return true;

  async function continueStream(): Promise<void> {
    try {
      // The cost so far has to be paid, and the rest may cost as much again.
      if (!(await account.reserveExtra())) throw end.failure;
      const answer = await deps.ask(next, { partial, previousUsage }, canResume);
      if (answer.kind !== 'events') throw end.failure;
      call.warnings.add(
        `The answer of "${deployment.id}" broke off (${end.failure.kind}) and was continued by another deployment.`,
      );
      account.continued(attempt.record, answer.attempt);
      stream.continueWith(answer.stream);
    } catch {
      // The failure of the requested model is the one that the client sees.
      account.continued(attempt.record, end.failure);
      stream.fail(error());
    }
  }
}
