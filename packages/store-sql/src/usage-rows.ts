import { createHash } from 'node:crypto';
import { NO_USAGE, type Usage } from '@portico/core';
import {
  amountsOfRecord,
  countableUsage,
  dayOf,
  type LedgerRecord,
  promptOfRecord,
  type Scope,
  scopesOfRecord,
  wholeAmount,
} from '@portico/core/store';
import { fromJson, toFlag, toNumber, toOptional, toOptionalNumber } from './read-row.js';
import type { DayTable, UsageTable } from './tables.js';

/** Fields of a record that are a text column of their own, by the name of the column. */
const TEXTS = {
  adjusts: 'adjusts',
  operation: 'operation',
  via: 'via',
  requested_model: 'requestedModel',
  deployment: 'deployment',
  provider: 'provider',
  model: 'model',
  outcome: 'outcome',
  failure: 'failure',
  error_code: 'errorCode',
  finish_reason: 'finishReason',
  response_id: 'responseId',
  cache: 'cache',
  prompt: 'prompt',
  prompt_version: 'promptVersion',
  experiment: 'experiment',
  experiment_arm: 'experimentArm',
  price_version: 'priceVersion',
} as const satisfies Partial<Record<keyof UsageTable, keyof LedgerRecord>>;

const TOKENS = {
  input_tokens: 'inputTokens',
  cache_read_tokens: 'cacheReadTokens',
  cache_write_tokens: 'cacheWriteTokens',
  cache_write_hour_tokens: 'cacheWriteHourTokens',
  output_tokens: 'outputTokens',
  reasoning_tokens: 'reasoningTokens',
  audio_input_tokens: 'audioInputTokens',
  audio_output_tokens: 'audioOutputTokens',
} as const satisfies Partial<Record<keyof UsageTable, keyof Usage>>;

/** What is neither looked for nor summed, and the usage as it was said where it makes no sense. */
interface Details extends Pick<LedgerRecord, 'principal' | 'attempts' | 'warnings' | 'tags' | 'scopes' | 'guardrails'> {
  readonly usage?: Usage;
}

/** A record as it is kept. A record that was made of nonsense is kept as far as it can be: it never keeps others waiting. */
export function toUsageRow(record: LedgerRecord): UsageTable {
  const scopes = scopesOfRecord(record);
  const { principal, attempts, warnings, guardrails } = record;
  const usage = countableUsage(record.usage);
  const details: Details = {
    principal,
    attempts,
    warnings,
    tags: record.tags,
    scopes: record.scopes,
    guardrails,
    ...(Object.values(TOKENS).some((field) => usage[field] !== record.usage[field]) ? { usage: record.usage } : {}),
  };
  const texts = Object.entries(TEXTS).map(([column, field]) => [column, toText(record[field])]);
  const tokens = Object.entries(TOKENS).map(([column, field]) => [column, usage[field]]);
  return {
    ...(Object.fromEntries([...texts, ...tokens]) as UsageTable), // the rest of its columns follow
    id: toText(record.id) ?? '',
    kind: record.kind ?? 'call',
    stream: record.stream,
    schema_version: record.schemaVersion ?? 1,
    estimated: record.usage.estimated,
    cost_nano_usd: record.costNanoUsd === undefined ? null : wholeAmount(record.costNanoUsd),
    started_at: wholeAmount(record.startedAt),
    first_content_at: record.firstContentAt === undefined ? null : wholeAmount(record.firstContentAt),
    ended_at: wholeAmount(record.endedAt),
    organization: idOf(scopes, 'organization'),
    team: idOf(scopes, 'team'),
    user_id: idOf(scopes, 'user'),
    key_id: idOf(scopes, 'key'),
    customer: idOf(scopes, 'customer'),
    tags: scopes.filter(({ kind }) => kind === 'tag').map(({ id }) => toId(id)),
    details: JSON.stringify(details),
  };
}

