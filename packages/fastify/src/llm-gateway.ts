import type { Gateway, GatewayConfig } from '@portico/core';
import { createGateway } from '@portico/node';
import type { FastifyPluginAsync } from 'fastify';
import { type FastifyHost, fastifyPlugin } from './fastify-plugin.js';

/** A plugin for `app.register`, and the gateway itself: `gateway.chat(…)`, `gateway.fetchAs(…)`, `gateway.close()`. */
export type FastifyGateway<Name extends string = string> = FastifyPluginAsync & Gateway<FastifyHost, Name>;

export interface FastifyGatewayConfig<Name extends string = string> extends GatewayConfig<FastifyHost, Name> {
  /** How long running calls may continue when the app closes, in milliseconds. Default 10,000. */
  readonly closeGraceMs?: number;
}

/**
 * Mounts a gateway into a Fastify app, version 4 or 5: `app.register(llmGateway({ … }), { prefix: '/llm' })`.
 * Register sessions and logins before it. It closes with the app. Throws at once, with the path of each error, if the
 * configuration cannot work.
 */
export function llmGateway<Name extends string>(config: FastifyGatewayConfig<Name>): FastifyGateway<Name> {
  const { closeGraceMs = 10_000, ...rest } = config;
  const gateway = createGateway<FastifyHost, Name>(rest);
  // By descriptor, so that `openCalls` stays a live value.
  const members = Object.getOwnPropertyDescriptors(gateway);
  return Object.defineProperties(fastifyPlugin(gateway, closeGraceMs), members) as FastifyGateway<Name>;
}
