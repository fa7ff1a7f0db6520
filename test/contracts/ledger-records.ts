import { NO_USAGE } from '@portico/core';
import type { LedgerRecord } from '@portico/core/store';

let made = 0;

/** A record of a call that was made by a user; 2026-01-01 unless something else is said. */
export function callBy(user: string, said: Partial<LedgerRecord> = {}): LedgerRecord {
  made += 1;
  const startedAt = said.startedAt ?? Date.UTC(2026, 0, 1, 12);
  return {
    id: `req_${made}`,
    operation: 'chat.completions',
    principal: { id: user },
    via: 'key',
    requestedModel: 'fast',
    deployment: 'fast:0',
    provider: 'acme',
    model: 'acme-1',
    stream: false,
    outcome: 'ok',
    failure: undefined,
    usage: { ...NO_USAGE, inputTokens: 10, outputTokens: 5 },
    costNanoUsd: 1_000,
    priceVersion: 'v1',
    startedAt,
    firstContentAt: startedAt + 5,
    endedAt: startedAt + 10,
    attempts: [],
    warnings: [],
    ...said,
  };
}
