import type { UsageQueue } from '../accounting/usage-queue.js';
import type { Call } from '../call.js';
import type { Clock } from '../clock.js';
import type { Consumption } from '../consumption.js';
import { chargedKey } from '../counter-key.js';
import type { Ask } from '../errand.js';
import type { Admission } from '../governance/admission.js';
import { costOf } from '../governance/cost.js';
import type { PriceBook } from '../governance/price-sheet.js';
import { isJsonObject } from '../json.js';
import type { Operation } from '../operation.js';
import { linesOf } from '../operations/batch-lines.js';
import type { Place } from '../routing/route-table.js';
import type { CounterStore } from '../store.js';
import { NO_USAGE, sumOfUsage, type Usage } from '../usage.js';
import { usageOfAnswer } from '../usage-of-answer.js';
import { addressBelow } from './address-below.js';

export interface ChargeOnceParts {
  readonly clock: Clock;
  readonly counters: CounterStore;
  readonly admission: Admission;
  readonly prices: PriceBook;
  readonly queue: UsageQueue | undefined;
  /** Hears of a charge that could not be made this time. */
  onFailure(cause: unknown, id: string): void;
}

/** Charges what a thing consumed in its life, the first time it is seen to be over. Never rejects. */
export type ChargeOnce = (
  call: Call<unknown, Operation>,
  place: Place,
  id: string,
  consumed: Consumption,
  ask: Ask,
) => Promise<void>;

/** Longer than vendors keep a batch: then it is seen no more. */
const REMEMBERED_MS = 40 * 24 * 60 * 60 * 1_000;
const LEASE_MS = 60_000;
const LONGEST_ANSWER = 64 * 1024 * 1024;

/**
 * That it was charged is remembered where the budgets are, and as long: with a shared store by all instances at once, in
 * memory until the process ends, and then the budgets start anew as well. The record's id is the thing's, so that a sink
 * which sees it twice has it once (decision 0008).
 */
export function openChargeOnce(parts: ChargeOnceParts): ChargeOnce {
  const { clock, counters, admission, prices } = parts;

  return async (call, place, id, consumed, ask) => {
    try {
      const key = chargedKey(id);
      if ((await counters.read(key)).used > 0) return;
      const usage = consumed.usage ?? (await usageInFile(consumed.answersIn, place, ask));
      const once = { key, amount: 1, limit: 1, resetsAt: clock.now() + REMEMBERED_MS };
      const first = await counters.reserve([once], LEASE_MS);
      if (!first.ok) return;
      await counters.settle(first.reservation, [1]);
      await charge(call, place, id, consumed, usage);
    } catch (cause) {
      parts.onFailure(cause, id);
    }
  };

  async function charge(
    call: Call<unknown, Operation>,
    { deployment, group }: Place,
    id: string,
    consumed: Consumption,
    usage: Usage,
  ): Promise<void> {
    const sheet = prices.sheetOf(deployment);
    const share = consumed.inBatch ? (deployment.provider.batchPriceShare ?? 1) : 1;
    const cost = usage === NO_USAGE ? 0 : sheet && Math.ceil(costOf(usage, sheet) * share);
    await admission.charge(call.principal, usage, cost);
    parts.queue?.push({
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

/** Where the vendor does not add up, the answers do, each with its own usage. */
async function usageInFile(file: string | undefined, { deployment }: Place, ask: Ask): Promise<Usage> {
  const files = deployment.connection.relays?.files;
  if (file === undefined || files === undefined) return NO_USAGE;
  const path = addressBelow(files, `/${encodeURIComponent(file)}/content`);
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
