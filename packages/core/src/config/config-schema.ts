import { z } from 'zod';
import { FAILURES, type FailureKind } from '../errors.js';
import type { CustomEndpoint } from '../hooks/custom-endpoint.js';
import type { Observer } from '../hooks/observer.js';
import { OPERATIONS, type OperationName } from '../operation.js';
import { STRATEGIES } from '../routes/strategy.js';
import { Secret } from '../secret.js';

const fn = z.custom<(...args: never[]) => unknown>((value) => typeof value === 'function', 'must be a function');
const positive = z.number().positive();
const count = z.number().int().nonnegative();
/** Milliseconds. Whoever writes more than a week has mistaken the unit. */
const LONGEST_MS = 7 * 24 * 60 * 60 * 1_000;
const duration = z.number().nonnegative().max(LONGEST_MS, `must be at most ${LONGEST_MS} milliseconds (a week)`);
const positiveDuration = duration.positive();
const strings = z.array(z.string());
const operation = z.enum(OPERATIONS);
/** Which others there are, the endpoints say. */
const operationName = z.union([operation, z.string()]) as unknown as z.ZodType<OperationName, OperationName>;

/** `RateLimits`, also of what the host says of a caller. */
export const limitsSchema = z.strictObject({
  requestsPerMinute: count.optional(),
  tokensPerMinute: count.optional(),
  concurrentCalls: count.optional(),
});
/** `'10d'`: the type says which units there are. */
const lengthPeriod = z.string().regex(/^[1-9]\d{0,5}[mhdw]$/) as unknown as z.ZodType<LengthPeriod, LengthPeriod>;
type LengthPeriod = `${number}${'m' | 'h' | 'd' | 'w'}`;
/** `Budget`. */
export const budgetSchema = z.strictObject({
  usd: z.number().nonnegative(),
  per: z.union([z.enum(['hour', 'day', 'week', 'month', 'total']), lengthPeriod]).optional(),
});
const principal = z.strictObject({
  id: z.string().min(1),
  team: z.string().optional(),
  organization: z.string().optional(),
  customer: z.string().optional(),
  keyId: z.string().optional(),
  tags: strings.optional(),
  models: strings.optional(),
  operations: z.array(operationName).optional(),
  limits: limitsSchema.optional(),
  budget: budgetSchema.optional(),
  metadata: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
});
const failureKind = z.enum(Object.keys(FAILURES) as [FailureKind, ...FailureKind[]]);
const retries = z.strictObject({
  maxRetries: count.optional(),
  byKind: z.partialRecord(failureKind, count).optional(),
  baseDelayMs: duration.optional(),
  maxDelayMs: duration.optional(),
});
const attemptDeadlines = z.strictObject({
  headersMs: positiveDuration.optional(),
  firstTokenMs: positiveDuration.optional(),
  idleMs: positiveDuration.optional(),
  answerMs: positiveDuration.optional(),
});
const deadlines = attemptDeadlines.extend({ totalMs: positiveDuration.optional() });
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
const secrets = z.strictObject({ secret: z.union([credential, z.array(credential)]) });
const deployment = z.strictObject({
  model: z.string(),
  id: z.string().min(1).optional(),
  apiKey: credential.optional(),
  baseUrl: z.string().optional(),
  apiVersion: z.string().optional(),
  baseModel: z.string().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  weight: positive.optional(),
  order: z.number().int().optional(),
  tags: strings.optional(),
  capabilities: z
    .strictObject({
      tools: z.boolean().optional(),
      images: z.boolean().optional(),
      audio: z.boolean().optional(),
      files: z.boolean().optional(),
      jsonSchema: z.boolean().optional(),
      prefill: z.boolean().optional(),
      priorityTier: z.boolean().optional(),
      inputTokens: count.optional(),
      outputTokens: count.optional(),
    })
    .optional(),
  limits: limitsSchema.optional(),
  dropUnsupported: z.boolean().optional(),
  defaultParameters: z.record(z.string(), z.unknown()).optional(),
  price: price.optional(),
  maxOutputTokens: count.optional(),
  deadlines: attemptDeadlines.optional(),
  options: z.record(z.string(), z.unknown()).optional(),
});
const plain = z.union([z.string(), z.number(), z.boolean()]);
const match = z.union([
  plain,
  z.array(plain),
  z.strictObject({
    above: z.number().optional(),
    below: z.number().optional(),
    startsWith: z.string().optional(),
    endsWith: z.string().optional(),
    contains: z.string().optional(),
    in: z.array(plain).optional(),
    not: z.union([plain, z.array(plain)]).optional(),
    exists: z.boolean().optional(),
  }),
]);
const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day such as "08:30"');
const condition = z.strictObject({
  principal: z
    .strictObject({
      id: match.optional(),
      team: match.optional(),
      tags: match.optional(),
      metadata: z.record(z.string(), match).optional(),
    })
    .optional(),
  tags: match.optional(),
  headers: z.record(z.string(), match).optional(),
  body: z.record(z.string(), match).optional(),
  operation: z.union([operation, z.array(operation)]).optional(),
  stream: z.boolean().optional(),
  inputTokens: z.strictObject({ above: count.optional(), below: count.optional() }).optional(),
  time: z
    .strictObject({
      from: timeOfDay.optional(),
      to: timeOfDay.optional(),
      days: z.array(z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'])).optional(),
      zone: z.string().refine(isTimeZone, 'must be a time zone such as "Europe/Berlin"').optional(),
    })
    .optional(),
});
const terms = { retries: retries.optional(), totalMs: positiveDuration.optional(), limits: limitsSchema.optional() };
const nodes = z.array(z.unknown()).min(1);
const pool = {
  strategy: z
    .union([
      z.enum(STRATEGIES),
      z.strictObject({ by: z.literal('sticky'), key: z.enum(['prompt', 'session', 'principal']).optional() }),
    ])
    .optional(),
  hedge: z.union([z.literal(true), z.strictObject({ afterMs: duration })]).optional(),
};

/**
 * The nodes of a route by the key that names their decision. Children are checked one by one, each with its own path.
 */
export const routeSchemas = {
  single: z.strictObject({ single: z.string(), ...terms }),
  deployments: z.strictObject({ deployments: nodes, ...pool, ...terms }),
  split: z.strictObject({ split: nodes, ...terms }),
  fallback: z.strictObject({ fallback: nodes, on: z.array(failureKind).min(1).optional(), ...terms }),
  when: z.strictObject({
    when: z.array(z.strictObject({ if: condition, to: z.unknown() })).min(1),
    otherwise: z.unknown().optional(),
    ...terms,
  }),
  race: z.strictObject({ race: nodes, afterMs: duration.optional(), ...terms }),
  cheapest: z.strictObject({ cheapest: nodes, ...terms }),
  fastest: z.strictObject({ fastest: nodes, ...terms }),
};

const group = z.strictObject({
  deployments: z.array(z.unknown()).min(1).optional(),
  route: z.unknown().optional(),
  ...pool,
  limits: limitsSchema.optional(),
  recovery: z.enum(['restart', 'continue']).optional(),
  initialBuffer: z.strictObject({ characters: count.optional(), ms: positiveDuration.optional() }).optional(),
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
        callRefused: fn.optional(),
        attemptStarted: fn.optional(),
        firstContent: fn.optional(),
        attemptEnded: fn.optional(),
        budgetReached: fn.optional(),
        callEnded: fn.optional(),
      } satisfies Record<keyof Observer, unknown>),
    )
    .optional(),
  sinks: z.array(z.strictObject({ name: z.string().optional(), record: fn, spill: fn.optional() })).optional(),
  endpoints: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
        path: z.string() as unknown as z.ZodType<`/${string}`, `/${string}`>,
        counted: z.boolean().optional(),
        recorded: z.boolean().optional(),
        maxDurationMs: positiveDuration.optional(),
        answer: fn,
      } satisfies Record<keyof CustomEndpoint, unknown>),
    )
    .optional(),
  requestTransforms: z.array(z.looseObject({ name: z.string().min(1), transform: fn })).optional(),
  answerMiddleware: z.array(z.looseObject({ name: z.string().min(1), answer: fn })).optional(),
  chunkTransforms: z.array(z.looseObject({ name: z.string().min(1), open: fn })).optional(),
};