export function toLedgerRecord(row: UsageTable): LedgerRecord {
  const { usage, ...details } = fromJson<Details>(row.details) as Details; // as it was kept
  const texts = Object.entries(TEXTS).map(([column, field]) => [field, toOptional(row[column as keyof typeof TEXTS])]);
  const tokens = Object.entries(TOKENS).map(([column, field]) => [field, toNumber(row[column as keyof typeof TOKENS])]);
  const { tags, scopes, guardrails } = details;
  const found = {
    ...(Object.fromEntries(texts) as LedgerRecord), // as it was kept
    ...details,
    ...(tags === undefined ? {} : { tags }),
    ...(scopes === undefined ? {} : { scopes }),
    ...(guardrails === undefined ? {} : { guardrails }),
    id: row.id,
    kind: row.kind as 'call' | 'adjustment',
    stream: toFlag(row.stream),
    schemaVersion: toNumber(row.schema_version),
    usage: usage ?? {
      ...NO_USAGE,
      ...(Object.fromEntries(tokens) as Partial<Usage>),
      estimated: toFlag(row.estimated),
    },
    costNanoUsd: toOptionalNumber(row.cost_nano_usd),
    startedAt: toNumber(row.started_at),
    firstContentAt: toOptionalNumber(row.first_content_at),
    endedAt: toNumber(row.ended_at),
  };
  return found;
}

/** The sums of days that a batch adds to, one row for each, in the order in which rows are locked. */
export function toDayRows(records: readonly LedgerRecord[]): readonly DayTable[] {
  const rows = new Map<string, DayTable>();
  for (const record of records) {
    const amounts = amountsOfRecord(record);
    const added = {
      calls: amounts.calls,
      failures: amounts.failures,
      input_tokens: amounts.inputTokens,
      cache_read_tokens: amounts.cacheReadTokens,
      output_tokens: amounts.outputTokens,
      cost_nano_usd: amounts.costNanoUsd,
      unpriced: amounts.unpriced,
    };
    const place = { day: dayOf(wholeAmount(record.startedAt)), model: toId(record.requestedModel) };
    for (const [dimension, id] of dimensionsOf(record)) {
      const key = JSON.stringify([dimension, place.day, id, place.model]);
      const row = rows.get(key);
      if (row === undefined) rows.set(key, { dimension, ...place, id, ...added });
      else for (const [column, amount] of Object.entries(added)) row[column as keyof typeof added] += amount;
    }
  }
  return [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}

const SCOPE_DIMENSIONS = ['organization', 'team', 'user', 'key', 'customer', 'tag', 'model', 'global'] as const;

function dimensionsOf(record: LedgerRecord): readonly (readonly [dimension: string, id: string])[] {
  const scopes = scopesOfRecord(record);
  const found: (readonly [string, string])[] = [
    ['provider', toId(record.provider)],
    ['deployment', toId(record.deployment)],
    ['prompt', toId(promptOfRecord(record))],
  ];
  for (const dimension of SCOPE_DIMENSIONS) {
    const own = scopes.filter(({ kind }) => kind === dimension);
    if (own.length === 0) found.push([dimension, '']);
    for (const { id } of own) found.push([dimension, toId(id)]);
  }
  return found;
}

function idOf(scopes: readonly Scope[], kind: Scope['kind']): string | null {
  const scope = scopes.find((each) => each.kind === kind);
  return scope === undefined ? null : toId(scope.id);
}

const LONGEST_ID = 512;

/** As an index can hold it: of a long one its beginning, and a hash that keeps it apart from others of that beginning. */
export function toId(id: string | undefined): string {
  const text = toText(id) ?? '';
  if (text.length <= LONGEST_ID) return text;
  const hash = createHash('sha256').update(text).digest('hex');
  return `${toText(text.slice(0, LONGEST_ID - 65))}~${hash}`;
}

/** Neither NUL nor halves of surrogate pairs can be kept. */
function toText(value: string | undefined): string | null {
  if (value === undefined || value === null) return null;
  return String(value).replaceAll(/\0|\p{Surrogate}/gu, '\uFFFD');
}
