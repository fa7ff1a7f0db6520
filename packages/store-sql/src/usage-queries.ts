import {
  type AggregateQuery,
  dayOf,
  type LedgerRecord,
  type Page,
  pageLimit,
  pageOf,
  readTimeCursor,
  timeCursor,
  type UsageFilter,
  type UsageQuery,
  type UsageSpan,
  type UsageSum,
  type UsedInSpan,
} from '@portico/core/store';
import { type Database, rowsOfSql } from './database.js';
import { toNumber } from './read-row.js';
import type { UsageTable } from './tables.js';
import { toId, toLedgerRecord } from './usage-rows.js';

// Every question that is asked of the ledger. Sums of whole days of UTC come from `portico_usage_days`, where the question
// is about one dimension; all others are answered from the records.

const DAY_MS = 86_400_000;

/** A condition and its values. */
interface Condition {
  readonly sql: string;
  readonly values: readonly unknown[];
}

/** Records, newest first. */
export async function pageOfUsage(database: Database, query: UsageQuery): Promise<Page<LedgerRecord>> {
  const limit = pageLimit(query);
  const after = readTimeCursor(query.after);
  const conditions = conditionsOf(database, query);
  if (query.id !== undefined) conditions.push({ sql: 'id = ?', values: [query.id] });
  if (after !== undefined) conditions.push({ sql: '(started_at, id) < (?, ?)', values: [after.at, after.id] });
  const { sql, values } = where(conditions);
  const rows = await database.read(() =>
    rowsOfSql<UsageTable>(
      database,
      `SELECT * FROM portico_usage ${sql} ORDER BY started_at DESC, id DESC LIMIT ${limit + 1}`,
      values,
    ),
  );
  return pageOf(rows.map(toLedgerRecord), limit, (record) => timeCursor(record.startedAt, record.id));
}

/** Sums, the dearest first. */
export async function aggregateUsage(database: Database, query: AggregateQuery): Promise<readonly UsageSum[]> {
  const { sql, values } = fromDays(query) ?? fromRecords(database, query);
  const { byDay, byModel } = query;
  const groups = ['id', ...(byDay ? ['day'] : []), ...(byModel ? ['model'] : [])];
  const order = ['sum(cost_nano_usd) DESC', ...groups].join(', ');
  const limit = pageLimit({ limit: query.limit ?? 1_000 });
  const rows = await database.read(() =>
    rowsOfSql<SumRow>(
      database,
      `SELECT ${groups.join(', ')}, ${SUMS} FROM (${sql}) AS asked GROUP BY ${groups.join(', ')} ORDER BY ${order} LIMIT ${limit}`,
      values,
    ),
  );
  return rows.map(toSum);
}

/** What was used in each span: its whole days from the sums, and what is left at its ends from the records. */
export async function usedInSpans(database: Database, spans: readonly UsageSpan[]): Promise<readonly UsedInSpan[]> {
  if (spans.length === 0) return [];
  return await database.read(function* () {
    const parts: Condition[] = spans.map((span, index) => partsOfSpan(database, span, index));
    const rows = yield* rowsOfSql<SumRow & { place: number }>(
      database,
      `SELECT place, ${SUMS} FROM (${parts.map(({ sql }) => sql).join(' UNION ALL ')}) AS asked GROUP BY place`,
      parts.flatMap(({ values }) => values),
    );
    return spans.map((_, index) => {
      const row = rows.find(({ place }) => Number(place) === index);
      return {
        requests: toNumber(row?.calls ?? 0),
        inputTokens: toNumber(row?.input_tokens ?? 0),
        outputTokens: toNumber(row?.output_tokens ?? 0),
        costNanoUsd: toNumber(row?.cost_nano_usd ?? 0),
      };
    });
  });
}

const COLUMNS = [
  'calls',
  'failures',
  'input_tokens',
  'cache_read_tokens',
  'output_tokens',
  'cost_nano_usd',
  'unpriced',
];
// As text: a sum may be larger than a number of JavaScript is exact, and drivers refuse those.
const SUMS = COLUMNS.map((column) => `CAST(sum(${column}) AS text) AS ${column}`).join(', ');

