import type { ServerResponse } from 'node:http';

/** Answers with a JSON value. */
export function sendJson(res: ServerResponse, status: number, value: unknown): void {
  if (res.headersSent || res.destroyed) return;
  res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}
