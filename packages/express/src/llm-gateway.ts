import type { Gateway, GatewayConfig } from '@portico/core';
import { createGateway } from '@portico/node';
import type { RequestHandler } from 'express';
import { type ExpressHost, expressMiddleware } from './express-middleware.js';

/** Middleware for `app.use`, and the gateway itself: `gateway.chat(…)`, `gateway.fetchAs(…)`, `gateway.close()`. */
export type ExpressGateway<Name extends string = string> = RequestHandler & Gateway<ExpressHost, Name>;

/**
 * Mounts a gateway into an Express app, version 4 or 5: `app.use('/llm', llmGateway({ … }))`. It may be before or
 * after body parsers and below any router; sessions and logins must be before it. Throws at once, with the path of
 * each error, if the configuration cannot work.
 */
export function llmGateway<Name extends string>(config: GatewayConfig<ExpressHost, Name>): ExpressGateway<Name> {
  const gateway = createGateway(config);
  // By descriptor, so that `openCalls` stays a live value.
  const members = Object.getOwnPropertyDescriptors(gateway);
  return Object.defineProperties(expressMiddleware(gateway), members) as ExpressGateway<Name>;
}
