import type {
  DeploymentDetails,
  GatewayConfig,
  Plugin,
  PoolOptions,
  PriceConfig,
  RetryPolicy,
  StickyKey,
} from '@portico/core';
import type { ConfigNode, MapNode } from '../yaml/config-node.js';
import type { RetriesByModel } from './routing-keys.js';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** One entry of `model_list` that is being read. */
export interface DeploymentDraft {
  readonly entry: MapNode;
  /** Settings for all: read before any deployment. */
  readonly settings: SettingsDraft;
  group: string | undefined;
  groupNode: ConfigNode;
  model: string | undefined;
  modelNode: ConfigNode;
  vendor: string | undefined;
  readonly details: Partial<Mutable<DeploymentDetails>>;
  readonly options: Record<string, unknown>;
  /**
   * Options that only some vendors have, by vendor: those of the deployment's own vendor are used, the others
   * ignored.
   */
  readonly vendorOptions: Record<string, Record<string, unknown>>;
  readonly headers: Record<string, string>;
  /** US dollars per token, by the names of the gateway. */
  readonly tokenPrices: { -readonly [K in keyof PriceConfig]?: number };
  /** The gateway's path, and its origin in the file. */
  readonly origins: Map<string, ConfigNode>;
  organizations: readonly string[];
  credential: ConfigNode | undefined;
  weight: number | undefined;
  rpm: number | undefined;
  tpm: number | undefined;
  tags: readonly string[];
  concurrentCalls: number | undefined;
  readonly capabilities: Mutable<NonNullable<DeploymentDetails['capabilities']>>;
  maxRetries: number | undefined;
  readonly timeouts: Timeouts;
  /** For `/v1/model/info`. */
  readonly info: Record<string, unknown>;
  accessGroups: readonly string[];
  /** Set if the file itself excludes this deployment. */
  leftOut: boolean;
}

/** The address of a Redis, in the parts that LiteLLM's files have. */
export interface RedisDraft {
  url?: string;
  host?: string;
  port?: string;
  username?: string;
  password?: string;
  db?: string;
  ssl?: string;
}

/** Milliseconds. */
export interface Timeouts {
  wholeMs?: number;
  streamMs?: number;
}

/** Everything else in the file that is being read. */
export interface SettingsDraft {
  dropUnsupported: boolean;
  maxRetries: number | undefined;
  baseDelayMs: number | undefined;
  readonly timeouts: Timeouts;
  readonly cooldowns: Partial<Mutable<NonNullable<GatewayConfig['cooldowns']>>>;
  fallbacks: ConfigNode | undefined;
  contextFallbacks: ConfigNode | undefined;
  contentFallbacks: ConfigNode | undefined;
  defaultFallbacks: ConfigNode | undefined;
  aliases: ConfigNode | undefined;
  modelAliasMap: ConfigNode | undefined;
  masterKey: { readonly text: string; readonly node: ConfigNode } | undefined;
  budgetUsd: number | undefined;
  budgetPeriod: { readonly text: string; readonly node: ConfigNode } | undefined;
  concurrentCalls: number | undefined;
  /** Those of the router's settings, which take precedence, and of the cache's. */
  readonly redis: RedisDraft;
  readonly cacheRedis: RedisDraft;
  caches: boolean;
  maxBodyBytes: number | undefined;
  strategy: PoolOptions['strategy'];
  sticksBy: StickyKey | undefined;
  /** A deployment's `rpm` and `tpm` are limits, not only shares. */
  keepsRates: boolean;
  /** A deployment's longest input is checked before a call. */
  checksInputs: boolean;
  filtersByTags: boolean;
  retriesByKind: RetryPolicy['byKind'];
  retriesByModel: RetriesByModel;
  /** The default number of concurrent calls of a deployment. */
  usualConcurrentCalls: number | undefined;
  /** LiteLLM's defaults apply where the file sets nothing, and its clients find what they expect. */
  isCompatible: boolean;
  keyHeader: { readonly text: string; readonly node: ConfigNode } | undefined;
  readonly plugins: Set<Plugin>;
  /** The plugins of the host by name. */
  readonly offered: Readonly<Record<string, Plugin>>;
  readonly credentials: Map<string, MapNode>;
}

export function draftDeployment(entry: MapNode, settings: SettingsDraft): DeploymentDraft {
  return {
    entry,
    settings,
    group: undefined,
    groupNode: entry,
    model: undefined,
    modelNode: entry,
    vendor: undefined,
    details: {},
    options: {},
    vendorOptions: {},
    headers: {},
    tokenPrices: {},
    origins: new Map(),
    organizations: [],
    credential: undefined,
    weight: undefined,
    rpm: undefined,
    tpm: undefined,
    tags: [],
    concurrentCalls: undefined,
    capabilities: {},
    maxRetries: undefined,
    timeouts: {},
    info: {},
    accessGroups: [],
    leftOut: false,
  };
}

export function draftSettings(offered: Readonly<Record<string, Plugin>>, isCompatible: boolean): SettingsDraft {
  return {
    strategy: undefined,
    sticksBy: undefined,
    keepsRates: false,
    checksInputs: false,
    filtersByTags: false,
    retriesByKind: undefined,
    retriesByModel: new Map(),
    usualConcurrentCalls: undefined,
    isCompatible,
    keyHeader: undefined,
    dropUnsupported: false,
    maxRetries: undefined,
    baseDelayMs: undefined,
    timeouts: {},
    cooldowns: {},
    fallbacks: undefined,
    contextFallbacks: undefined,
    contentFallbacks: undefined,
    defaultFallbacks: undefined,
    aliases: undefined,
    modelAliasMap: undefined,
    masterKey: undefined,
    budgetUsd: undefined,
    budgetPeriod: undefined,
    concurrentCalls: undefined,
    redis: {},
    cacheRedis: {},
    caches: true,
    maxBodyBytes: undefined,
    plugins: new Set(),
    offered,
    credentials: new Map(),
  };
}
