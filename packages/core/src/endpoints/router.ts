import { GatewayError } from '../errors.js';
import type { UpstreamOperation } from '../operation.js';
import { mayPass, type PassThroughRule } from '../operations/pass-through-rule.js';
import type { RealtimeOperation } from '../operations/realtime-operation.js';
import type { ResourceOperation } from '../operations/resource-operation.js';
import type { StoredResponseOperation } from '../operations/stored-response-operation.js';
import type { UpstreamRequest } from '../transport.js';
import { passThrough } from './pass-through/format.js';
import type { PassThroughMatch } from './pass-through/open-pass-through.js';
import type { RealtimeMatch } from './realtime/open-session.js';
import type { StoredResponseMatch } from './responses/open-stored-response-call.js';
import type { ResourceMatch } from './shared/open-resource-call.js';

/** What a request asks for. */
export type Matched =
  | UpstreamOperation
  | ResourceMatch
  | StoredResponseMatch
  | RealtimeMatch
  | PassThroughMatch
  | { readonly kind: 'models' }
  | { readonly kind: 'model'; readonly id: string }
  | { readonly kind: 'refused'; readonly error: GatewayError };

/**
 * Finds the operation with a Map look-up on the path that the framework parsed; undefined if the host's next route
 * should answer.
 */
export type MatchOperation = (method: string, path: string, atRoot?: boolean) => Matched | undefined;

/** Clients add `/v1` to their base URL, forget it, or have it twice; all three mean the same. */
const VERSIONS = ['/v1', '', '/v1/v1'];

/** All operations. */
export interface Matchable {
  readonly asked: readonly UpstreamOperation[];
  readonly resources?: readonly ResourceOperation[];
  readonly storedResponses?: readonly StoredResponseOperation[];
  readonly realtime?: readonly RealtimeOperation[];
  readonly passThrough?: readonly PassThroughRule[];
}

export function createMatcher(
  { asked, resources = [], storedResponses = [], realtime = [], passThrough: rules = [] }: Matchable,
  fallthrough: boolean | undefined,
): MatchOperation {
  const routes = new Map<string, Matched>();
  const methods = new Map<string, string>();
  const add = (method: string, path: string, matched: Matched) => {
    for (const version of VERSIONS) {
      routes.set(`${method} ${version}${path}`, matched);
      const others = methods.get(`${version}${path}`);
      methods.set(`${version}${path}`, others === undefined ? method : `${others} or ${method}`);
    }
  };
  for (const operation of asked) for (const path of operation.paths) add(operation.method, path, operation);
  add('GET', '/models', { kind: 'models' });
  for (const operation of realtime) add('GET', operation.path, { kind: 'session', operation });
  for (const operation of resources) {
    add('GET', operation.path, { kind: 'resource', operation, action: 'list', id: undefined });
    add('POST', operation.path, { kind: 'resource', operation, action: 'create', id: undefined });
  }

  return (method, path, atRoot = false) => {
    const wanted = method === 'HEAD' ? 'GET' : method;
    const found = routes.get(`${wanted} ${path}`);
    if (found !== undefined) return found;
    // Preflights are answered by the host's own cors().
    if (method === 'OPTIONS') return undefined;
    if (path.length > 1 && path.endsWith('/')) {
      const bare = routes.get(`${wanted} ${path.slice(0, -1)}`);
      if (bare !== undefined) return bare;
    }
    const id = wanted === 'GET' ? modelId(path) : undefined;
    if (id !== undefined) return { kind: 'model', id };
    const more =
      thingOf('resource', resources, wanted, path) ??
      thingOf('storedResponse', storedResponses, wanted, path) ??
      passed(rules, wanted, path);
    if (more !== undefined) return more;
    if (fallthrough ?? atRoot) return undefined;
    return { kind: 'refused', error: refusal(method, path, methods.get(path)) };
  };
}

/** `/files/{id}`, `/files/{id}/content`, `/responses/{id}/cancel` */
function thingOf<
  Kind extends 'resource' | 'storedResponse',
  Action extends { readonly method: string; readonly below: string },
  Listed extends { readonly path: string; readonly actions: readonly Action[] },
>(kind: Kind, operations: readonly (Listed & { readonly actions: readonly Action[] })[], method: string, path: string) {
  for (const operation of operations) {
    for (const version of VERSIONS) {
      const start = `${version}${operation.path}/`;
      if (!path.startsWith(start)) continue;
      const [, id = '', below = ''] = /^([^/]+)(\/[^/]+)?\/?$/.exec(path.slice(start.length)) ?? [];
      const actions = operation.actions.filter((action) => action.below === below);
      if (id === '' || actions.length === 0) return undefined;
      const action = actions.find((each) => each.method === method);
      if (action !== undefined) return { kind, operation, action, id };
      const allowed = actions.map((each) => each.method).join(' or ');
      return { kind: 'refused' as const, error: refusal(method, path, allowed) };
    }
  }
  return undefined;
}

/** The pass-through rule of a path. */
function passed(rules: readonly PassThroughRule[], method: string, path: string): Matched | undefined {
  for (const rule of rules) {
    if (!path.startsWith(`${rule.prefix}/`)) continue;
    const rest = path.slice(rule.prefix.length);
    const may = mayPass(rule, rest);
    if (may === undefined) {
      return { kind: 'refused', error: new GatewayError('invalid_input', 'This path is malformed.') };
    }
    if (!may) continue;
    if (rule.methods.has(method)) {
      // The configuration contains no others.
      return {
        kind: 'passThrough',
        operation: passThrough,
        rule,
        method: method as UpstreamRequest['method'],
        path: rest,
      };
    }
    return { kind: 'refused', error: refusal(method, path, [...rule.methods].join(' or ')) };
  }
  return undefined;
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
  if (allowed !== undefined)
    return new GatewayError('method_not_allowed', `${asked} is not supported; use ${allowed}.`);
  return new GatewayError(
    'not_found',
    `${asked} is not an endpoint of this gateway. There are POST /v1/chat/completions, POST /v1/responses, POST /v1/messages, POST /v1/completions, ` +
      'POST /v1/embeddings, POST /v1/audio/transcriptions, POST /v1/files, POST /v1/batches, GET /v1/models and GET /v1/models/{model}.',
  );
}
