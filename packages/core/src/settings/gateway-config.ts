import type { Capabilities } from '../capabilities.js';
import type { Clock } from '../clock.js';
import type { AttemptDeadlines, Deadlines } from '../deployment.js';
import type { MaybePromise } from '../encoding/json.js';
import type { AnswerMiddleware, ChunkTransform, RequestTransform } from '../hooks/content.js';
import type { CustomEndpoint } from '../hooks/custom-endpoint.js';
import type { Interceptor } from '../hooks/interceptor.js';
import type { Observer } from '../hooks/observer.js';
import type { Plugin } from '../hooks/plugin.js';
import type { Authenticate, Authorize } from '../hooks/policy.js';
import type { Sink } from '../hooks/sink.js';
import type { Logger } from '../logger.js';
import type { InitialBuffer, RetryPolicy } from '../model-group.js';
import type { Recovery } from '../partial-answer.js';
import type { Budget, CredentialSource, Principal, RateLimits } from '../principal.js';
import type { Provider } from '../provider.js';
import type { Secret } from '../secret.js';
import type { CooldownStore, CounterStore, RevocationStore } from '../store.js';
import type { Account, AccountStore } from '../stores/account-store.js';
import type { KeyStore } from '../stores/key-store.js';
import type { OutboxStore } from '../stores/outbox-store.js';
import type { Scope } from '../stores/scope.js';
import type { UsageStore } from '../stores/usage-store.js';
import type { Transport } from '../transport.js';
import type { UsageRecord } from '../usage/usage-record.js';
import type { ModelName } from './model-pattern.js';
import type { PoolOptions, RouteConfig } from './route-config.js';

/**
 * The configuration of a gateway. Simple values are strings, and every string has a long form. An unknown key, an
 * unknown vendor, a model without a credential or a fallback to a missing model is an error at construction, with its
 * path.
 */
