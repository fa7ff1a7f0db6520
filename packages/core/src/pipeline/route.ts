import type { Call } from '../call.js';
import type { Clock } from '../clock.js';
import type { Deployment } from '../deployment.js';
import { mayUseModel } from '../governance/access.js';
import type { SignMeans } from '../provider.js';
import { attempt } from '../routing/attempts.js';
import type { Cooldowns } from '../routing/cooldowns.js';
import type { RouteTable } from '../routing/route-table.js';
import type { Send } from '../transport.js';
import { type Answer, type AskParts, askDeployment } from '../upstream/ask-deployment.js';
import type { Meter } from './meter.js';

/** Gets an answer for an admitted call, from whoever can give one. */
export type Route = (call: Call, meter: Meter) => Promise<Answer>;

export interface RouteParts {
  readonly table: RouteTable;
  readonly cooldowns: Cooldowns;
  readonly send: Send;
  /** What signing may use: the transport itself, past the interceptors. */
  readonly signing: SignMeans;
  readonly clock: Clock;
  readonly heartbeatMs: number;
  readonly maxWaitMs: number;
}

export function openRoute(parts: RouteParts): Route {
  const { cooldowns } = parts;
  const usageRefusers = new Set<Deployment>();
  return (call, meter) => {
    const callEndsAt = call.startedAt + call.group.totalMs;
    const ask: AskParts = {
      send: parts.send,
      signing: parts.signing,
      clock: parts.clock,
      heartbeatMs: parts.heartbeatMs,
      callEndsAt,
      usageRefusers,
      estimate: (characters) => meter.estimate(characters),
      onStreamEnd(end, deployment) {
        if (end.outcome === 'ok') cooldowns.succeeded(deployment);
        else if (end.outcome === 'incomplete') cooldowns.failed(deployment, end.failure);
        meter.streamEnded(end, deployment);
      },
    };
    return attempt(call, {
      table: parts.table,
      cooldowns,
      clock: parts.clock,
      callEndsAt,
      maxWaitMs: parts.maxWaitMs,
      mayUse: (group) => mayUseModel(call.principal, group.name),
      async ask(deployment, record) {
        meter.asking(deployment);
        const answer = await askDeployment(call, deployment, record, ask);
        if (answer.kind === 'whole') cooldowns.succeeded(deployment);
        return answer;
      },
      attemptEnded: (record) => meter.attemptEnded(record),
    });
  };
}
