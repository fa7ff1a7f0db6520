import { ConfigError, type ConfigProblem, createGateway, type GatewayConfig, type Provider } from '@portico/core';

/** Everything the gateway has against a configuration. */
export function checkByCore(
  config: GatewayConfig,
  providers: readonly Provider[],
  environment: Readonly<Record<string, string | undefined>>,
): readonly ConfigProblem[] {
  try {
    // Making a gateway opens nothing: its checks are made, and what it would hold is let go of again.
    createGateway(config, { providers, environment, transport: { send: neverAsked, close: () => Promise.resolve() } });
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    // Keys and tokens are looked at after everything else, and complain one at a time.
    return [{ path: '', message: error instanceof Error ? error.message : String(error) }];
  }
}

function neverAsked(): Promise<never> {
  return Promise.reject(new Error('A configuration that is being checked asks nobody.'));
}
