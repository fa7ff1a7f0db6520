import { GatewayError } from '../errors.js';
import type { UpstreamOperation } from '../operation.js';

/** What a request asks for. */
export type Matched =
  | UpstreamOperation
  | { readonly kind: 'models' }
  | { readonly kind: 'model'; readonly id: string }
  | { readonly kind: 'refused'; readonly error: GatewayError };

/** Answers with a Map look-up on the path the framework parsed; undefined where the host's next route should answer. */
export type MatchOperation = (method: string, path: string, atRoot?: boolean) => Matched | undefined;

/** Clients put `/v1` into their base URL, forget it, or have it twice; all three mean the same. */
const VERSIONS = ['/v1', '', '/v1/v1'];

export function openMatch(operations: readonly UpstreamOperation[], fallthrough: boolean | undefined): MatchOperation {
  const routes = new Map<string, Matched>();
  const methods = new Map<string, string>();
  const add = (method: string, path: string, matched: Matched) => {
    for (const version of VERSIONS) {
      routes.set(`${method} ${version}${path}`, matched);
      methods.set(`${version}${path}`, method);
    }
  };
  for (const operation of operations) for (const path of operation.paths) add(operation.method, path, operation);
  add('GET', '/models', { kind: 'models' });

  return (method, path, atRoot = false) => {
    const wanted = method === 'HEAD' ? 'GET' : method;
    const found = routes.get(`${wanted} ${path}`);
    if (found !== undefined) return found;
    // Preflights are the host's own cors() to answer.
    if (method === 'OPTIONS') return undefined;
    if (path.length > 1 && path.endsWith('/')) {
      const bare = routes.get(`${wanted} ${path.slice(0, -1)}`);
      if (bare !== undefined) return bare;
    }
    const id = wanted === 'GET' ? modelId(path) : undefined;
    if (id !== undefined) return { kind: 'model', id };
    if (fallthrough ?? atRoot) return undefined;
    return { kind: 'refused', error: refusal(method, path, methods.get(path)) };
  };
}

function modelId(path: string): string | undefined {
  for (const version of VERSIONS) {
    const start = `${version}/models/`;
    if (!path.startsWith(start) || path.length === start.length) continue;
    try {
      return decodeURIComponent(path.slice(start.length));
    } catch {
      return path.slice(start.length);
    }
  }
  return undefined;
}

function refusal(method: string, path: string, allowed: string | undefined): GatewayError {
  const asked = `${method} ${path.slice(0, 200)}`;
  if (allowed !== undefined) return new GatewayError('method_not_allowed', `${asked} is not possible; use ${allowed}.`);
  return new GatewayError(
    'not_found',
    `${asked} is not an endpoint of this gateway. There are POST /v1/chat/completions, POST /v1/messages, POST /v1/completions, ` +
      'POST /v1/embeddings, POST /v1/audio/transcriptions, GET /v1/models and GET /v1/models/{model}.',
  );
}
