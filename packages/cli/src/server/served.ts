import type { LoadedConfig } from '@portico/config';
import type { Gateway } from '@portico/core';
import type { NodeHost } from '@portico/node';

/** What a server serves: a gateway, which a reload gives another configuration, and what is to be known of that besides. */
export interface Served {
  readonly gateway: Gateway<NodeHost>;
  /** What is served now. */
  readonly loaded: LoadedConfig;
}
