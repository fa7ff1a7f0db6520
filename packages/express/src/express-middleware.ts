import type { Gateway } from '@portico/core';
import { type ServeOptions, serveNode } from '@portico/node';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { authorityOf } from './authority-of.js';

/** What hooks get from Express: the request after the host's own middleware ran, with its session and user. */
export interface ExpressHost {
  readonly req: Request;
  readonly res: Response;
}

/** Passes every request below its mount to the gateway, whichever parser has read the body before. */
export function expressMiddleware(gateway: Pick<Gateway<ExpressHost>, 'handle'>): RequestHandler {
  return (req, res, next) => serveNode(gateway, req, res, new ExpressCall(req, res, next));
}

/**
 * What Express knows about a request. Most calls never need the address and the authority, which Express computes
 * each time.
 */
class ExpressCall implements ServeOptions<ExpressHost> {
  readonly path: string;
  readonly host: ExpressHost;
  readonly atRoot: boolean;
  readonly parsedBody: unknown;
  readonly next: NextFunction;

  constructor(req: Request, res: Response, next: NextFunction) {
    this.path = pathOf(req);
    this.host = { req, res };
    this.atRoot = req.baseUrl === '';
    this.parsedBody = req.body;
    this.next = next;
  }

  get ip(): string | undefined {
    return this.host.req.ip;
  }

  get authority(): string | undefined {
    return authorityOf(this.host.req);
  }
}

/**
 * `req.path` without parsing the URL again, from which Express has removed the mount path; an absolute-form URL is
 * left to Express.
 */
function pathOf(req: Request): string {
  const { url } = req;
  if (!url.startsWith('/')) return req.path;
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}