export interface GatewayConfig<Host = unknown, Name extends string = string> {
  /**
   * Model groups by the name that clients request. A `*` in a name matches any text and is filled into the `*` of its
   * deployments' models: `'openai/*': 'openai/*'`. A name without one takes precedence, then the longest that
   * matches.
   */
  readonly models: { readonly [K in Name]: ModelConfig<NoInfer<Name>> };
  /** Finds the principal in the host's own session. */
  readonly authenticate?: Authenticate<Host>;
  /**
   * What is known of a scope (a team, a key, a customer, …): its limits, budgets and rights, from tables of the host's own. Every
   * account of a call counts, all or nothing. Cached for `stores.cacheMs`. Instead of `stores.accounts`.
   */
  readonly accounts?: (scope: Scope) => MaybePromise<Account | undefined>;
  /** Decides last about every call that access rules and limits allow. */
  readonly authorize?: Authorize<Host>;
  /** The principal of callers without a credential; without it they get 401. */
  readonly anonymous?: Principal;
  /** Virtual keys the gateway knows, for callers without a session. */
  readonly keys?: readonly VirtualKeyConfig[];
  /** Enables `gateway.issueToken`, which makes short-lived tokens for browsers. */
  readonly tokens?: SecretConfig;
  /**
   * Encrypts the ids of resources that vendors store for callers (files, batches, stored responses), so that each
   * refers to its deployment and works only for its owner. Default: the secret of `tokens`; without either, those
   * endpoints are disabled.
   */
  readonly ids?: SecretConfig;
  /**
   * Where the principal is looked for, in this order. The first credential that was sent decides alone: valid or 401.
   * Default: `['key', 'token', 'session', 'anonymous']`.
   */
  readonly credentials?: readonly CredentialSource[];
  /** Vendors' own paths that are forwarded unchanged, by the prefix below the mount: `'/openai'`. Default: none. */
  readonly passThrough?: Readonly<Record<`/${string}`, PassThroughConfig>>;
  /** For principals without limits or a budget of their own. */
  readonly defaults?: { readonly limits?: RateLimits; readonly budget?: Budget };
  /** Sites allowed to make calls with this site's cookies; the own origin always is. `false` disables the check. */
  readonly csrf?: { readonly origins: readonly string[] } | false;
  /** How models without a known price are treated under a budget. Default `'refuse'`; `'allow'` records no cost. */
  readonly unknownPrice?: 'refuse' | 'allow';
  readonly retries?: Partial<RetryPolicy>;
  readonly deadlines?: Partial<Deadlines>;
  readonly cooldowns?: Partial<CooldownConfig>;
  /**
   * Groups may fall back to each other in a cycle; each is still tried once per call. Default false: a cycle is a
   * configuration error.
   */
  readonly allowFallbackCycles?: boolean;
  /** Largest request body. Default 20 MiB, for images in base64. */
  readonly maxBodyBytes?: number;
  /** Largest file upload, which is streamed, not buffered. Default 512 MiB. */
  readonly maxFileBytes?: number;
  /** Longest realtime session, in milliseconds. Default 3,600,000 (one hour). */
  readonly maxSessionMs?: number;
  /** Interval between two keep-alive comments on a silent stream, in milliseconds. Default 15,000. */
  readonly heartbeatMs?: number;
  /** Longest time a policy may take, in milliseconds; then the call is rejected. Default 10,000. */
  readonly policyTimeoutMs?: number;
  /**
   * Answers and errors carry `x-portico-*` headers with the deployment that answered, earlier attempts and what was
   * dropped (see the README of core). Default false.
   */
  readonly debugHeaders?: boolean;
  /**
   * Lets a request override its routing: fallbacks, retries, a shorter timeout, tags, as fields of the body or
   * `x-portico-*` headers (see the README of core). Never beyond the rights of the caller. Default false.
   */
  readonly requestOverrides?: boolean;
  /**
   * Ids that a vendor issued itself (`file_id`, `vector_store_ids`, `container`, `conversation`) and objects in the operator's
   * buckets (`s3://`, `gs://`) in requests. The vendor looks them up with the operator's credential, whoever names them.
   * `'refuse'`, the default: only files that were uploaded through the gateway can be named, by their owner. `'allow'`: every
   * caller may name everything in the operator's account; the default with `compat: 'litellm'`, as LiteLLM does.
   */
  readonly vendorIds?: 'refuse' | 'allow';
  /**
   * Answers and errors carry `x-litellm-*` headers, for clients that read them; with `requestOverrides` such headers
   * are read too. Fields of requests that are for LiteLLM's proxy (`metadata` of a chat, `cache`, `api_key`,
   * `litellm_*`, …) are not sent to vendors; a guardrail that is named and not there refuses the call.
   */
  readonly compat?: 'litellm';
  /**
   * Pass unknown paths below the mount to the host's next route, instead of answering 404. Default: only for a mount
   * at the root of its host.
   */
  readonly fallthrough?: boolean;
  readonly interceptors?: readonly Interceptor[];
  readonly observers?: readonly Observer[];
  readonly sinks?: readonly Sink[];
  /** Short for a sink that takes one record at a time and runs in the async context of the record's call. */
  readonly onUsage?: (record: UsageRecord) => void | Promise<void>;
  readonly plugins?: readonly Plugin<Host>[];
  /** Endpoints of the host's own below the mount, with the gateway's authentication, limits and ledger. */
  readonly endpoints?: readonly CustomEndpoint<Host>[];
  /** Change what is asked, before it is measured and sent. Those of plugins run after these. */
  readonly requestTransforms?: readonly RequestTransform<Host>[];
  /** Run around the answers of models: answer by themselves, change or refuse. The first is the outermost. */
  readonly answerMiddleware?: readonly AnswerMiddleware<Host>[];
  /** See, hold back, change or end streams, chunk by chunk. */
  readonly chunkTransforms?: readonly ChunkTransform<Host>[];
  /** Additional vendors, or other versions of the known ones. */
  readonly providers?: readonly Provider[];
  /** Default: memory. */
  readonly stores?: {
    readonly counters?: CounterStore;
    /** Shares cooldowns of deployments among the instances. Without it, each instance detects failures itself. */
    readonly cooldowns?: CooldownStore;
    /**
     * Shares revocations among the instances and keeps them over a restart. Without it, `revoke` holds in this process, until it
     * ends: a token that was issued before is good again after a restart, and at other instances.
     */
    readonly revocations?: RevocationStore;
    /** Virtual keys that can be minted, rotated and revoked while the gateway runs, besides those of `keys`. */
    readonly keys?: KeyStore;
    /** Limits, budgets and rights of organizations, teams, users, keys, customers, tags, models and of everything. */
    readonly accounts?: AccountStore;
    /** The ledger: every usage record is kept there, and is asked for usage and for counters that were lost. */
    readonly usage?: UsageStore;
    /** How records go to `usage`, where that is more than to append them: `durableSink` of `@portico/store-sql`. */
    readonly sink?: Sink & { close?(): MaybePromise<void> };
    /** Not read by the gateway: so that `stores: sqlStores(db)` can be written. */
    readonly outbox?: OutboxStore;
    readonly migrate?: () => Promise<unknown>;
    /**
     * How long a key or an account that was found is believed, in milliseconds. Changes that the store tells are seen at once;
     * without that, after this time. Default 60,000.
     */
    readonly cacheMs?: number;
    /** Longest time a call waits for `keys` or `accounts`, in milliseconds. Default 1,000. */
    readonly lookupTimeoutMs?: number;
    /**
     * How calls with limits are treated while `counters` fails or is slow. `'closed'`, the default: they are rejected
     * with 503. `'open'`: they continue, and this process counts them itself, so each instance applies the limits on
     * its own. After three failures in a row calls no longer wait for the store until it answers again.
     */
    readonly whenCountersFail?: 'closed' | 'open';
    /** Longest time a call waits for `counters`, in milliseconds. Default 200. */
    readonly countersTimeoutMs?: number;
  };
  /**
   * Where the gateway logs. Default on Node: warnings and errors go to the console, one line each. `false`: nowhere.
   */
  readonly logger?: Logger | false;
  readonly clock?: Clock;
  readonly transport?: Transport;
}

