import { createGateway as createCoreGateway, type Gateway, type GatewayConfig } from '@portico/core';
import { allProviders } from '@portico/providers';
import { fetchTransport } from './fetch-transport.js';

export interface FetchGatewayConfig<Host = unknown, Name extends string = string> extends GatewayConfig<Host, Name> {
  /**
   * Where credentials are read from, under the providers' usual variable names: the `env` of a Worker. Default:
   * `process.env`, if there is one.
   */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/**
 * Creates a gateway for runtimes with `fetch` and without Node's sockets: `gateway.fetch(request)` is all they need.
 * On Node the gateway of `@portico/node` is faster. Throws at once, with the path of each error, if the configuration
 * cannot work.
 */
export function createGateway<Host = unknown, Name extends string = string>(
  config: FetchGatewayConfig<Host, Name>,
): Gateway<Host, Name> {
  const { environment = runtime.process?.env ?? {}, ...rest } = config;
  const { AsyncLocalStorage } = runtime.process?.getBuiltinModule?.('node:async_hooks') ?? {};
  return createCoreGateway(rest as GatewayConfig<Host, Name>, {
    providers: allProviders(),
    transport: fetchTransport(),
    environment,
    // Observers and `onUsage` run after the answer, in the context of the call if the runtime supports that.
    ...(AsyncLocalStorage && { captureContext: () => AsyncLocalStorage.snapshot() }),
  });
}

/** What runtimes have of Node's API, each to a different extent. */
const runtime = globalThis as {
  readonly process?: {
    readonly env?: Readonly<Record<string, string | undefined>>;
    getBuiltinModule?(
      name: 'node:async_hooks',
    ): { readonly AsyncLocalStorage: { snapshot(): <T>(run: () => T) => T } } | undefined;
  };
};
