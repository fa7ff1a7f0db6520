import type { GatewayConfig } from '@portico/core';
import type { NestHost } from './nest-host.js';

/** Under this token tests put what leads every gateway of an application elsewhere. */
export const LLM_DIVERSION = 'portico:diversion';

/** Leads a gateway to other upstreams than its configuration names. */
export interface LlmDiversion {
  divert(config: GatewayConfig<NestHost>): GatewayConfig<NestHost>;
}