/** The same columns of a record. An adjustment is no call. */
const OF_RECORD = `
  CASE kind WHEN 'call' THEN 1 ELSE 0 END AS calls,
  CASE WHEN kind = 'call' AND outcome <> 'ok' THEN 1 ELSE 0 END AS failures,
  CASE kind WHEN 'call'
    THEN input_tokens + cache_read_tokens + cache_write_tokens + cache_write_hour_tokens + audio_input_tokens
    ELSE 0 END AS input_tokens,
  CASE kind WHEN 'call' THEN cache_read_tokens ELSE 0 END AS cache_read_tokens,
  CASE kind WHEN 'call' THEN output_tokens + reasoning_tokens + audio_output_tokens ELSE 0 END AS output_tokens,
  COALESCE(cost_nano_usd, 0) AS cost_nano_usd,
  CASE WHEN kind = 'call' AND cost_nano_usd IS NULL THEN 1 ELSE 0 END AS unpriced`;

interface SumRow {
  readonly id?: string | null;
  readonly day?: string;
  readonly model?: string;
  readonly calls: unknown;
  readonly failures: unknown;
  readonly input_tokens: unknown;
  readonly cache_read_tokens: unknown;
  readonly output_tokens: unknown;
  readonly cost_nano_usd: unknown;
  readonly unpriced: unknown;
}

function toSum(row: SumRow): UsageSum {
  return {
    id: row.id === '' || row.id === null ? undefined : row.id,
    day: row.day,
    model: row.model,
    calls: toNumber(row.calls),
    failures: toNumber(row.failures),
    inputTokens: toNumber(row.input_tokens),
    cacheReadTokens: toNumber(row.cache_read_tokens),
    outputTokens: toNumber(row.output_tokens),
    costNanoUsd: toNumber(row.cost_nano_usd),
    unpriced: toNumber(row.unpriced),
  };
}

/** Filters by which sums of days are kept apart. */
const DAY_FILTERS = ['organization', 'team', 'user', 'key', 'customer', 'tag', 'deployment'] as const;

/** The rows of days that answer a question; undefined where they cannot. */
function fromDays(query: AggregateQuery): Condition | undefined {
  const { from, to, by, model, prompt, promptVersion, outcome } = query;
  if ((from ?? 0) % DAY_MS !== 0 || (to ?? 0) % DAY_MS !== 0) return undefined;
  if (prompt !== undefined || promptVersion !== undefined || outcome !== undefined) return undefined;
  const filters = DAY_FILTERS.filter((name) => query[name] !== undefined);
  const [filter] = filters;
  if (filters.length > 1 || (filter !== undefined && by !== undefined && by !== filter)) return undefined;

  const dimension = by ?? filter ?? 'global';
  const conditions: Condition[] = [{ sql: 'dimension = ?', values: [dimension] }];
  if (from !== undefined) conditions.push({ sql: 'day >= ?', values: [dayOf(from)] });
  if (to !== undefined) conditions.push({ sql: 'day < ?', values: [dayOf(to)] });
  if (model !== undefined) conditions.push({ sql: 'model = ?', values: [toId(model)] });
  if (filter !== undefined) conditions.push({ sql: 'id = ?', values: [toId(query[filter])] });
  const { sql, values } = where(conditions);
  const id = by === undefined ? "''" : 'id';
  return { sql: `SELECT ${id} AS id, day, model, ${COLUMNS.join(', ')} FROM portico_usage_days ${sql}`, values };
}

const COLUMN_OF = {
  organization: 'organization',
  team: 'team',
  user: 'user_id',
  key: 'key_id',
  customer: 'customer',
  model: 'requested_model',
  provider: 'provider',
  deployment: 'deployment',
  prompt: "CASE WHEN prompt_version IS NULL THEN prompt ELSE prompt || '@' || prompt_version END",
} as const;

