import { AsyncResource } from 'node:async_hooks';
import { readFile } from 'node:fs/promises';
import { createGateway as createCoreGateway, type Gateway, type GatewayConfig } from '@portico/core';
import { allProviders } from '@portico/providers';
import { consoleLogger } from './console-logger.js';
import { undiciTransport } from './undici-transport.js';

/**
 * Creates a gateway for Node: every vendor of `@portico/providers`, sockets by undici, credentials from the
 * providers' usual environment variables. Throws at once, with the path of each error, if the configuration cannot
 * work.
 */
export function createGateway<Host = unknown, Name extends string = string>(
  config: GatewayConfig<Host, Name>,
): Gateway<Host, Name> {
  return createCoreGateway(config, {
    providers: allProviders(),
    transport: undiciTransport(),
    environment: process.env,
    readFile: (path) => readFile(path, 'utf8'),
    logger: consoleLogger,
    captureContext,
  });
}

/** One resource per call. `AsyncLocalStorage.snapshot()` does the same and costs several times as much on Node 20. */
function captureContext(): <T>(run: () => T) => T {
  const resource = new AsyncResource('PORTICO_CALL', { requireManualDestroy: true });
  return (run) => resource.runInAsyncScope(run);
}
