import type { Admission } from '../../accounts/admission.js';
import { scopesOfRecordedCall } from '../../accounts/scopes-of-call.js';
import type { Call } from '../../call.js';
import type { Clock } from '../../clock.js';
import type { UsageQueue } from '../../delivery/usage-queue.js';
import { isJsonObject } from '../../encoding/json.js';
import type { Operation } from '../../operation.js';
import type { DeferredUsage } from '../../operations/deferred-usage.js';
import type { SendUpstream } from '../../operations/pinned-request.js';
import { costOf } from '../../pricing/cost.js';
import type { PriceCatalog } from '../../pricing/price-sheet.js';
import type { DeploymentTarget } from '../../routing/route-table.js';
import type { CounterStore } from '../../store.js';
import { chargedKey } from '../../usage/counter-key.js';
import { NO_USAGE, sumOfUsage, type Usage } from '../../usage/usage.js';
import { usageOfAnswer } from '../../usage/usage-of-answer.js';
import { linesOf } from '../batches/lines.js';
import { joinPath } from './join-path.js';

export interface DeferredBillingDeps {
  readonly clock: Clock;
  readonly counters: CounterStore;
  readonly admission: Admission;
  readonly prices: PriceCatalog;
  readonly queue: UsageQueue | undefined;
  /** Called for a charge that failed this time. */
  onFailure(cause: unknown, id: string): void;
}

/** Charges the usage of a stored resource, the first time it is seen to be finished. Never rejects. */
export type BillDeferred = (
  call: Call<unknown, Operation>,
  target: DeploymentTarget,
  id: string,
  consumed: DeferredUsage,
  ask: SendUpstream,
) => Promise<void>;

/** Longer than vendors store a batch: after that nobody can look at it. */
const REMEMBERED_MS = 40 * 24 * 60 * 60 * 1_000;
const LEASE_MS = 60_000;
const LONGEST_ANSWER = 64 * 1024 * 1024;

/**
 * That it was charged is stored with the budgets, and as long: in a shared store for all instances, in memory until
 * the process ends, when the budgets are reset as well. The id of the record is that of the resource, so that a sink
 * can recognise a repeat (decision 0008).
 */
export function createDeferredBilling(deps: DeferredBillingDeps): BillDeferred {
  const { clock, counters, admission, prices } = deps;

  return async (call, target, id, consumed, ask) => {
    try {
      const key = chargedKey(id);
      if ((await counters.read(key)).used > 0) return;
      const usage = consumed.usage ?? (await usageInFile(consumed.outputFileId, target, ask));
      const once = { key, amount: 1, limit: 1, resetsAt: clock.now() + REMEMBERED_MS };
      const first = await counters.reserve([once], LEASE_MS);
      if (!first.ok) return;
      await counters.settle(first.reservation, [1]);
      await charge(call, target, id, consumed, usage);
    } catch (cause) {
      deps.onFailure(cause, id);
    }
  };

  async function charge(
    call: Call<unknown, Operation>,
    { deployment, group }: DeploymentTarget,
    id: string,
    consumed: DeferredUsage,
    usage: Usage,
  ): Promise<void> {
    const sheet = prices.sheetOf(deployment);
    const share = consumed.inBatch ? (deployment.provider.batchPriceShare ?? 1) : 1;
    const cost = usage === NO_USAGE ? 0 : sheet && Math.ceil(costOf(usage, sheet) * share);
    await admission.charge(call, usage, cost);
    deps.queue?.push({
      id,
      operation: call.operation.name,
      principal: call.principal,
      via: call.via,
      requestedModel: group.name,
      deployment: deployment.id,
      provider: deployment.provider.name,
      model: deployment.model,
      stream: false,
      outcome: 'ok',
      failure: undefined,
      ...(call.tags.length > 0 && { tags: call.tags }),
      ...(call.accounts.length > 0 && { scopes: scopesOfRecordedCall(call) }),
      usage,
      costNanoUsd: cost,
      priceVersion: sheet?.version,
      startedAt: consumed.startedAt,
      firstContentAt: undefined,
      endedAt: consumed.endedAt,
      attempts: [],
      warnings: [],
    });
  }
}

/** If the vendor does not report a total, the usage of each answer is added up. */
async function usageInFile(
  file: string | undefined,
  { deployment }: DeploymentTarget,
  ask: SendUpstream,
): Promise<Usage> {
  const files = deployment.connection.relays?.files;
  if (file === undefined || files === undefined) return NO_USAGE;
  const path = joinPath(files, `/${encodeURIComponent(file)}/content`);
  const reply = await ask({ method: 'GET', path });
  let usage = NO_USAGE;
  for await (const line of linesOf(reply.pieces(), LONGEST_ANSWER)) usage = sumOfUsage(usage, usageOfLine(line));
  return usage;
}

function usageOfLine(line: string): Usage {
  try {
    const value: unknown = JSON.parse(line);
    const response = isJsonObject(value) ? value.response : undefined;
    const body = isJsonObject(response) ? response.body : undefined;
    return (isJsonObject(body) && usageOfAnswer(body.usage)) || NO_USAGE;
  } catch {
    return NO_USAGE;
  }
}
