import { Readable } from 'node:stream';
import multipart from '@fastify/multipart';
import { bodyParser } from '@koa/bodyparser';
import type { NestApplicationOptions } from '@nestjs/common';
import express, { type Express, type RequestHandler } from 'express';
import express4 from 'express4';
import type { FastifyInstance } from 'fastify';
import type Koa from 'koa';
import oldBodyParser from 'koa-bodyparser';
import { NEST_VERSIONS, type NestVersion } from '../hosts/install.js';
import { mountFastify } from '../mounts/fastify.js';
import { type HonoApp, mountHono } from '../mounts/fetch.js';
import { mountKoa, mountKoa2 } from '../mounts/koa.js';
import { mountNest } from '../mounts/nest.js';
import { MOUNTS, type MountConfig, type Mounted, mountExpress } from '../support/mounts.js';

/** What may stand in front of the gateway and read bodies. */
export const PARSERS = ['no parser', 'JSON parser', 'raw parser', 'the usual parser', 'rawBody'] as const;
type Parser = (typeof PARSERS)[number];

/** How to start each host with each parser; where a host has no such thing, the cell is not there. */
export type Host = Readonly<Partial<Record<Parser, (config: MountConfig) => Promise<Mounted>>>>;

/** Nothing here is ever too large for a parser: what a host refuses by itself it refuses in its own words. */
const limit = '30mb';

function expressHost(framework: typeof express): Host {
  const behind =
    (...parsers: RequestHandler[]) =>
    (config: MountConfig) =>
      mountExpress(framework, config, (app: Express) => void parsers.map((parser) => app.use(parser)));
  const json = framework.json({ limit });
  return {
    'no parser': behind(),
    'JSON parser': behind(json),
    'raw parser': behind(framework.raw({ limit, type: '*/*' })),
    'the usual parser': behind(json, framework.urlencoded({ extended: true })),
    rawBody: behind(
      framework.json({ limit, verify: (req, _res, bytes) => void Object.assign(req, { rawBody: bytes }) }),
    ),
  };
}

function koaHost(mount: (config: MountConfig, before: (app: Koa) => void) => Promise<Mounted>): Host {
  const behind = (parser?: Koa.Middleware) => (config: MountConfig) =>
    mount(config, (app) => {
      if (parser !== undefined) app.use(parser);
    });
  return {
    'no parser': behind(),
    'JSON parser': behind(bodyParser({ enableTypes: ['json'], jsonLimit: limit })),
    'raw parser': behind(async (ctx, next) => {
      Object.assign(ctx.request, { body: await collect(ctx.req) });
      await next();
    }),
    'the usual parser': behind(bodyParser({ jsonLimit: limit })),
    rawBody: behind(oldBodyParser({ jsonLimit: limit }) as Koa.Middleware),
  };
}

function nestHost(version: NestVersion, platform: 'express' | 'fastify'): Host {
  const start =
    (options: NestApplicationOptions, raw = false) =>
    (config: MountConfig) =>
      mountNest(version, platform, config, (app) => raw && useRawParser(app), options);
  return {
    'no parser': start({ bodyParser: false }),
    'JSON parser': start({ bodyParser: true }),
    ...(platform === 'express' && { 'raw parser': start({ bodyParser: true }, true) }),
    'the usual parser': start({}),
    rawBody: start({ bodyParser: true, rawBody: true }),
  };
}

/** Only the application of one platform has this method. */
function useRawParser(app: object): void {
  const { useBodyParser } = app as { useBodyParser(type: string, options: object): void };
  useBodyParser.call(app, 'raw', { limit, type: '*/*' });
}

const fastifyHost: Host = {
  'no parser': (config) => mountFastify(config, (app) => app.removeAllContentTypeParsers()),
  'JSON parser': (config) => mountFastify(config),
  'raw parser': (config) =>
    mountFastify(config, (app) =>
      app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body)),
    ),
  'the usual parser': (config) => mountFastify(config, (app) => app.register(multipart)),
  rawBody: (config) => mountFastify(config, keepRawBody),
};

/** As plugins for raw bodies do it: read, kept, and handed on as another stream. */
function keepRawBody(app: FastifyInstance): void {
  app.addHook('preParsing', async (request, _reply, payload) => {
    const bytes = await collect(payload);
    Object.assign(request, { rawBody: bytes });
    return Readable.from([bytes]);
  });
}

const honoHost: Host = {
  'no parser': (config) => mountHono(config),
  'JSON parser': (config) =>
    mountHono(config, (app: HonoApp) =>
      app.use(async (c, next) => {
        // A middleware that looks at the body leaves the original to others.
        await c.req.raw.clone().text();
        await next();
      }),
    ),
};

async function collect(stream: AsyncIterable<Uint8Array | string>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

export const HOSTS: Readonly<Record<string, Host>> = {
  'Express 5': expressHost(express),
  'Express 4': expressHost(express4),
  'Koa 3': koaHost((config, before) => mountKoa(config, undefined, before)),
  'Koa 2': koaHost((config, before) => mountKoa2(config, before)),
  ...Object.fromEntries(
    NEST_VERSIONS.flatMap((version) => [
      [`Nest ${version}, Express`, nestHost(version, 'express')],
      [`Nest ${version}, Fastify`, nestHost(version, 'fastify')],
    ]),
  ),
  'Fastify 5': fastifyHost,
  'node:http': { 'no parser': MOUNTS['node:http'] },
  'node:http2': { 'no parser': MOUNTS['HTTP/2'] },
  Hono: honoHost,
  'gateway.fetch': { 'no parser': MOUNTS.fetch },
};

/** The matrix as people read it. */
export function matrixTable(): string {
  const rows = Object.entries(HOSTS).map(([host, starts]) => [
    host,
    ...PARSERS.map((parser) => (starts[parser] === undefined ? '–' : '✓')),
  ]);
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(['host', ...PARSERS]), line(['---', ...PARSERS.map(() => '---')]), ...rows.map(line)].join('\n');
}
