import type { Gateway, GatewayConfig } from '@portico/core';
import { createGateway } from '@portico/node';
import type { Middleware } from 'koa';
import { type KoaHost, koaMiddleware } from './koa-middleware.js';

/** Middleware for `app.use`, and the gateway itself: `gateway.chat(…)`, `gateway.fetchAs(…)`, `gateway.close()`. */
export type KoaGateway<Name extends string = string> = Middleware & Gateway<KoaHost, Name>;

export interface KoaGatewayConfig<Name extends string = string> extends GatewayConfig<KoaHost, Name> {
  /**
   * The path of the gateway. Default `/llm`; `''` below `koa-mount`, which removes its own prefix; below a router the
   * whole path, `/tenants/:tenant/llm`.
   */
  readonly prefix?: string;
}

/**
 * Mounts a gateway into a Koa app, version 2 or 3: `app.use(llmGateway({ … }))`. It may be before or after body
 * parsers; sessions and logins must be before it. Throws at once, with the path of each error, if the configuration
 * cannot work.
 */
export function llmGateway<Name extends string>(config: KoaGatewayConfig<Name>): KoaGateway<Name> {
  const { prefix = '/llm', ...rest } = config;
  const gateway = createGateway<KoaHost, Name>(rest);
  // By descriptor, so that `openCalls` stays a live value.
  const members = Object.getOwnPropertyDescriptors(gateway);
  return Object.defineProperties(koaMiddleware(gateway, prefix), members) as KoaGateway<Name>;
}
