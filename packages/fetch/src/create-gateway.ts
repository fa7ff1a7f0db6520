import { createGateway as createCoreGateway, type Gateway, type GatewayConfig } from '@portico/core';
import { allProviders } from '@portico/providers';
import { fetchTransport } from './fetch-transport.js';

export interface FetchGatewayConfig<Host = unknown, Name extends string = string> extends GatewayConfig<Host, Name> {
  /** Where credentials are found under the providers' own variable names: the `env` of a Worker. Default: `process.env`, where there is one. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/**
 * Makes a gateway for runtimes that have `fetch` and not Node's sockets: `gateway.fetch(request)` is all they need. On Node
 * the gateway of `@portico/node` costs less. Throws at once, with the path of what is wrong, if the configuration cannot work.
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
    // Observers and `onUsage` run once the answer has gone, in the context of the call if the runtime knows of such.
    ...(AsyncLocalStorage && { captureContext: () => AsyncLocalStorage.snapshot() }),
  });
}

/** What runtimes have of Node, each as much as it likes. */
const runtime = globalThis as {
  readonly process?: {
    readonly env?: Readonly<Record<string, string | undefined>>;
    getBuiltinModule?(
      name: 'node:async_hooks',
    ): { readonly AsyncLocalStorage: { snapshot(): <T>(run: () => T) => T } } | undefined;
  };
};
