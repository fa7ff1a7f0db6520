import type { Call } from '../call.js';
import type { Deployment } from '../deployment.js';
import type { ModelGroup } from '../model-group.js';
import type { Operation } from '../operation.js';
import type { DeploymentHealth } from '../routing/deployment-health.js';
import type { DeploymentStatus, GatewayStatus, OpenCallStatus } from '../status.js';
import type { SharedServices } from './shared-services.js';

/** What a gateway does at the moment. */
export function inspect(
  groups: readonly ModelGroup[],
  { clock, health, open, account, lifecycle, madeAt }: SharedServices<never>,
): GatewayStatus {
  const now = clock.now();
  const found = new Map<string, { readonly deployment: Deployment; readonly groups: string[] }>();
  for (const { name, deployments } of groups) {
    for (const deployment of deployments) {
      const known = found.get(deployment.id);
      if (known === undefined) found.set(deployment.id, { deployment, groups: [name] });
      else known.groups.push(name);
    }
  }
  return {
    deployments: [...found.values()].map(({ deployment, groups: names }) => {
      const state = health.of(deployment.id);
      return deploymentStatus(deployment, names, state, health.returnsAt(state, now), now);
    }),
    calls: open.calls.map(callStatus).sort((a, b) => a.startedAt - b.startedAt),
    pendingRecords: account.queue?.pending ?? 0,
    isClosing: lifecycle.isClosing,
    startedAt: madeAt,
  };
}

function deploymentStatus(
  { id, provider, model }: Deployment,
  groups: readonly string[],
  health: DeploymentHealth,
  returnsAt: number,
  now: number,
): DeploymentStatus {
  const isCurrent = now - (now % 60_000) === health.minute;
  return {
    id,
    groups,
    provider: provider.name,
    model,
    state: stateOf(health, returnsAt, now),
    returnsAt: returnsAt === 0 ? undefined : returnsAt,
    failuresInARow: health.failuresInARow,
    inFlight: health.inFlight,
    requestsInMinute: isCurrent ? health.requestsInMinute : 0,
    tokensInMinute: isCurrent ? health.tokensInMinute : 0,
    firstContentMs: health.firstContent.average,
    wholeMs: health.whole.average,
  };
}

function stateOf(health: DeploymentHealth, returnsAt: number, now: number): DeploymentStatus['state'] {
  if (returnsAt === 0) return health.isHalfOpen ? 'trial' : 'available';
  if (health.cooldownUntil > now) return 'cooldown';
  return health.isHalfOpen ? 'trial' : 'full';
}

function callStatus({ id, operation, principal, via, group, summary, startedAt, attempts }: Call<unknown, Operation>) {
  const last = attempts.at(-1);
  return {
    id,
    operation: operation.name,
    principal: principal.id,
    team: principal.team,
    via,
    model: group.name,
    stream: summary.stream,
    startedAt,
    attempts: attempts.length,
    deployment: last?.deployment,
    firstContentAt: last?.firstContentAt,
  } satisfies OpenCallStatus;
}
