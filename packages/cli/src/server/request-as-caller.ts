import type { IncomingMessage } from 'node:http';
import { shownKey } from './litellm-clients.js';
import type { ServedConfig } from './served.js';

/** The headers that identify the caller. */
const CREDENTIALS = ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key'];
/** The headers by which browsers say which page asks. */
const SITES = ['origin', 'sec-fetch-site'];

/** Calls the gateway as the caller of this server: with the same credential, limits and budget. */
export function requestAsCaller(
  { gateway, loaded: { compat } }: ServedConfig,
  req: IncomingMessage,
  path: string,
  body?: object,
  signal?: AbortSignal,
): Promise<Response> {
  const headers = new Headers({ 'content-type': 'application/json' });
  for (const name of [...CREDENTIALS, ...SITES]) {
    const value = req.headers[name];
    if (typeof value === 'string') headers.set(name, value);
  }
  const key = compat && shownKey(req, compat);
  if (key !== undefined) headers.set('authorization', `Bearer ${key}`);
  const request = new Request(new URL(path, originOf(req)), {
    headers,
    ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
    ...(signal !== undefined && { signal }),
  });
  return gateway.fetch(request);
}

/** What the caller calls this server: its pages have the same origin. */
function originOf({ headers: { host } }: IncomingMessage): string {
  const origin = `http://${host}`;
  return URL.canParse(origin) ? origin : 'http://localhost';
}

/** The models of a caller, or the error. */
export async function modelsOfCaller(
  served: ServedConfig,
  req: IncomingMessage,
): Promise<readonly string[] | { readonly status: number; readonly body: unknown }> {
  const answer = await requestAsCaller(served, req, '/v1/models');
  const body: unknown = await answer.json();
  if (!answer.ok) return { status: answer.status, body };
  return (body as { readonly data: readonly { readonly id: string }[] }).data.map(({ id }) => id);
}
