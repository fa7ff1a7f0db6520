import type { Gateway } from '@portico/core';
import { serveNode } from './serve-node.js';
import type { NodeRequest, NodeResponse } from './serve-options.js';

/** What hooks get on a server without a framework. */
export interface NodeHost {
  readonly req: NodeRequest;
  readonly res: NodeResponse;
}

export interface NodeListenerOptions {
  /** The path prefix of the gateway: `/llm`. All other paths are a 404. Default: the root. */
  readonly prefix?: string;
  /**
   * Longest silence during a body. Default 30,000 milliseconds; the whole is limited by the server's
   * `requestTimeout`.
   */
  readonly bodyTimeoutMs?: number;
}

/** A listener for `http.createServer`, `https.createServer` or `http2.createSecureServer`. */
export function nodeListener(
  gateway: Pick<Gateway<NodeHost>, 'handle'>,
  options: NodeListenerOptions = {},
): (req: NodeRequest, res: NodeResponse) => void {
  const prefix = options.prefix?.replace(/(?<!\/)\/+$/, '') ?? '';
  const { bodyTimeoutMs } = options;
  return (req, res) => {
    const path = pathBelow(prefix, req.url ?? '/');
    serveNode(path === undefined ? NOBODY : gateway, req, res, {
      path: path ?? '/',
      host: { req, res },
      ...(bodyTimeoutMs === undefined ? undefined : { bodyTimeoutMs }),
    });
  };
}

/** Answers paths outside the prefix. */
const NOBODY = { handle: () => Promise.resolve(undefined) };

function pathBelow(prefix: string, url: string): string | undefined {
  const query = url.indexOf('?');
  const path = query < 0 ? url : url.slice(0, query);
  if (prefix === '') return path;
  if (!path.startsWith(prefix)) return undefined;
  const below = path.slice(prefix.length);
  return below === '' ? '/' : below.startsWith('/') ? below : undefined;
}