/** The settings that cannot change: code, and the secret with which tokens are signed. */
export const STATIC_SETTINGS = [
  'authenticate',
  'authorize',
  'accounts',
  'tokens',
  'interceptors',
  'observers',
  'sinks',
  'onUsage',
  'plugins',
  'endpoints',
  'requestTransforms',
  'answerMiddleware',
  'chunkTransforms',
  'providers',
  'stores',
  'logger',
  'clock',
  'transport',
] as const satisfies readonly (keyof GatewayConfig)[];

/** What a reload replaces: everything that can be in a file. Settings that are left out are no longer set. */
export type ReloadableConfig<Name extends string = string> = Omit<
  GatewayConfig<never, Name>,
  (typeof STATIC_SETTINGS)[number]
>;

/** `'provider/model'`, a list of those, or the long form. */
export type ModelConfig<Name extends string = string> = string | readonly DeploymentConfig[] | ModelGroupConfig<Name>;

export interface ModelGroupConfig<Name extends string = string> extends PoolOptions {
  /** The deployments; or a `route`. */
  readonly deployments?: readonly DeploymentConfig[];
  /** A tree of decisions over deployments and other groups. */
  readonly route?: RouteConfig<NoInfer<Name>>;
  /** Limits of all calls together. A call that exceeds them goes to the fallbacks. */
  readonly limits?: RateLimits;
  /**
   * Resumes chat streams that break after their first content, with another deployment of the group or its fallbacks.
   * Without it, or if that is not possible, the stream ends with an error event.
   */
  readonly recovery?: Recovery;
  /** Buffers the beginning of streams for a while, so that another deployment can still answer if one breaks early. */
  readonly initialBuffer?: InitialBuffer;
  /** Groups to try when this one cannot answer. */
  readonly fallbacks?: readonly ModelName<Name>[];
  /** Groups to try when the input is too long for this one. */
  readonly contextFallbacks?: readonly ModelName<Name>[];
  /** Groups to try when a content filter has rejected the call. Without it the rejection is the answer. */
  readonly contentFallbacks?: readonly ModelName<Name>[];
  readonly retries?: Partial<RetryPolicy>;
  readonly deadlines?: Partial<Deadlines>;
}

export type DeploymentConfig = string | DeploymentDetails;

