import type { GatewayConfig } from '@portico/core';
import type { NestHost } from './nest-host.js';

/** The token under which tests override the configuration of every gateway of an application. */
export const LLM_CONFIG_OVERRIDE = 'portico:diversion';

/** Replaces the upstreams in a gateway's configuration. */
export interface LlmConfigOverride {
  apply(config: GatewayConfig<NestHost>): GatewayConfig<NestHost>;
}
