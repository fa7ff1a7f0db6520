import type { IncomingMessage } from 'node:http';
import { shownKey } from './litellm-clients.js';
import type { Served } from './served.js';

/** What says who is calling. */
const CREDENTIALS = ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key'];

/** Asks the gateway in the name of whoever asked this server: with the same credential, on the same limits and bill. */
export function askAsCaller(
  { gateway, loaded: { compat } }: Served,
  req: IncomingMessage,
  path: string,
  body?: object,
  signal?: AbortSignal,
): Promise<Response> {
  const headers = new Headers({ 'content-type': 'application/json' });
  for (const name of CREDENTIALS) {
    const value = req.headers[name];
    if (typeof value === 'string') headers.set(name, value);
  }
  const key = compat && shownKey(req, compat);
  if (key !== undefined) headers.set('authorization', `Bearer ${key}`);
  const request = new Request(`http://localhost${path}`, {
    headers,
    ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
    ...(signal !== undefined && { signal }),
  });
  return gateway.fetch(request);
}

/** The models a caller may ask for, or the refusal. */
export async function modelsOfCaller(
  served: Served,
  req: IncomingMessage,
): Promise<readonly string[] | { readonly status: number; readonly body: unknown }> {
  const answer = await askAsCaller(served, req, '/v1/models');
  const body: unknown = await answer.json();
  if (!answer.ok) return { status: answer.status, body };
  return (body as { readonly data: readonly { readonly id: string }[] }).data.map(({ id }) => id);
}
