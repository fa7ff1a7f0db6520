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
import type { RetriesByModel } from './keys-of-routing.js';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** One entry of `model_list` as it is being read. */
export interface DeploymentDraft {
  readonly entry: MapNode;
  /** What holds for all: it is read before any deployment. */
  readonly settings: SettingsDraft;
  group: string | undefined;
  groupNode: ConfigNode;
  model: string | undefined;
  modelNode: ConfigNode;
  vendor: string | undefined;
  readonly details: Partial<Mutable<DeploymentDetails>>;
  readonly options: Record<string, unknown>;
  /** Options that only some vendors have, by vendor: of the deployment's own they are taken, of others they mean nothing. */
  readonly vendorOptions: Record<string, Record<string, unknown>>;
  readonly headers: Record<string, string>;
  /** US dollars per token, by the names of the gateway. */
  readonly tokenPrices: { -readonly [K in keyof PriceConfig]?: number };
  /** What the gateway will speak of, and where the file says it. */
  readonly origins: Map<string, ConfigNode>;
  organizations: readonly string[];
  credential: ConfigNode | undefined;
  weight: number | undefined;
  rpm: number | undefined;
  tpm: number | undefined;
  tags: readonly string[];
  concurrentCalls: number | undefined;
  readonly abilities: Mutable<NonNullable<DeploymentDetails['abilities']>>;
  maxRetries: number | undefined;
  readonly timeouts: Timeouts;
  /** For `/v1/model/info`. */
  readonly info: Record<string, unknown>;
  accessGroups: readonly string[];
  /** Set where the file itself says that this deployment is not to be asked. */
  leftOut: boolean;
}

/** Where a Redis is, in the parts that LiteLLM's files have. */
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

/** Everything else the file says, as it is being read. */
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
  /** Of the router's settings, which win, and of the cache's. */
  readonly redis: RedisDraft;
  readonly cacheRedis: RedisDraft;
  caches: boolean;
  maxBodyBytes: number | undefined;
  strategy: PoolOptions['strategy'];
  sticksBy: StickyKey | undefined;
  /** A deployment's `rpm` and `tpm` are bounds, and not only shares. */
  keepsRates: boolean;
  /** A deployment's longest input is looked at before it is asked. */
  checksInputs: boolean;
  filtersByTags: boolean;
  retriesByKind: RetryPolicy['byKind'];
  retriesByModel: RetriesByModel;
  /** What a deployment may have under way at a time, where it does not say. */
  usualConcurrentCalls: number | undefined;
  /** LiteLLM's defaults hold where the file says nothing, and its clients find what they know. */
  isCompatible: boolean;
  keyHeader: { readonly text: string; readonly node: ConfigNode } | undefined;
  readonly plugins: Set<Plugin>;
  /** What the host offers by name. */
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
    abilities: {},
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
