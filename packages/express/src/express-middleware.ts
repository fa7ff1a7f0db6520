import type { Gateway } from '@portico/core';
import { serveNode } from '@portico/node';
import type { RequestHandler } from 'express';
import { authorityOf } from './authority-of.js';
import type { ExpressHost } from './llm-gateway.js';

/** Hands every request below its mount to the gateway, as Express sees it, whatever parsed the body before. */
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
