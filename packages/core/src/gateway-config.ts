import type { Abilities } from './abilities.js';
import type { Clock } from './clock.js';
import type { AttemptDeadlines, Deadlines } from './deployment.js';
import type { Interceptor } from './interceptor.js';
import type { Logger } from './logger.js';
import type { RetryPolicy, StreamHold } from './model-group.js';
import type { ModelName } from './model-pattern.js';
import type { Observer } from './observer.js';
import type { Plugin } from './plugin.js';
import type { Authenticate, Authorize } from './policy.js';
import type { Budget, CredentialSource, Principal, RateLimits } from './principal.js';
import type { Provider } from './provider.js';
import type { Recovery } from './recovery.js';
import type { PoolOptions, RouteConfig } from './route-config.js';
import type { Secret } from './secret.js';
import type { Sink } from './sink.js';
import type { CooldownStore, CounterStore } from './store.js';
import type { Transport } from './transport.js';
import type { UsageRecord } from './usage-record.js';

/**
 * Everything a host says about its gateway. Simple things are strings, and every string has a long form. An unknown key,
 * an unknown vendor, a model without a credential or a fallback to nowhere is an error at construction, with its path.
 */
export interface GatewayConfig<Host = unknown, Name extends string = string> {
  /**
   * Model groups by the name clients ask for. A star in a name stands for any text and fills the stars of its deployments'
   * models: `'openai/*': 'openai/*'`. A name without one goes first, then the longest that fits.
   */
  readonly models: { readonly [K in Name]: ModelConfig<NoInfer<Name>> };
  /** Finds the principal in the host's own session. */
  readonly authenticate?: Authenticate<Host>;
  /** Has the last word on every call that access and limits allow. */
  readonly authorize?: Authorize<Host>;
  /** Who callers without any credential are; without it they get 401. */
  readonly anonymous?: Principal;
  /** Virtual keys the gateway knows, for callers without a session. */
  readonly keys?: readonly VirtualKeyConfig[];
  /** Lets `gateway.issueToken` make short-lived tokens for browsers. */
  readonly tokens?: SecretConfig;
  /**
   * Seals the ids of what vendors keep for callers (files, batches, stored responses), so that each leads back to its
   * deployment and is of use to its owner alone. Default: the secret of `tokens`; without either those cannot be used.
   */
  readonly ids?: SecretConfig;
  /**
   * Where the principal is looked for, in this order; the first that is shown decides alone, right or 401.
   * Default: `['key', 'token', 'session', 'anonymous']`.
   */
  readonly credentials?: readonly CredentialSource[];
  /** Vendors' own paths that are handed on as they are, by the prefix they have below the mount: `'/openai'`. Default: none. */
  readonly passThrough?: Readonly<Record<`/${string}`, PassThroughConfig>>;
  /** For principals that bring none of their own. */
  readonly defaults?: { readonly limits?: RateLimits; readonly budget?: Budget };
  /** Sites allowed to make calls with this site's cookies; the own origin always is. `false` switches the check off. */
  readonly csrf?: { readonly origins: readonly string[] } | false;
  /** What to do with models whose price nobody knows while a budget applies. Default `'refuse'`; `'allow'` records no cost. */
  readonly unknownPrice?: 'refuse' | 'allow';
  readonly retries?: Partial<RetryPolicy>;
  readonly deadlines?: Partial<Deadlines>;
  readonly cooldowns?: Partial<CooldownConfig>;
  /** Groups may fall back to each other in a circle; each is still asked once a call. Default false: a circle is a mistake. */
  readonly fallbackCircles?: boolean;
  /** Largest request body. Default 20 MiB, for images in base64. */
  readonly maxBodyBytes?: number;
  /** Largest upload of a file, which is not kept in memory. Default 512 MiB. */
  readonly maxFileBytes?: number;
  /** Longest a realtime conversation may take. Default 3,600,000 (an hour). */
  readonly longestConversationMs?: number;
  /** Between two keep-alive comments on a silent stream. Default 15,000. */
  readonly heartbeatMs?: number;
  /** Longest a policy may take to decide; then the call is refused. Default 10,000. */
  readonly policyTimeoutMs?: number;
  /** Answers and errors carry `x-portico-*` headers that say who answered, who was asked before and what was dropped (see the README of core). Default false. */
  readonly debugHeaders?: boolean;
  /**
   * Lets a request steer its own routing: fallbacks, retries, a shorter timeout, tags, as fields of the body or
   * `x-portico-*` headers (see the README of core). Never beyond what the caller may use. Default false.
   */
  readonly requestOverrides?: boolean;
  /** Answers and errors carry `x-litellm-*` headers, for clients that read them; with `requestOverrides` such headers are read too. */
  readonly compat?: 'litellm';
  /** Let the host's next route answer paths below the mount that are not the gateway's, instead of a 404. Default: only for a mount at the root of its host. */
  readonly fallthrough?: boolean;
  readonly interceptors?: readonly Interceptor[];
  readonly observers?: readonly Observer[];
  readonly sinks?: readonly Sink[];
  /** Short for a sink of one record at a time, run in the async context of the record's call. */
  readonly onUsage?: (record: UsageRecord) => void | Promise<void>;
  readonly plugins?: readonly Plugin<Host>[];
  /** Vendors the package does not know, or other versions of those it does. */
  readonly providers?: readonly Provider[];
  /** Memory by default. */
  readonly stores?: {
    readonly counters?: CounterStore;
    /** Shares the rests of deployments among the instances. Without it each finds out by itself. */
    readonly cooldowns?: CooldownStore;
    /**
     * What becomes of calls with limits while `counters` fail or are slow. `'closed'`, the default: they are refused with
     * 503. `'open'`: they go on, and this process counts them for itself, so that each instance keeps the limits alone. A
     * store that failed three times in a row is not waited for again until it answers.
     */
    readonly whenCountersFail?: 'closed' | 'open';
    /** Longest that a call waits for `counters`. Default 200 ms. */
    readonly countersTimeoutMs?: number;
  };
  readonly logger?: Logger;
  readonly clock?: Clock;
  readonly transport?: Transport;
}

