import type { Gateway, GatewayConfig } from '@portico/core';
import { createGateway } from '@portico/node';
import type { Middleware } from 'koa';
import { type KoaHost, koaMiddleware } from './koa-middleware.js';

/** Middleware for `app.use`, and the gateway itself: `gateway.chat(…)`, `gateway.fetchAs(…)`, `gateway.close()`. */
export type KoaGateway<Name extends string = string> = Middleware & Gateway<KoaHost, Name>;

export interface KoaGatewayConfig<Name extends string = string> extends GatewayConfig<KoaHost, Name> {
  /** Where the gateway begins. Default `/llm`; `''` below `koa-mount`, which takes its own prefix off; below a router all of the path, `/tenants/:tenant/llm`. */
  readonly prefix?: string;
}

/**
 * Mounts a gateway into a Koa app, version 2 or 3: `app.use(llmGateway({ … }))`. It goes before or after body parsers;
 * sessions and logins go before it. Throws at once, with the path of what is wrong, if the configuration cannot work.
 */
export function llmGateway<Name extends string>(config: KoaGatewayConfig<Name>): KoaGateway<Name> {
  const { prefix = '/llm', ...rest } = config;
  const gateway = createGateway<KoaHost, Name>(rest);
  // By descriptor, so that `openCalls` stays the living number it is.
  const members = Object.getOwnPropertyDescriptors(gateway);
  return Object.defineProperties(koaMiddleware(gateway, prefix), members) as KoaGateway<Name>;
}
