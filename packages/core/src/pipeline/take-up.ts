import type { CallAccount } from '../accounting/call-account.js';
import type { AttemptAccount } from '../attempt-account.js';
import type { Call } from '../call.js';
import type { Deployment } from '../deployment.js';
import type { SaidSoFar } from '../recovery.js';
import type { Trip } from '../routing/trip.js';
import type { StreamEnd } from '../upstream/answer-stream.js';
import type { Answer } from '../upstream/ask-deployment.js';
import type { RelayedStream } from '../upstream/relayed-stream.js';
import { sumOfUsage, type Usage } from '../usage.js';

/** A chain of three upstreams that break is an outage. */
const MAX_TAKE_UPS = 2;

/** One answer that may be given by several deployments in turn, and how far it has come. */
interface Relay {
  /** What the client reads. */
  readonly stream: RelayedStream;
  takeUps: number;
}

/** What the next attempt at an answer is given. */
export interface Beginning {
  readonly soFar: SaidSoFar | undefined;
  readonly usedBefore: Usage | undefined;
}

interface TakeUpParts {
  readonly call: Call;
  readonly account: CallAccount;
  readonly relay: Relay;
  readonly attempt: AttemptAccount;
  readonly beginning: Beginning;
  /** Asks for the answer to `call`, of deployments that `mayTakeUp` lets pass. */
  ask(call: Call, beginning: Beginning, mayTakeUp: NonNullable<Trip['mayTakeUp']>): Promise<Answer>;
}

/**
 * Has another deployment take up an answer that broke off, where the group wants that, the failure is none of the request's
 * own and the client has nothing yet that could not be gone on from. Answers whether it does; the client hears nothing of
 * it but, if nobody can go on, the failure that it would have heard of at once.
 */
export function takeUp(end: StreamEnd & { outcome: 'incomplete' }, error: () => string, parts: TakeUpParts): boolean {
  const { call, account, relay, attempt, beginning } = parts;
  const { soFar } = beginning;
  const { operation, group } = call;
  const { recovery } = operation;
  const { deployment } = attempt;
  const { stream } = relay;
  if (recovery === undefined || group.recovery === undefined || soFar === undefined || stream === undefined)
    return false;
  if (end.failure.traits.elsewhere !== 'yes' || relay.takeUps >= MAX_TAKE_UPS || call.cancellation.cancelled)
    return false;
  const text = group.recovery === 'continue' ? soFar.text : undefined;
  if (!soFar.mayRestart && text === undefined) return false;

  relay.takeUps += 1;
  stream.broken();
  const used = end.usage ?? account.estimate(end.producedCharacters);
  const usedBefore = beginning.usedBefore === undefined ? used : sumOfUsage(beginning.usedBefore, used);
  const next = soFar.mayRestart ? call : { ...call, body: recovery.goOn(call.body, text ?? '') };
  const mayTakeUp = (other: Deployment) =>
    other !== deployment && (soFar.mayRestart || other.abilities.prefill === true);
  attempt.end({ result: 'resumed', failure: end.failure, usage: used });
  void goOn();
  return true;

  async function goOn(): Promise<void> {
    try {
      // What it has cost already stays paid, and the rest may cost as much again.
      if (!(await account.reserveExtra())) throw end.failure;
      const answer = await parts.ask(next, { soFar, usedBefore }, mayTakeUp);
      if (answer.kind !== 'events') throw end.failure;
      call.warnings.push(
        `The answer of "${deployment.id}" broke off (${end.failure.kind}) and was taken up by another.`,
      );
      account.choose(answer.attempt);
      stream.goOn(answer.stream);
    } catch {
      // Whatever others say: what the client asked for broke off for this reason.
      account.close('incomplete', end.failure, attempt.record);
      stream.giveUp(error());
    }
  }
}