export interface DeploymentDetails {
  /** `'provider/model'`. */
  readonly model: string;
  /** Default: the group's name and the position in it. */
  readonly id?: string;
  /** Default: the provider's usual environment variable. */
  readonly apiKey?: string | Secret;
  readonly baseUrl?: string;
  /** Vendors that version their API by a query parameter only. */
  readonly apiVersion?: string;
  /** The model's base name if `model` is a deployment name you chose: decides prices and supported parameters. */
  readonly baseModel?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Relative share of the traffic. Default 1. */
  readonly weight?: number;
  /** Deployments of a higher order are used only if none of a lower order is available. Default 0. */
  readonly order?: number;
  /** Serves calls that have one of these tags. Calls without a matching tag use it only if it has no tags. */
  readonly tags?: readonly string[];
  /** What the model does not support, and how long its input and output may be: other calls use other deployments. */
  readonly capabilities?: Capabilities;
  /** The limits of this deployment at its vendor; calls that exceed them use other deployments. */
  readonly limits?: RateLimits;
  /** Drop unsupported parameters instead of rejecting the request. Default false. */
  readonly dropUnsupported?: boolean;
  /**
   * Parameters that are sent where the client sets none, by their names in a chat request, such as
   * `{ "max_tokens": 256, "temperature": 0 }`. At other endpoints each has the name that it has there. A limit of
   * output is also what budgets reserve.
   */
  readonly defaultParameters?: Readonly<Record<string, unknown>>;
  /** US dollars per million tokens; takes precedence over the price catalogue of the package. */
  readonly price?: PriceConfig;
  /**
   * Most output tokens of one answer if the client sets no limit: sent if the API requires a limit, and reserved from
   * budgets and token limits. Default: what the vendor's codec sends, else 4,096.
   */
  readonly maxOutputTokens?: number;
  readonly deadlines?: Partial<AttemptDeadlines>;
  /** Vendor-specific options (see the vendor's documentation). */
  readonly options?: Readonly<Record<string, unknown>>;
}

/** US dollars per million tokens, `perRequest` in dollars. */
export interface PriceConfig {
  readonly input: number;
  readonly output: number;
  /** Default: `input`. */
  readonly cacheRead?: number;
  /** Default: `input`. */
  readonly cacheWrite?: number;
  /** Default: `cacheWrite`. */
  readonly cacheWriteHour?: number;
  /** Default: `output`. */
  readonly reasoning?: number;
  readonly audioInput?: number;
  readonly audioOutput?: number;
  readonly perRequest?: number;
}

/** A key that stands for a principal and its limits. */
export interface VirtualKeyConfig {
  /** The key that the client sends: at least 20 characters. */
  readonly key: string | Secret;
  readonly principal: Principal;
  /** Milliseconds since the epoch, or a date; rejected from then on. */
  readonly expiresAt?: number | Date;
  /** Rejected with the code `revoked`. */
  readonly revoked?: boolean;
}

/** The secret for signing or encryption. */
export interface SecretConfig {
  /**
   * At least 32 characters, the same in every instance. In a list the first is used and all are accepted, so that a
   * secret can be changed while things made with the old one are still in use.
   */
  readonly secret: string | Secret | readonly (string | Secret)[];
}

/** The part of a vendor's API that callers may use directly, with the credential of a deployment. */
export interface PassThroughConfig {
  /**
   * The model group whose deployment is called, or the id of a deployment. A caller who may use the group may use the
   * paths.
   */
  readonly to: string;
  /**
   * The vendor's paths, from the root of its host: `'/v1/vector_stores'`; `*` is any one segment, `/**` at the end
   * anything below.
   */
  readonly paths: readonly string[];
  /** Default: GET and POST. */
  readonly methods?: readonly ('GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE')[];
  /** Request headers that are forwarded besides `accept` and `content-type`, such as a vendor's beta headers. */
  readonly headers?: readonly string[];
  /**
   * US dollars charged per request that is not GET or DELETE. Without it the cost is known only if the answer reports
   * usage, and callers with a budget may not make such requests (see `unknownPrice`).
   */
  readonly pricePerRequest?: number;
}

/** Milliseconds. */
export interface CooldownConfig {
  /** Cooldown after a failure that needs one at once and names no time of its own, in milliseconds. Default 5,000. */
  readonly cooldownMs: number;
  /** Cooldown after an exhausted quota, in milliseconds. Default 60,000. */
  readonly quotaCooldownMs: number;
  /**
   * Longest time a call waits for the first deployment to become available if all of its group are in cooldown, in
   * milliseconds; beyond it 503 with Retry-After. Default 10,000.
   */
  readonly maxWaitMs: number;
  /**
   * Failures in a row after which a deployment goes into cooldown, for kinds that do not cause one at once. Default
   * 3.
   */
  readonly failuresInARow: number;
  /** Share of failed calls in the window that causes a cooldown too, in any order. Default 0.5. */
  readonly failureRate: number;
  /** Least number of calls in the window before the share counts. Default 10. */
  readonly minCalls: number;
  /** The length of the window, in milliseconds. Default 30,000. */
  readonly windowMs: number;
  /**
   * The interval in milliseconds at which deployments in cooldown get a tiny test request; one that answers is
   * available again at once, without risk for a caller. Each request costs a few tokens, recorded under
   * `portico:probe`. Default: no test requests.
   */
  readonly probeEveryMs?: number | undefined;
}
