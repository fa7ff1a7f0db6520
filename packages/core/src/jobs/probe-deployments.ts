import { CallAccount, type CallAccountDeps } from '../accounts/call-account.js';
import { NO_RESERVATION } from '../accounts/reservation.js';
import { type AttemptDeps, sendAttempt } from '../attempts/send-attempt.js';
import type { Call } from '../call.js';
import { CallWarnings } from '../call-warnings.js';
import { Cancellation } from '../cancellation.js';
import { asGatewayError } from '../errors.js';
import type { UpstreamOperation } from '../operation.js';
import { serves } from '../routing/candidate-sets.js';
import { DeploymentAttempt } from '../routing/deployment-attempt.js';
import type { DeploymentHealth } from '../routing/deployment-health.js';
import { DeploymentState } from '../routing/deployment-state.js';
import type { Health } from '../routing/health.js';
import type { DeploymentTarget, RouteTable } from '../routing/route-table.js';

export interface ProbeDeps {
  /** The operation that probes use. */
  readonly operation: UpstreamOperation;
  readonly table: RouteTable;
  readonly health: Health;
  readonly account: CallAccountDeps;
  readonly ask: Omit<AttemptDeps, 'estimate' | 'usageOfAnswer' | 'encryptId'>;
}

/** The principal of probes in the ledger. */
const PROBER = { id: 'portico:probe' } as const;

const QUESTION = { messages: [{ role: 'user', content: 'ping' }], max_tokens: 16 } as const;

/**
 * Asks every deployment that rests after failures for a word: one that answers serves again at once, and no caller has to
 * find out. What it costs is on the ledger. Resolves when all of them have answered or failed.
 */
export async function probeDeployments(deps: ProbeDeps, cancellation: Cancellation): Promise<void> {
  const probes = deps.health.halfOpen().flatMap((health) => {
    const target = deps.table.findTarget(health.id);
    const isServed = target !== undefined && serves(target.deployment, deps.operation.name);
    return isServed ? [probe(health, target, deps, cancellation)] : [];
  });
  await Promise.all(probes);
}

async function probe(
  health: DeploymentHealth,
  { deployment, group }: DeploymentTarget,
  deps: ProbeDeps,
  cancellation: Cancellation,
): Promise<void> {
  const { clock } = deps.ask;
  const startedAt = clock.now();
  const body = { ...QUESTION, model: group.name };
  const call: Call = {
    id: `probe_${crypto.randomUUID()}`,
    operation: deps.operation,
    principal: PROBER,
    via: 'internal',
    summary: deps.operation.read(body),
    body,
    headers: { get: () => undefined },
    form: undefined,
    group,
    maxDurationMs: group.totalMs,
    overrides: undefined,
    host: {},
    tags: [],
    startedAt,
    cancellation: new Cancellation(),
    accounts: [],
    attempts: [],
    warnings: new CallWarnings(),
  };
  const account = new CallAccount(call, NO_RESERVATION, deps.account);
  const unlink = cancellation.onCancel((reason) => call.cancellation.cancel(reason));
  const observer = new DeploymentAttempt(new DeploymentState(deployment, health, true), call, deps.health, clock);
  const attempt = account.beginAttempt(deployment, group.name, observer);
  try {
    const asked = {
      account: attempt,
      cancellation: call.cancellation,
      endsAt: startedAt + group.totalMs,
      initialBuffer: undefined,
      partial: undefined,
      previousUsage: undefined,
      onInterrupted: undefined,
      onStreamEnd: () => {},
    };
    const answer = await sendAttempt(call, deployment, asked, {
      ...deps.ask,
      estimate: (characters) => account.estimate(characters),
      usageOfAnswer: (value) => account.usageOfAnswer(value),
      // Nobody continues the response to a probe.
      encryptId: (given) => Promise.resolve(given),
    });
    if (answer.kind !== 'whole') throw new TypeError('a probe asks for no stream');
    attempt.end({ result: 'ok', usage: account.usageOfAnswer(answer.value) });
    account.choose(attempt.record);
  } catch (error) {
    const failure = asGatewayError(error);
    attempt.end({ result: call.cancellation.cancelled ? 'client_gone' : 'failed', failure });
    account.close('failed', failure);
  } finally {
    unlink();
  }
}
