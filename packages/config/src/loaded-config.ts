import type { GatewayConfig, Plugin, Principal } from '@portico/core';
import type { Provider } from '@portico/core/provider';
import type { ConfigReport } from './config-report.js';
import type { SharedRedis } from './shared-redis.js';

/** A configuration file, ready for a gateway. */
export interface LoadedConfig {
  /** The configuration for `createGateway` and the mounts. */
  readonly config: GatewayConfig;
  /** How each key of the file is handled. */
  readonly report: ConfigReport;
  /** Who may call: owners of a safe key, owners of a short key, or everybody. */
  readonly guard: 'keys' | 'short key' | 'none';
  /** The principal, if the file has only one: the owner of its key, or everybody. */
  readonly principal: Principal | undefined;
  /** Set if the server imitates LiteLLM's proxy: `compat: litellm`. */
  readonly compat: LiteLlmCompat | undefined;
  /** If the server is one of several: where they share limits, budgets and cooldowns. */
  readonly redis: SharedRedis | undefined;
  /** Information about the deployments, without credentials, as LiteLLM's clients expect it at `/v1/model/info`. */
  readonly modelInfo: readonly ModelInfo[];
  /** LiteLLM's `access_groups`: lists of models by name, for the `models` of principals. */
  readonly accessGroups: Readonly<Record<string, readonly string[]>>;
}

/** What clients of LiteLLM's proxy expect. */
export interface LiteLlmCompat {
  /** The file's own header for keys, in lower case: `general_settings.litellm_key_header_name`. */
  readonly keyHeader: string | undefined;
}

/** One deployment, in LiteLLM's words. */
export interface ModelInfo {
  readonly model_name: string;
  readonly litellm_params: Readonly<Record<string, unknown>>;
  readonly model_info: Readonly<Record<string, unknown>>;
}

export interface ReadOptions {
  /**
   * The variables that the file refers to, and where credentials are found. Default: the environment of the process.
   */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** The plugins behind the names of callbacks and guardrails in LiteLLM's configuration. Default: none. */
  readonly plugins?: Readonly<Record<string, Plugin>>;
  /** Vendors besides those of `@portico/providers`, or other versions of them. */
  readonly providers?: readonly Provider[];
  /** The real credentials, if `environment` contains placeholders. Default: `environment`. */
  readonly credentials?: Readonly<Record<string, string | undefined>>;
  /** As if the file contained `compat: litellm`. Default: what it contains. */
  readonly compat?: 'litellm' | undefined;
  /**
   * Start although something that protects (a guardrail, a restriction, a budget) is missing here: such keys are
   * ignored instead of refused. Default false.
   */
  readonly acceptMissing?: boolean | undefined;
  /** The file's name in messages. Default: its path as given. */
  readonly shownAs?: string;
}
