import 'reflect-metadata';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as NestCommon from '@nestjs/common';
import type * as NestCore from '@nestjs/core';
import type * as PorticoNest from '@portico/nestjs';
import { folderOf, type NestVersion } from '../hosts/install.js';
import { hooksOf } from './hooks-of.js';
import { type MountConfig, type Mounted, mounted } from './mounted.js';

export type NestPlatform = 'express' | 'fastify';

/** Nest and our package for it, as an application of that version has them. */
export interface NestModules {
  readonly common: typeof NestCommon;
  readonly core: typeof NestCore;
  readonly portico: typeof PorticoNest;
  adapter(): NestCore.AbstractHttpAdapter;
}

export async function nestModules(version: NestVersion, platform: NestPlatform): Promise<NestModules> {
  const folder = folderOf(version);
  const require = createRequire(join(folder, 'package.json'));
  require('reflect-metadata');
  const Adapter: new (options?: object) => NestCore.AbstractHttpAdapter = require(`@nestjs/platform-${platform}`)[
    platform === 'express' ? 'ExpressAdapter' : 'FastifyAdapter'
  ];
  const portico = join(folder, 'node_modules/@portico/nestjs/dist/index.js');
  return {
    common: require('@nestjs/common') as typeof NestCommon,
    core: require('@nestjs/core') as typeof NestCore,
    portico: (await import(pathToFileURL(portico).href)) as typeof PorticoNest,
    adapter: () => new Adapter(platform === 'fastify' ? longParameters(version) : undefined),
  };
}

/** Fastify's segments of an address have 100 characters at most unless the host says otherwise; ids of kept answers have more. */
function longParameters(version: NestVersion): object {
  const routerOptions = { maxParamLength: 1_000 };
  return version === 10 ? routerOptions : { routerOptions };
}

/** A Nest application without a body parser whose gateway lies below `/llm` (Fastify parses all the same); `before` installs what the host has in front of it. */
export async function mountNest(
  version: NestVersion,
  platform: NestPlatform,
  config: MountConfig,
  before: (app: NestCommon.INestApplication) => void = () => {},
  options: NestCommon.NestApplicationOptions = {},
): Promise<Mounted> {
  const { common, core, portico, adapter } = await nestModules(version, platform);
  class AppModule {}
  common.Module({
    imports: [
      portico.LlmModule.forRoot({
        ...hooksOf(config, ({ req }: PorticoNest.NestHost) => nodeRequest(req)),
        closeGraceMs: 0,
      }),
    ],
  })(AppModule);
  // What Nest would print, the tests look at.
  const app = await core.NestFactory.create(AppModule, adapter(), {
    logger: false,
    abortOnError: false,
    bodyParser: false,
    ...options,
  });
  before(app);
  await app.listen(0, '127.0.0.1');
  const server = app.getHttpServer();
  const { gateway } = app.get(portico.LlmService);
  const { port } = server.address();
  return mounted(`http://127.0.0.1:${port}/llm/v1`, port, gateway, fetch, async () => {
    server.closeAllConnections();
    await app.close();
  });
}

function nodeRequest(req: PorticoNest.NestRequest): never {
  return ((req as { raw?: unknown }).raw ?? req) as never;
}
