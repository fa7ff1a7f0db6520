import { SCOPE_KINDS } from '@portico/core/store';
import { z } from 'zod';

const text = z.string().min(1).max(512);
const texts = z.array(text).max(1_000);
const amount = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
/** Milliseconds since the epoch, or a date as ISO 8601 writes it. */
export const moment = z.union([z.number().int(), z.iso.datetime({ offset: true }), z.iso.date()]);

export const scopeSchema = z.strictObject({ kind: z.enum(SCOPE_KINDS), id: text });

const period = {
  per: z
    .string()
    .meta({ description: 'minute, hour, day, week, month, quarter, year, total, or a length such as 30d' }),
  zone: z.string().optional().meta({ description: 'IANA time zone of days and longer units; default UTC' }),
  anchor: z.number().int().optional(),
  model: text.optional().meta({ description: 'Only calls of this model group' }),
};
const budget = z.strictObject({
  ...period,
  nanoUsd: amount.meta({ description: 'Nano-dollars: 1,000,000,000 are one US dollar' }),
  mode: z.enum(['hard', 'soft']).optional(),
  warnAt: z.array(z.number().positive().max(1)).optional(),
});
const limit = z.strictObject({
  ...period,
  of: z.enum(['requests', 'tokens', 'inputTokens', 'outputTokens', 'concurrentCalls']),
  max: amount,
});

export const accountSchema = z.strictObject({
  name: text.nullish(),
  parent: scopeSchema.nullish(),
  budgets: z.array(budget).nullish(),
  limits: z.array(limit).nullish(),
  models: texts.nullish(),
  operations: texts.nullish(),
  isBlocked: z.boolean().optional(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
});

const keyFields = {
  alias: text.nullish(),
  user: text.nullish(),
  team: text.nullish(),
  organization: text.nullish(),
  customer: text.nullish(),
  tags: texts.nullish(),
  models: texts.nullish(),
  operations: texts.nullish(),
  endpoints: texts.nullish(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
  expiresAt: moment.nullish(),
};
export const newKeySchema = z.strictObject(keyFields);
export const keyChangesSchema = z.strictObject(keyFields);
export const rotateSchema = z.strictObject({ graceMs: amount.optional() });

const page = {
  limit: z.coerce.number().int().min(1).max(1_000).optional(),
  after: z.string().optional(),
};
export const keyQuery = z.strictObject({
  ...page,
  user: text.optional(),
  team: text.optional(),
  organization: text.optional(),
  customer: text.optional(),
  alias: text.optional(),
});
export const accountQuery = z.strictObject({ ...page, kind: z.enum(SCOPE_KINDS).optional() });

/** In a query everything is text. */
const flag = z.enum(['true', 'false']).transform((value) => value === 'true');
const queriedMoment = z.union([z.coerce.number().int(), z.iso.datetime({ offset: true }), z.iso.date()]);
const usageFilter = {
  from: queriedMoment.optional(),
  to: queriedMoment.optional(),
  organization: text.optional(),
  team: text.optional(),
  user: text.optional(),
  key: text.optional(),
  customer: text.optional(),
  tag: text.optional(),
  model: text.optional(),
  deployment: text.optional(),
};
export const usageQuery = z.strictObject({
  ...usageFilter,
  by: z
    .enum(['organization', 'team', 'user', 'key', 'customer', 'tag', 'model', 'provider', 'deployment', 'prompt'])
    .optional(),
  byDay: flag.optional(),
  byModel: flag.optional(),
  limit: z.coerce.number().int().min(1).max(10_000).optional(),
});
export const recordQuery = z.strictObject({
  ...usageFilter,
  ...page,
  outcome: z.enum(['ok', 'failed', 'incomplete', 'client_gone']).optional(),
});

export const explainSchema = z.strictObject({
  model: text,
  as: z.looseObject({ id: text }),
  operation: text.optional(),
  body: z.record(z.string(), z.unknown()).optional(),
});
export const configSchema = z.looseObject({ models: z.record(z.string(), z.unknown()) });
export const revokeSchema = z.strictObject({ principal: text });

/** Milliseconds since the epoch. */
export function toMillis(given: z.infer<typeof moment> | null | undefined): number | undefined {
  if (given === null || given === undefined) return undefined;
  return typeof given === 'number' ? given : Date.parse(given);
}
