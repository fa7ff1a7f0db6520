import { type ConfigProblem, checkConfig, type GatewayConfig } from '@portico/core';
import type { Provider } from '@portico/core/provider';

/** All errors that the gateway finds in a configuration. */
export function checkByCore(
  config: GatewayConfig,
  providers: readonly Provider[],
  environment: Readonly<Record<string, string | undefined>>,
): readonly ConfigProblem[] {
  return checkConfig(config, { providers, environment });
}
