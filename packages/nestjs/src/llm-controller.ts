import type { ServerResponse } from 'node:http';
import {
  Controller,
  createParamDecorator,
  Delete,
  type ExecutionContext,
  Get,
  Inject,
  type InjectionToken,
  NotFoundException,
  Patch,
  Post,
  Put,
  Req,
  Res,
  SetMetadata,
  type Type,
  UseFilters,
  UseGuards,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import type { DiscoveryService, Reflector } from '@nestjs/core';
import { ConfigError, type Gateway } from '@portico/core';
import { handleNodeRequest, type NodeRequest, type ServeOptions, serveNode } from '@portico/node';
import { GatewayRoutesFilter } from './exception-filters.js';
import type { LlmModuleExtras } from './llm-options.js';
import type { LlmService } from './llm-service.js';
import { type FastifyPair, fastifyPair, type NestHost, type NestRequest } from './nest-host.js';

type NestGateway = Pick<Gateway<NestHost>, 'handle'>;

/**
 * The gateway's routes, as a controller like any of the host's: prefixes, versions, guards, interceptors, pipes and
 * filters apply to it. Every platform and version of Nest writes wildcards differently; parameters are the same
 * everywhere.
 */
const DEPTH = 6;
const PATHS = Array.from({ length: DEPTH + 1 }, (_, depth) =>
  Array.from({ length: depth }, (_, segment) => `:p${segment + 1}`).join('/'),
);

const CurrentContext = createParamDecorator((_data: unknown, context: ExecutionContext) => context);

const ROUTES = { get: Get, post: Post, put: Put, patch: Patch, delete: Delete } as const;

/** Creates the controller class of one gateway. */
export function llmController(extras: LlmModuleExtras, service: InjectionToken<LlmService>): Type {
  // A method has one route decorator, so each verb needs its own. OPTIONS is left to the host's cors.
  class LlmController implements Record<keyof typeof ROUTES, Answer> {
    readonly #llm: LlmService;

    constructor(llm: LlmService) {
      this.#llm = llm;
    }

    get(req: NestRequest, res: unknown, context: ExecutionContext): Promise<void> {
      return answer(this.#llm, { req, res, context });
    }
    post(req: NestRequest, res: unknown, context: ExecutionContext): Promise<void> {
      return answer(this.#llm, { req, res, context });
    }
    put(req: NestRequest, res: unknown, context: ExecutionContext): Promise<void> {
      return answer(this.#llm, { req, res, context });
    }
    patch(req: NestRequest, res: unknown, context: ExecutionContext): Promise<void> {
      return answer(this.#llm, { req, res, context });
    }
    delete(req: NestRequest, res: unknown, context: ExecutionContext): Promise<void> {
      return answer(this.#llm, { req, res, context });
    }
  }
  const path = extras.path ?? 'llm';
  // At the root, all other paths are the host's, with their own access rules.
  const paths = path.replaceAll('/', '') === '' ? PATHS.map((below) => `v1/${below}`) : PATHS;
  // Decorators as functions, so that no host needs the compiler's metadata.
  Inject(service)(LlmController, undefined, 0);
  for (const [verb, route] of Object.entries(ROUTES)) {
    const { prototype } = LlmController;
    for (const [index, decorate] of [Req(), Res(), CurrentContext()].entries()) decorate(prototype, verb, index);
    const descriptor = Object.getOwnPropertyDescriptor(prototype, verb) as TypedPropertyDescriptor<Answer>;
    route(paths)(prototype, verb, descriptor);
  }
  Controller({ path, version: VERSION_NEUTRAL })(LlmController);
  SetMetadata(GATEWAY_ROUTES, { path, name: extras.name } satisfies GatewayRoutes)(LlmController);
  UseFilters(new GatewayRoutesFilter())(LlmController);
  if (extras.guards !== undefined && extras.guards.length > 0) UseGuards(...extras.guards)(LlmController);
  for (const decorate of extras.decorate ?? []) decorate(LlmController);
  return LlmController;
}

const GATEWAY_ROUTES = 'portico:routes';

interface GatewayRoutes {
  readonly path: string;
  readonly name: string | undefined;
}

/** Two gateways at one path: in Nest the first would silently answer everything. */
export function refuseSharedPaths(discovery: DiscoveryService, reflector: Reflector): void {
  const found = new Map<string, string>();
  for (const { metatype } of discovery.getControllers()) {
    const routes = metatype && reflector.get<GatewayRoutes | undefined>(GATEWAY_ROUTES, metatype);
    if (!routes) continue;
    const path = routes.path.replace(/^\/+|(?<!\/)\/+$/g, '');
    const name = routes.name === undefined ? 'the gateway without a name' : `the gateway "${routes.name}"`;
    const other = found.get(path);
    if (other !== undefined) {
      const message = `${other} and ${name} would both serve "/${path}": give one of them another path and its own name.`;
      throw new ConfigError([{ path: 'path', message }]);
    }
    found.set(path, name);
  }
}

type Answer = (req: NestRequest, res: unknown, context: ExecutionContext) => Promise<void>;

/** Resolves when the answer has ended, so that the host's interceptors can measure the time. */
function answer({ gateway }: LlmService, host: NestHost): Promise<void> {
  const fastify = fastifyPair(host.req, host.res);
  return fastify === undefined ? answerExpress(gateway, host) : answerFastify(gateway, host, fastify);
}

function answerExpress(gateway: NestGateway, host: NestHost): Promise<void> {
  const { req, res } = host as unknown as { req: NodeRequest; res: ServerResponse };
  return new Promise((resolve, reject) => {
    res.once('close', resolve);
    serveNode(gateway, req, res, {
      ...factsOf(host),
      next: (error) => reject(error instanceof Error ? error : new NotFoundException()),
    });
  });
}

async function answerFastify(gateway: NestGateway, host: NestHost, { raw, reply }: FastifyPair): Promise<void> {
  const answered = await handleNodeRequest(gateway, raw.req, raw.res, factsOf(host));
  if (answered === undefined) {
    if (raw.res.destroyed) return;
    throw new NotFoundException();
  }
  const closed = new Promise<void>((resolve) => raw.res.once('close', resolve));
  reply.status(answered.status);
  for (let at = 0; at < answered.headers.length; at += 2) {
    reply.header(answered.headers[at] as string, answered.headers[at + 1] as string);
  }
  // The response is not taken over: headers from the host's hooks, such as cookies, would be lost.
  reply.send(answered.body);
  await closed;
}

function factsOf(host: NestHost): ServeOptions<NestHost> {
  const { req } = host;
  return { path: pathBelow(req), host, ip: req.ip, parsedBody: req.rawBody ?? req.body };
}

/** As many segments of the URL as the route has parameters; the segments before them are prefix, version and mount. */
function pathBelow({ originalUrl, params }: NestRequest): string {
  const query = originalUrl.indexOf('?');
  const path = (query < 0 ? originalUrl : originalUrl.slice(0, query)).replace(/(?<!\/)\/+$/, '');
  const depth = Object.keys(params).filter((name) => /^p\d$/.test(name)).length;
  let start = path.length;
  for (let segment = 0; segment < depth; segment += 1) start = path.lastIndexOf('/', start - 1);
  return path.slice(start) || '/';
}
