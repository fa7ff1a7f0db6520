import { totalInputTokens, totalOutputTokens, type UsageRecord } from '@portico/express';
import type { Response } from 'express';
import type { Ledger } from './ledger.js';
import type { DemoUser } from './users.js';

/** Sends a page, as server-sent events, what its user has spent so far, and again after every call. */
export function sendUsageEvents(res: Response, { principal }: DemoUser, ledger: Ledger): void {
  const send = (record?: UsageRecord) => {
    const spending = { ...ledger.today(principal.id), budgetUsd: principal.budget.usd };
    res.write(`data: ${JSON.stringify({ ...spending, record: record && forPage(record) })}\n\n`);
  };
  res.set({ 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  send();
  const stopWatching = ledger.watch((record) => {
    if (record.principal.id === principal.id) send(record);
  });
  res.on('close', stopWatching);
}

function forPage({ id, requestedModel, outcome, usage, costNanoUsd }: UsageRecord) {
  return {
    // The `x-request-id` of the answer.
    id,
    model: requestedModel,
    outcome,
    inputTokens: totalInputTokens(usage),
    outputTokens: totalOutputTokens(usage),
    estimated: usage.estimated,
    costUsd: costNanoUsd === undefined ? undefined : costNanoUsd / 1e9,
  };
}
