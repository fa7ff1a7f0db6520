import type { Generated } from 'kysely';

/** A whole number. Postgres tells large ones as text. */
type Whole = number;
/** SQLite keeps 0 and 1. */
type Flag = boolean;
/** JSON. */
type Json = string;

/** The tables as both dialects have them; what their drivers answer is read by `read-row.ts`. */
export interface Tables {
  portico_keys: KeyTable;
  portico_accounts: AccountTable;
  portico_usage: UsageTable;
  portico_usage_days: DayTable;
  portico_outbox: OutboxTable;
}

export interface KeyTable {
  id: string;
  hash: string;
  old_hash: string | null;
  old_ends_at: Whole | null;
  hint: string;
  alias: string | null;
  user_id: string | null;
  team: string | null;
  organization: string | null;
  customer: string | null;
  tags: Json;
  models: Json | null;
  operations: Json | null;
  endpoints: Json | null;
  metadata: Json;
  created_at: Whole;
  expires_at: Whole | null;
  is_blocked: Flag;
  revoked_at: Whole | null;
  rotated_at: Whole | null;
}

export interface AccountTable {
  kind: string;
  id: string;
  name: string | null;
  parent_kind: string | null;
  parent_id: string | null;
  budgets: Json;
  limits: Json;
  models: Json | null;
  operations: Json | null;
  is_blocked: Flag;
  metadata: Json;
  created_at: Whole;
  updated_at: Whole;
}

export interface UsageTable {
  id: string;
  kind: string;
  adjusts: string | null;
  operation: string;
  via: string;
  requested_model: string;
  deployment: string | null;
  provider: string | null;
  model: string | null;
  stream: Flag;
  outcome: string;
  failure: string | null;
  error_code: string | null;
  finish_reason: string | null;
  response_id: string | null;
  cache: string | null;
  prompt: string | null;
  prompt_version: string | null;
  experiment: string | null;
  experiment_arm: string | null;
  schema_version: Whole;
  input_tokens: Whole;
  cache_read_tokens: Whole;
  cache_write_tokens: Whole;
  cache_write_hour_tokens: Whole;
  output_tokens: Whole;
  reasoning_tokens: Whole;
  audio_input_tokens: Whole;
  audio_output_tokens: Whole;
  estimated: Flag;
  cost_nano_usd: Whole | null;
  price_version: string | null;
  started_at: Whole;
  first_content_at: Whole | null;
  ended_at: Whole;
  organization: string | null;
  team: string | null;
  user_id: string | null;
  key_id: string | null;
  customer: string | null;
  /** An array in Postgres, JSON in SQLite. */
  tags: unknown;
  /** What is neither looked for nor summed: principal, attempts, warnings, guardrails, scopes. */
  details: Json;
}

export interface DayTable {
  dimension: string;
  day: string;
  id: string;
  model: string;
  calls: Whole;
  failures: Whole;
  input_tokens: Whole;
  cache_read_tokens: Whole;
  output_tokens: Whole;
  cost_nano_usd: Whole;
  unpriced: Whole;
}

interface OutboxTable {
  id: Generated<Whole>;
  topic: string;
  record_id: string;
  payload: Json;
  attempts: Generated<Whole>;
  last_error: string | null;
  claim: string | null;
  is_parked: Generated<Flag>;
  due_at: Whole;
  created_at: Whole;
}
