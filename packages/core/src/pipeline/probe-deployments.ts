import { CallAccount, type CallAccountDeps } from '../accounting/call-account.js';
import type { Call } from '../call.js';
import { Cancellation } from '../cancellation.js';
import { asGatewayError } from '../errors.js';
import { NOTHING_HELD } from '../governance/admission.js';
import type { UpstreamOperation } from '../operation.js';
import type { DeploymentHealth } from '../routing/deployment-health.js';
import type { Health } from '../routing/health.js';
import { serves } from '../routing/lanes.js';
import type { Place, RouteTable } from '../routing/route-table.js';
import { Standing } from '../routing/standing.js';
import { Visit } from '../routing/visit.js';
import { type AskParts, askDeployment } from '../upstream/ask-deployment.js';

export interface ProbeParts {
  /** The operation that probes ask for. */
  readonly operation: UpstreamOperation;
  readonly table: RouteTable;
  readonly health: Health;
  readonly account: CallAccountDeps;
  readonly ask: Omit<AskParts, 'estimate' | 'usageOfAnswer' | 'seal'>;
}

/** Whom the ledger has probes down to. */
const PROBER = { id: 'portico:probe' } as const;

const QUESTION = { messages: [{ role: 'user', content: 'ping' }], max_tokens: 16 } as const;

/**
 * Asks every deployment that rests after failures for a word: one that answers serves again at once, and no caller has to
 * find out. What it costs is on the ledger. Resolves when all of them have answered or failed.
 */
export async function probeDeployments(parts: ProbeParts, cancellation: Cancellation): Promise<void> {
  const probes = parts.health.onTrial().flatMap((health) => {
    const place = parts.table.placeOf(health.id);
    const isServed = place !== undefined && serves(place.deployment, parts.operation.name);
    return isServed ? [probe(health, place, parts, cancellation)] : [];
  });
  await Promise.all(probes);
}

async function probe(
  health: DeploymentHealth,
  { deployment, group }: Place,
  parts: ProbeParts,
  cancellation: Cancellation,
): Promise<void> {
  const { clock } = parts.ask;
  const startedAt = clock.now();
  const body = { ...QUESTION, model: group.name };
  const call: Call = {
    id: `probe_${crypto.randomUUID()}`,
    operation: parts.operation,
    principal: PROBER,
    via: 'internal',
    demand: parts.operation.read(body),
    body,
    headers: { get: () => undefined },
    form: undefined,
    group,
    steering: undefined,
    host: {},
    tags: [],
    startedAt,
    cancellation: new Cancellation(),
    attempts: [],
    warnings: [],
  };
  const account = new CallAccount(call, NOTHING_HELD, parts.account);
  const unlink = cancellation.onCancel((reason) => call.cancellation.cancel(reason));
  const observer = new Visit(new Standing(deployment, health, true), call, parts.health, clock);
  const attempt = account.beginAttempt(deployment, group.name, observer);
  try {
    const asked = {
      account: attempt,
      cancellation: call.cancellation,
      endsAt: startedAt + group.totalMs,
      hold: undefined,
      soFar: undefined,
      usedBefore: undefined,
      onBroken: undefined,
      onStreamEnd: () => {},
    };
    const answer = await askDeployment(call, deployment, asked, {
      ...parts.ask,
      estimate: (characters) => account.estimate(characters),
      usageOfAnswer: (value) => account.usageOfAnswer(value),
      // Nobody comes back to what a probe was answered.
      seal: (given) => Promise.resolve(given),
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
