import type { LiteLlmCompat } from '@portico/config';
import type { Gateway } from '@portico/core';
import type { IncomingRequest } from '@portico/core/mount';
import type { NodeHost } from '@portico/node';
import { version } from '../version.js';
import type { ServedConfig } from './served.js';

/** The headers in which LiteLLM's clients send their keys besides `Authorization`, `x-api-key` and `api-key`. */
const KEY_HEADERS = ['x-litellm-api-key', 'x-goog-api-key', 'ocp-apim-subscription-key'];

type Handle = Gateway<NodeHost>['handle'];

/**
 * Answers requests. With `compat: litellm` keys are accepted as LiteLLM's clients send them, and answers carry its
 * headers.
 */
export function forLiteLlmClients(served: ServedConfig): Handle {
  const told = ['x-litellm-version', version()];
  return async (request) => {
    const { gateway, loaded } = served;
    if (loaded.compat === undefined) return gateway.handle(request);
    const key = shownKey(request.host.req, loaded.compat);
    const reply = await gateway.handle(key === undefined ? request : showing(request, key));
    return reply && { ...reply, headers: [...reply.headers, ...told] };
  };
}

/**
 * The key in a header that only LiteLLM's clients use. It takes precedence over `Authorization`, which may then
 * contain another credential.
 */
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
    query: request.query,
    ip: request.ip,
    authority: request.authority,
    host: request.host,
    atRoot: request.atRoot ?? false,
    body: request.body,
    principal: request.principal,
    header: (name) => (name === 'authorization' ? `Bearer ${key}` : request.header(name)),
    onClientGone: (listener) => request.onClientGone(listener),
    accept: request.accept,
  };
}
