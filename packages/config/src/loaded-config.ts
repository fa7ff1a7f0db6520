import type { GatewayConfig, Plugin, Principal, Provider } from '@portico/core';
import type { ConfigReport } from './config-report.js';
import type { SharedRedis } from './shared-redis.js';

/** A configuration file, ready for a gateway. */
export interface LoadedConfig {
  /** What `createGateway` and the mounts take. */
  readonly config: GatewayConfig;
  /** What becomes of each key of the file. */
  readonly report: ConfigReport;
  /** Who may call: those with a key nobody guesses, those with one that is short, or everybody. */
  readonly guard: 'keys' | 'short key' | 'none';
  /** Who callers are, where the file knows only one: whoever shows its key, or everybody. */
  readonly principal: Principal | undefined;
  /** Set where the server is to look like LiteLLM's proxy to its clients: `compat: litellm`. */
  readonly compat: LiteLlmCompat | undefined;
  /** Where the server is one of several: what they share their limits, budgets and rests on. */
  readonly redis: SharedRedis | undefined;
  /** What is known of the deployments, without their credentials: what LiteLLM's clients ask for at `/v1/model/info`. */
  readonly modelInfo: readonly ModelInfo[];
  /** LiteLLM's `access_groups`: lists of models by name, for the `models` of principals. */
  readonly accessGroups: Readonly<Record<string, readonly string[]>>;
}

/** What clients of LiteLLM's proxy are used to. */
export interface LiteLlmCompat {
  /** A header of the file's own in which keys are shown, in lower case: `general_settings.litellm_key_header_name`. */
  readonly keyHeader: string | undefined;
}

/** One deployment, in LiteLLM's words. */
export interface ModelInfo {
  readonly model_name: string;
  readonly litellm_params: Readonly<Record<string, unknown>>;
  readonly model_info: Readonly<Record<string, unknown>>;
}

export interface ReadOptions {
  /** What the file refers to, and where credentials are found. Default: the environment of the process. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** What the names of callbacks and guardrails in LiteLLM's configuration stand for. Default: nothing. */
  readonly plugins?: Readonly<Record<string, Plugin>>;
  /** Vendors besides those of `@portico/providers`, or other versions of them. */
  readonly providers?: readonly Provider[];
  /** Which credentials there really are, where `environment` has others in their place. Default: `environment`. */
  readonly credentials?: Readonly<Record<string, string | undefined>>;
  /** As if the file said `compat: litellm`. Default: what it says. */
  readonly compat?: 'litellm' | undefined;
  /** What messages call the file. Default: its path as it was given. */
  readonly shownAs?: string;
}
