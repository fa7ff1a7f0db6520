import { type ConfigProblem, checkConfig, type GatewayConfig, type Provider } from '@portico/core';

/** Everything the gateway has against a configuration. */
export function checkByCore(
  config: GatewayConfig,
  providers: readonly Provider[],
  environment: Readonly<Record<string, string | undefined>>,
): readonly ConfigProblem[] {
  return checkConfig(config, { providers, environment });
}
