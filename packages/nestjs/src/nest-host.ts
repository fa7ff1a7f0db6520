import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { ExecutionContext } from '@nestjs/common';

/**
 * What hooks get from Nest: the platform's request and response after the host's own guards ran, and Nest's context.
 */
export interface NestHost {
  readonly req: NestRequest;
  readonly res: unknown;
  readonly context: ExecutionContext;
}

/** What the requests of Express and Fastify have in common; cast it to your platform's own for the rest. */
export interface NestRequest {
  readonly headers: IncomingHttpHeaders;
  readonly method: string;
  readonly url: string;
  readonly originalUrl: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly ip?: string | undefined;
  /** The result of a guard, such as that of `@nestjs/passport`. */
  readonly user?: unknown;
  readonly session?: unknown;
  readonly body?: unknown;
  readonly rawBody?: unknown;
}

/** A request and a response of Fastify, which wrap Node's own. */
export interface FastifyPair {
  readonly raw: { readonly req: IncomingMessage; readonly res: ServerResponse };
  readonly reply: FastifyReplyLike;
}

interface FastifyReplyLike {
  status(code: number): unknown;
  header(name: string, value: string): unknown;
  send(body: unknown): unknown;
}

/** Node's own request and response where the platform is Fastify; undefined on Express, whose objects are Node's own. */
export function fastifyPair(req: unknown, res: unknown): FastifyPair | undefined {
  const { raw: rawReq } = req as { raw?: IncomingMessage };
  const { raw: rawRes } = res as { raw?: ServerResponse };
  if (rawReq === undefined || rawRes === undefined) return undefined;
  return { raw: { req: rawReq, res: rawRes }, reply: res as FastifyReplyLike };
}
