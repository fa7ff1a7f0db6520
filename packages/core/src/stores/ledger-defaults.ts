import { totalInputTokens, totalOutputTokens, type Usage } from '../usage/usage.js';
import { GLOBAL_SCOPE, type Scope } from './scope.js';
import type { LedgerRecord, UsageSum } from './usage-store.js';

/** What a record counts under: its own scopes, or those its principal says. `global` is always among them, each once. */
export function scopesOfRecord(record: LedgerRecord): readonly Scope[] {
  const { principal, requestedModel } = record;
  const scopes: Scope[] = [...(record.scopes ?? [])];
  if (record.scopes === undefined) {
    const { id, keyId, team, organization, customer, tags } = principal;
    // A key without a user stands for itself.
    if (id !== keyId) scopes.push({ kind: 'user', id });
    if (keyId !== undefined) scopes.push({ kind: 'key', id: keyId });
    if (team !== undefined) scopes.push({ kind: 'team', id: team });
    if (organization !== undefined) scopes.push({ kind: 'organization', id: organization });
    if (customer !== undefined) scopes.push({ kind: 'customer', id: customer });
    for (const tag of record.tags ?? tags ?? []) scopes.push({ kind: 'tag', id: tag });
  }
  if (!scopes.some(({ kind }) => kind === 'model')) scopes.push({ kind: 'model', id: requestedModel });
  scopes.push(GLOBAL_SCOPE);
  const seen = new Set<string>();
  return scopes.filter(({ kind, id }) => {
    const key = `${kind}:${id}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** How sums by prompt name a version of one; undefined for a call without a prompt. */
export function promptOfRecord({ prompt, promptVersion }: LedgerRecord): string | undefined {
  if (prompt === undefined) return undefined;
  return promptVersion === undefined ? prompt : `${prompt}@${promptVersion}`;
}

/** The day of UTC in which a call started: `2026-03-01`. */
export function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** What a record adds to a sum. Amounts that make no sense add what of them can be counted, see {@link countableUsage}. */
export function amountsOfRecord(record: LedgerRecord): Omit<UsageSum, 'id' | 'day' | 'model'> {
  const { costNanoUsd: cost } = record;
  const costNanoUsd = cost === undefined ? 0 : wholeAmount(cost);
  if (record.kind === 'adjustment') return { ...NOTHING, costNanoUsd };
  const usage = countableUsage(record.usage);
  return {
    calls: 1,
    failures: record.outcome === 'ok' ? 0 : 1,
    inputTokens: totalInputTokens(usage),
    cacheReadTokens: usage.cacheReadTokens,
    outputTokens: totalOutputTokens(usage),
    costNanoUsd,
    unpriced: cost === undefined ? 1 : 0,
  };
}

const NOTHING = {
  calls: 0,
  failures: 0,
  inputTokens: 0,
  cacheReadTokens: 0,
  outputTokens: 0,
  costNanoUsd: 0,
  unpriced: 0,
};

/** More than any vendor answers with, and a thousand such calls still have an exact sum. */
const MOST_TOKENS = 1e12;

/** A vendor's usage as far as it can be counted: whole numbers from 0 to 10^12, 0 for what is no number. */
export function countableUsage(usage: Usage): Usage {
  const count = (tokens: number) => Math.min(Math.max(wholeAmount(tokens), 0), MOST_TOKENS);
  return {
    inputTokens: count(usage.inputTokens),
    cacheReadTokens: count(usage.cacheReadTokens),
    cacheWriteTokens: count(usage.cacheWriteTokens),
    cacheWriteHourTokens: count(usage.cacheWriteHourTokens),
    outputTokens: count(usage.outputTokens),
    reasoningTokens: count(usage.reasoningTokens),
    audioInputTokens: count(usage.audioInputTokens),
    audioOutputTokens: count(usage.audioOutputTokens),
    estimated: usage.estimated,
  };
}

/** A whole number that can be kept exactly: 0 for what is no number, and at most 2^53 - 1 in either direction. */
export function wholeAmount(value: number): number {
  if (!Number.isFinite(value)) return 0;
  return Math.min(Math.max(Math.round(value), -Number.MAX_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);
}
