import type { LoadedConfig } from '@portico/config';
import type { Gateway } from '@portico/core';
import type { NodeHost } from '@portico/node';

/** A server's gateway, whose configuration a reload replaces, and what else is known about it. */
export interface ServedConfig {
  readonly gateway: Gateway<NodeHost>;
  /** The current configuration. */
  readonly loaded: LoadedConfig;
  /** Without a key, everybody who reaches it may use it. Otherwise only programs on this machine may. */
  readonly isOpen: boolean;
}