/** What lasts as long as the gateway: what only code can give, and the secret that tokens out there are signed with. */
export const LASTING_SETTINGS = [
  'authenticate',
  'authorize',
  'tokens',
  'interceptors',
  'observers',
  'sinks',
  'onUsage',
  'plugins',
  'providers',
  'stores',
  'logger',
  'clock',
  'transport',
] as const satisfies readonly (keyof GatewayConfig)[];

/** What a reload replaces: everything that a file can say. What is left out is no longer set. */
export type ReloadableConfig<Name extends string = string> = Omit<
  GatewayConfig<never, Name>,
  (typeof LASTING_SETTINGS)[number]
>;

/** `'provider/model'`, a list of those, or the long form. */
export type ModelConfig<Name extends string = string> = string | readonly DeploymentConfig[] | ModelGroupConfig<Name>;

export interface ModelGroupConfig<Name extends string = string> extends PoolOptions {
  /** Who serves it; or a `route`. */
  readonly deployments?: readonly DeploymentConfig[];
  /** A tree of decisions that leads to deployments and to other groups. */
  readonly route?: RouteConfig<NoInfer<Name>>;
  /** Limits of all calls together. A call for which there is no room goes to the fallbacks. */
  readonly limits?: RateLimits;
  /**
   * Takes up chat streams that break after their first content: by another deployment of the group or of its fallbacks.
   * Without it, and wherever it cannot, the stream ends with an error in it.
   */
  readonly recovery?: Recovery;
  /** Keeps the beginning of streams back for a while, so that one that breaks early can still be answered by another. */
  readonly hold?: StreamHold;
  /** Groups to ask when this one cannot answer. */
  readonly fallbacks?: readonly ModelName<Name>[];
  /** Groups to ask when the input is too long for this one. */
  readonly contextFallbacks?: readonly ModelName<Name>[];
  /** Groups to ask when a content filter refused. Without it the refusal is the answer. */
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
  /** Vendors that version by query only. */
  readonly apiVersion?: string;
  /** The model's own name where `model` is one you chose yourself: decides prices and what the family accepts. */
  readonly baseModel?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Relative share of the traffic. Default 1. */
  readonly weight?: number;
  /** Deployments of a higher order are asked only when none of a lower one may be. Default 0. */
  readonly order?: number;
  /** Serves calls that share one of these tags with it, and calls that share none with anybody only if it has none. */
  readonly tags?: readonly string[];
  /** What the model cannot do, and how much it takes: calls that need more go to others. */
  readonly abilities?: Abilities;
  /** What the vendor allows this deployment; calls for which there is no room go to others. */
  readonly limits?: RateLimits;
  /** Drop what the vendor has no word for instead of refusing it. Default false. */
  readonly dropUnsupported?: boolean;
  /** US dollars per million tokens; wins over the price sheet that ships with the package. */
  readonly price?: PriceConfig;
  /**
   * Most output tokens of one answer where the client sets no bound: asked for where the wire demands a bound, and
   * reserved from budgets and token limits. Default: what the vendor's codec asks for, else 4,096.
   */
  readonly maxOutputTokens?: number;
  readonly deadlines?: Partial<AttemptDeadlines>;
  /** What only this vendor knows (see its documentation). */
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
  /** The secret the client shows: at least 20 characters. */
  readonly key: string | Secret;
  readonly principal: Principal;
  /** Milliseconds since the epoch, or a date; refused from then on. */
  readonly expiresAt?: number | Date;
  /** Refused, but remembered for the log. */
  readonly revoked?: boolean;
}