function fromRecords(database: Database, query: AggregateQuery): Condition {
  const isPostgres = database.dialect === 'postgres';
  const { sql, values } = where(conditionsOf(database, query));
  const day = isPostgres
    ? "to_char(to_timestamp(started_at / 1000) AT TIME ZONE 'UTC', 'YYYY-MM-DD')"
    : "strftime('%Y-%m-%d', started_at / 1000, 'unixepoch')";
  let [id, tags] = ["''", ''];
  if (query.by === 'tag') {
    id = isPostgres ? "COALESCE(tag, '')" : "COALESCE(tag.value, '')";
    tags = isPostgres ? 'LEFT JOIN LATERAL unnest(tags) AS tag ON true' : 'LEFT JOIN json_each(tags) AS tag';
  } else if (query.by !== undefined) id = `COALESCE(${COLUMN_OF[query.by]}, '')`;
  return {
    sql: `SELECT ${id} AS id, ${day} AS day, requested_model AS model, ${OF_RECORD} FROM portico_usage ${tags} ${sql}`,
    values,
  };
}

function partsOfSpan(database: Database, { scope, from, to, model }: UsageSpan, place: number): Condition {
  const firstDay = Number.isFinite(from) ? Math.ceil(from / DAY_MS) * DAY_MS : Number.NEGATIVE_INFINITY;
  const lastDay = Number.isFinite(to) ? Math.floor(to / DAY_MS) * DAY_MS : Number.POSITIVE_INFINITY;
  const sums = `SELECT CAST(${place} AS integer) AS place, ${COLUMNS.join(', ')} FROM portico_usage_days`;
  const records = `SELECT CAST(${place} AS integer) AS place, ${OF_RECORD} FROM portico_usage`;
  const days: Condition[] = [{ sql: 'dimension = ? AND id = ?', values: [scope.kind, toId(scope.id)] }];
  if (model !== undefined) days.push({ sql: 'model = ?', values: [toId(model)] });

  const parts: Condition[] = [];
  const edge = (start: number, end: number) => {
    const filter = scope.kind === 'global' ? {} : { [scope.kind]: scope.id };
    const { sql, values } = where(
      conditionsOf(database, { ...filter, ...(model === undefined ? {} : { model }), from: start, to: end }),
    );
    parts.push({ sql: `${records} ${sql}`, values });
  };
  // A span within one day has no whole day between its ends.
  if (firstDay >= lastDay) edge(from, to);
  else {
    if (Number.isFinite(firstDay)) {
      days.push({ sql: 'day >= ?', values: [dayOf(firstDay)] });
      if (from < firstDay) edge(from, firstDay);
    }
    if (Number.isFinite(lastDay)) {
      days.push({ sql: 'day < ?', values: [dayOf(lastDay)] });
      if (lastDay < to) edge(lastDay, to);
    }
    const { sql, values } = where(days);
    parts.push({ sql: `${sums} ${sql}`, values });
  }
  return { sql: parts.map(({ sql }) => sql).join(' UNION ALL '), values: parts.flatMap(({ values }) => values) };
}

function conditionsOf(database: Database, filter: UsageFilter): Condition[] {
  const conditions: Condition[] = [];
  const { from, to, tag } = filter;
  if (from !== undefined) conditions.push({ sql: 'started_at >= ?', values: [from] });
  if (to !== undefined) conditions.push({ sql: 'started_at < ?', values: [to] });
  for (const name of ['organization', 'team', 'user', 'key', 'customer'] as const) {
    if (filter[name] !== undefined) conditions.push({ sql: `${COLUMN_OF[name]} = ?`, values: [toId(filter[name])] });
  }
  const texts = {
    requested_model: 'model',
    deployment: 'deployment',
    prompt: 'prompt',
    prompt_version: 'promptVersion',
    outcome: 'outcome',
  } as const;
  for (const [column, name] of Object.entries(texts)) {
    if (filter[name] !== undefined) conditions.push({ sql: `${column} = ?`, values: [filter[name]] });
  }
  if (tag !== undefined) {
    const has =
      database.dialect === 'postgres' ? '? = ANY (tags)' : 'EXISTS (SELECT 1 FROM json_each(tags) WHERE value = ?)';
    conditions.push({ sql: has, values: [toId(tag)] });
  }
  return conditions;
}

function where(conditions: readonly Condition[]): Condition {
  if (conditions.length === 0) return { sql: '', values: [] };
  return {
    sql: `WHERE ${conditions.map(({ sql }) => sql).join(' AND ')}`,
    values: conditions.flatMap(({ values }) => values),
  };
}
