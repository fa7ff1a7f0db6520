import type { LiteLlmCompat } from '@portico/config';
import type { Gateway, IncomingRequest, Reply } from '@portico/core';
import type { NodeHost } from '@portico/node';
import { version } from '../version.js';

/** Where clients of LiteLLM's proxy show their keys besides `Authorization`, `x-api-key` and `api-key`. */
const KEY_HEADERS = ['x-litellm-api-key', 'x-goog-api-key', 'ocp-apim-subscription-key'];

type Handle = Gateway<NodeHost>['handle'];

/** The gateway as clients of LiteLLM's proxy know theirs: they show keys as they are used to, and are told what they look for. */
export function forLiteLlmClients(handle: Handle, compat: LiteLlmCompat): Handle {
  const told = version();
  return async (request) => {
    const startedAt = performance.now();
    const key = shownKey(request.host.req, compat);
    const reply = await handle(key === undefined ? request : showing(request, key));
    return reply && telling(reply, told, performance.now() - startedAt);
  };
}

/** The key where only LiteLLM's clients show it. It wins over `Authorization`, which may hold somebody else's then. */
export function shownKey({ headers, url = '' }: NodeHost['req'], { keyHeader }: LiteLlmCompat): string | undefined {
  for (const name of keyHeader === undefined ? KEY_HEADERS : [keyHeader, ...KEY_HEADERS]) {
    const shown = headers[name];
    if (typeof shown === 'string' && shown !== '') return shown.replace(/^bearer /i, '').trim();
  }
  const query = url.indexOf('?');
  return query < 0 ? undefined : (new URLSearchParams(url.slice(query)).get('key') ?? undefined);
}

function showing(request: IncomingRequest<NodeHost>, key: string): IncomingRequest<NodeHost> {
  return {
    method: request.method,
    path: request.path,
    ip: request.ip,
    authority: request.authority,
    host: request.host,
    atRoot: request.atRoot ?? false,
    body: request.body,
    principal: request.principal,
    header: (name) => (name === 'authorization' ? `Bearer ${key}` : request.header(name)),
    onClientGone: (listener) => request.onClientGone(listener),
  };
}

/** What the gateway says of the road of a call, in LiteLLM's words. */
function telling(reply: Reply, told: string, tookMs: number): Reply {
  const headers = [...reply.headers, 'x-litellm-version', told];
  for (let at = 0; at < reply.headers.length; at += 2) {
    const value = reply.headers[at + 1] ?? '';
    switch (reply.headers[at]) {
      case 'x-request-id':
        headers.push('x-litellm-call-id', value);
        break;
      case 'x-portico-deployment':
        headers.push('x-litellm-model-id', value);
        break;
      case 'x-portico-attempts':
        headers.push('x-litellm-attempted-retries', String(value.split(', ').length - 1));
        break;
    }
  }
  if (reply.kind === 'whole') headers.push('x-litellm-response-duration-ms', tookMs.toFixed(3));
  return { ...reply, headers };
}