/** What the gateway signs or seals with. */
export interface SecretConfig {
  /**
   * At least 32 characters, the same in every instance. In a list the first is used and all are accepted, for changing it
   * while what was made with the old one is still about.
   */
  readonly secret: string | Secret | readonly (string | Secret)[];
}

/** What of a vendor's API callers may use as it is, with the credential of a deployment. */
export interface PassThroughConfig {
  /** The model group whose deployment is asked, or the id of a deployment. Whoever may use the group may use the paths. */
  readonly to: string;
  /** The vendor's paths, from the root of its host on: `'/v1/vector_stores'`; `*` is any one segment, `/**` at the end anything below. */
  readonly paths: readonly string[];
  /** Default: GET and POST. */
  readonly methods?: readonly ('GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE')[];
  /** Request headers handed on besides `accept` and `content-type`, such as a vendor's beta switches. */
  readonly headers?: readonly string[];
  /**
   * US dollars a request that is no GET or DELETE is charged. Without it what a call costs is known only where its answer
   * says so, and callers with a budget may make none (see `unknownPrice`).
   */
  readonly pricePerRequest?: number;
}

/** Milliseconds. */
export interface CooldownConfig {
  /** Rest after a failure that cools at once and names no time of its own. Default 5,000. */
  readonly restMs: number;
  /** Rest after an exhausted quota. Default 60,000. */
  readonly quotaRestMs: number;
  /** Longest wait of a call for the first deployment to return when all of its group rest; beyond it 503 with Retry-After. Default 10,000. */
  readonly maxWaitMs: number;
  /** Failures in a row that cool a deployment which does not cool at once. Default 3. */
  readonly failuresInARow: number;
  /** Share of failed calls in the window that cools it as well, however they are mixed with others. Default 0.5. */
  readonly failureRate: number;
  /** Fewest calls in the window for a share to mean anything. Default 10. */
  readonly minCalls: number;
  /** What the share is taken over. Default 30,000. */
  readonly windowMs: number;
  /**
   * Asks deployments that rest after failures for a word, so often; one that answers serves again at once, and no caller
   * has to find out. Costs what a word costs, on the ledger under `portico:probe`. Default: nobody is asked.
   */
  readonly probeEveryMs?: number | undefined;
}
