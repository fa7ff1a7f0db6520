import { z } from 'zod';
import { UPSTREAM_OPERATIONS } from '../operation.js';
import { Secret } from '../secret.js';

const fn = z.custom<(...args: never[]) => unknown>((value) => typeof value === 'function', 'must be a function');
const positive = z.number().positive();
const count = z.number().int().nonnegative();
const strings = z.array(z.string());

const limits = z.strictObject({
  requestsPerMinute: count.optional(),
  tokensPerMinute: count.optional(),
  concurrentCalls: count.optional(),
});
const budget = z.strictObject({
  usd: z.number().nonnegative(),
  per: z.enum(['hour', 'day', 'month', 'total']).optional(),
});
const principal = z.strictObject({
  id: z.string().min(1),
  team: z.string().optional(),
  tags: strings.optional(),
  models: strings.optional(),
  operations: z.array(z.enum([...UPSTREAM_OPERATIONS, 'models'])).optional(),
  limits: limits.optional(),
  budget: budget.optional(),
  metadata: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
});
const retries = z.strictObject({
  maxRetries: count.optional(),
  baseDelayMs: z.number().nonnegative().optional(),
  maxDelayMs: z.number().nonnegative().optional(),
});
const attemptDeadlines = z.strictObject({
  headersMs: positive.optional(),
  firstTokenMs: positive.optional(),
  idleMs: positive.optional(),
  answerMs: positive.optional(),
});
const deadlines = attemptDeadlines.extend({ totalMs: positive.optional() });
const price = z.strictObject({
  input: z.number().nonnegative(),
  output: z.number().nonnegative(),
  cacheRead: z.number().nonnegative().optional(),
  cacheWrite: z.number().nonnegative().optional(),
  cacheWriteHour: z.number().nonnegative().optional(),
  reasoning: z.number().nonnegative().optional(),
  audioInput: z.number().nonnegative().optional(),
  audioOutput: z.number().nonnegative().optional(),
  perRequest: z.number().nonnegative().optional(),
});
const credential = z.union([z.string().min(1), z.instanceof(Secret)]);
const deployment = z.strictObject({
  model: z.string(),
  id: z.string().min(1).optional(),
  apiKey: credential.optional(),
  baseUrl: z.string().optional(),
  apiVersion: z.string().optional(),
  baseModel: z.string().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  weight: positive.optional(),
  dropUnsupported: z.boolean().optional(),
  price: price.optional(),
  maxOutputTokens: count.optional(),
  deadlines: attemptDeadlines.optional(),
  options: z.record(z.string(), z.unknown()).optional(),
});
const group = z.strictObject({
  deployments: z.array(z.unknown()).min(1),
  fallbacks: strings.optional(),
  contextFallbacks: strings.optional(),
  contentFallbacks: strings.optional(),
  retries: retries.optional(),
  deadlines: deadlines.optional(),
});
const guests = {
  interceptors: z.array(fn).optional(),
  observers: z
    .array(
      z.strictObject({
        name: z.string().optional(),
        callStarted: fn.optional(),
        attemptEnded: fn.optional(),
        callEnded: fn.optional(),
      }),
    )
    .optional(),
  sinks: z.array(z.strictObject({ name: z.string().optional(), record: fn, spill: fn.optional() })).optional(),
};

/**
 * Every key a configuration may have. Models are looked into one by one afterwards, since a string, a list and the long
 * form each deserve their own message.
 */
export const configSchema = z.strictObject({
  models: z.record(z.string(), z.unknown()),
  authenticate: fn.optional(),
  authorize: fn.optional(),
  anonymous: principal.optional(),
  keys: z
    .array(
      z.strictObject({
        key: credential,
        principal,
        expiresAt: z.union([z.number(), z.date()]).optional(),
        revoked: z.boolean().optional(),
      }),
    )
    .optional(),
  tokens: z.strictObject({ secret: z.union([credential, z.array(credential)]) }).optional(),
  credentials: z
    .array(z.enum(['key', 'token', 'session', 'anonymous']))
    .min(1)
    .optional(),
  defaults: z.strictObject({ limits: limits.optional(), budget: budget.optional() }).optional(),
  csrf: z.union([z.strictObject({ origins: z.array(z.url()) }), z.literal(false)]).optional(),
  unknownPrice: z.enum(['refuse', 'allow']).optional(),
  retries: retries.optional(),
  deadlines: deadlines.optional(),
  cooldowns: z
    .strictObject({
      restMs: z.number().nonnegative().optional(),
      quotaRestMs: z.number().nonnegative().optional(),
      maxWaitMs: z.number().nonnegative().optional(),
      failuresInARow: z.number().int().positive().optional(),
    })
    .optional(),
  maxBodyBytes: positive.optional(),
  heartbeatMs: positive.optional(),
  policyTimeoutMs: positive.optional(),
  debugHeaders: z.boolean().optional(),
  fallthrough: z.boolean().optional(),
  ...guests,
  onUsage: fn.optional(),
  plugins: z
    .array(
      z.strictObject({
        name: z.string(),
        policies: z.strictObject({ authenticate: fn.optional(), authorize: fn.optional() }).optional(),
        ...guests,
        start: fn.optional(),
        close: fn.optional(),
      }),
    )
    .optional(),
  providers: z.array(z.looseObject({ name: z.string(), connect: fn, classify: fn })).optional(),
  stores: z.strictObject({ counters: z.looseObject({ reserve: fn, settle: fn, read: fn }).optional() }).optional(),
  logger: z.looseObject({ debug: fn, info: fn, warn: fn, error: fn }).optional(),
  clock: z.looseObject({ now: fn, after: fn }).optional(),
  transport: z.looseObject({ send: fn, close: fn }).optional(),
});

export const deploymentSchema = deployment;
export const groupSchema = group;