/**
 * Every key of a configuration. Models are checked one by one afterwards, because a string, a list and the long form
 * each need their own message.
 */
export const configSchema = z.strictObject({
  models: z.record(z.string(), z.unknown()),
  authenticate: fn.optional(),
  authorize: fn.optional(),
  accounts: fn.optional(),
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
  tokens: secrets.optional(),
  ids: secrets.optional(),
  credentials: z
    .array(z.enum(['key', 'token', 'session', 'anonymous']))
    .min(1)
    .optional(),
  defaults: z.strictObject({ limits: limitsSchema.optional(), budget: budgetSchema.optional() }).optional(),
  csrf: z.union([z.strictObject({ origins: z.array(z.url()) }), z.literal(false)]).optional(),
  unknownPrice: z.enum(['refuse', 'allow']).optional(),
  retries: retries.optional(),
  deadlines: deadlines.optional(),
  allowFallbackCycles: z.boolean().optional(),
  cooldowns: z
    .strictObject({
      cooldownMs: duration.optional(),
      quotaCooldownMs: duration.optional(),
      maxWaitMs: duration.optional(),
      failuresInARow: z.number().int().positive().optional(),
      failureRate: z.number().positive().max(1).optional(),
      minCalls: z.number().int().positive().optional(),
      windowMs: positiveDuration.optional(),
      probeEveryMs: positiveDuration.optional(),
    })
    .optional(),
  passThrough: z
    .record(
      z.string(),
      z.strictObject({
        to: z.string().min(1),
        paths: strings.min(1),
        methods: z
          .array(z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']))
          .min(1)
          .optional(),
        headers: strings.optional(),
        pricePerRequest: z.number().nonnegative().optional(),
      }),
    )
    .optional(),
  maxBodyBytes: positive.optional(),
  maxFileBytes: positive.optional(),
  maxSessionMs: positiveDuration.optional(),
  heartbeatMs: positiveDuration.optional(),
  policyTimeoutMs: positiveDuration.optional(),
  debugHeaders: z.boolean().optional(),
  requestOverrides: z.boolean().optional(),
  vendorIds: z.enum(['refuse', 'allow']).optional(),
  compat: z.literal('litellm').optional(),
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
  providers: z
    .array(
      z.looseObject({
        name: z.string().min(1),
        keyVariables: strings,
        needsKey: z.boolean(),
        codecs: z.record(z.string(), z.looseObject({ encode: fn })),
        connect: fn,
        classify: fn,
      }),
    )
    .optional(),
  stores: z
    .strictObject({
      counters: z.looseObject({ reserve: fn, settle: fn, read: fn }).optional(),
      cooldowns: z.looseObject({ coolDown: fn, watch: fn }).optional(),
      revocations: z.looseObject({ revoke: fn, watch: fn }).optional(),
      keys: z.looseObject({ find: fn, watch: fn }).optional(),
      accounts: z.looseObject({ find: fn, watch: fn }).optional(),
      usage: z.looseObject({ append: fn, query: fn, aggregate: fn }).optional(),
      outbox: z.looseObject({}).optional(),
      sink: z.looseObject({ record: fn }).optional(),
      migrate: fn.optional(),
      cacheMs: positiveDuration.optional(),
      lookupTimeoutMs: positiveDuration.optional(),
      whenCountersFail: z.enum(['closed', 'open']).optional(),
      countersTimeoutMs: positiveDuration.optional(),
    })
    .optional(),
  logger: z.union([z.literal(false), z.looseObject({ debug: fn, info: fn, warn: fn, error: fn })]).optional(),
  clock: z.looseObject({ now: fn, after: fn }).optional(),
  transport: z.looseObject({ send: fn, close: fn }).optional(),
});

export const deploymentSchema = deployment;
export const groupSchema = group;

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone }).format();
    return true;
  } catch {
    return false;
  }
}
