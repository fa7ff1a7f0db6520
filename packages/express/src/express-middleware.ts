import type { Gateway } from '@portico/core';
import { serveNode } from '@portico/node';
import type { Request, RequestHandler, Response } from 'express';
import { authorityOf } from './authority-of.js';

/** What hooks get of Express: the request after the host's own middleware ran, with its session and user. */
export interface ExpressHost {
  readonly req: Request;
  readonly res: Response;
}

/** Hands every request below its mount to the gateway, whatever has parsed the body before. */
export function expressMiddleware(gateway: Pick<Gateway<ExpressHost>, 'handle'>): RequestHandler {
  return (req, res, next) => {
    serveNode(gateway, req, res, {
      path: req.path,
      host: { req, res },
      ip: req.ip,
      authority: authorityOf(req),
      parsedBody: req.body,
      next,
    });
  };
}
