import type { GatewayConfig } from '@portico/core';
import { type ExpressGateway, llmGateway } from '@portico/express';
import { createGateway, type NodeHost, nodeListener } from '@portico/node';
import express, { type Express } from 'express';
import express4 from 'express4';
import { NEST_VERSIONS, type NestVersion } from '../hosts/install.js';
import { mountFastify } from '../mounts/fastify.js';
import { mountFetch, mountHono } from '../mounts/fetch.js';
import { mountHttp2 } from '../mounts/http2.js';
import { mountKoa, mountKoa2 } from '../mounts/koa.js';
import { type MountConfig, type Mounted, mounted, overHttp } from '../mounts/mounted.js';
import { mountNest, type NestPlatform } from '../mounts/nest.js';

export type { MountConfig, Mounted } from '../mounts/mounted.js';

export type MountName =
  | 'Express 5'
  | 'Express 4'
  | 'Koa 3'
  | 'Koa 2'
  | 'Fastify 5'
  | NestMountName
  | 'Hono'
  | 'fetch'
  | 'HTTP/2'
  | 'node:http'
  | 'in-process';

type NestMountName = `Nest ${NestVersion} on ${'Express' | 'Fastify'}`;

const NEST_MOUNTS = Object.fromEntries(
  NEST_VERSIONS.flatMap((version) =>
    (['Express', 'Fastify'] as const).map((platform) => [
      `Nest ${version} on ${platform}`,
      (config: MountConfig) => mountNest(version, platform.toLowerCase() as NestPlatform, config),
    ]),
  ),
) as Record<NestMountName, (config: MountConfig) => Promise<Mounted>>;

/** Starts a gateway in each of the places it can live. */
export const MOUNTS: Readonly<Record<MountName, (config: MountConfig) => Promise<Mounted>>> = {
  'Express 5': (config) => mountExpress(express, config),
  'Express 4': (config) => mountExpress(express4, config),

  'Koa 3': (config) => mountKoa(config),
  'Koa 2': (config) => mountKoa2(config),
  'Fastify 5': (config) => mountFastify(config),
  ...NEST_MOUNTS,
  Hono: (config) => mountHono(config),
  fetch: mountFetch,
  'HTTP/2': mountHttp2,

  async 'node:http'(config) {
    // Its host's request may be one of HTTP/2 too; the tests' hooks read nothing that those lack.
    const gateway = createGateway(config as unknown as GatewayConfig<NodeHost>);
    return overHttp(nodeListener(gateway, { prefix: '/llm' }), gateway);
  },

  async 'in-process'(config) {
    const gateway = createGateway(config);
    const { anonymous } = config;
    if (anonymous === undefined) throw new TypeError('In-process calls are made as the principal "anonymous".');
    return mounted('http://portico/v1', undefined, gateway, gateway.fetchAs(anonymous), () => Promise.resolve());
  },
};

/** An Express app whose gateway lies below `/llm`; `before` installs what the host has in front of it. */
export async function mountExpress(
  framework: typeof express,
  config: MountConfig,
  before: (app: Express) => void = () => {},
): Promise<Mounted> {
  const app = framework();
  before(app);
  const gateway: ExpressGateway = llmGateway(config);
  app.use('/llm', gateway);
  return overHttp(app, gateway);
}
