import type { ConversationOperation } from '../conversation-operation.js';
import { GatewayError } from '../errors.js';
import type { HeldOperation } from '../held-operation.js';
import type { KeptOperation } from '../kept-operation.js';
import type { UpstreamOperation } from '../operation.js';
import { passThrough } from '../operations/pass-through.js';
import { mayPass, type PassThroughRule } from '../pass-through-rule.js';
import type { UpstreamRequest } from '../transport.js';
import type { ConversationMatch } from './open-conversation.js';
import type { HeldMatch } from './open-held-call.js';
import type { KeptMatch } from './open-kept-call.js';
import type { PassThroughMatch } from './open-pass-through.js';

/** What a request asks for. */
export type Matched =
  | UpstreamOperation
  | HeldMatch
  | KeptMatch
  | ConversationMatch
  | PassThroughMatch
  | { readonly kind: 'models' }
  | { readonly kind: 'model'; readonly id: string }
  | { readonly kind: 'refused'; readonly error: GatewayError };

/** Answers with a Map look-up on the path the framework parsed; undefined where the host's next route should answer. */
export type MatchOperation = (method: string, path: string, atRoot?: boolean) => Matched | undefined;

/** Clients put `/v1` into their base URL, forget it, or have it twice; all three mean the same. */
const VERSIONS = ['/v1', '', '/v1/v1'];

/** All that can be asked for. */
export interface Matchable {
  readonly asked: readonly UpstreamOperation[];
  readonly held?: readonly HeldOperation[];
  readonly kept?: readonly KeptOperation[];
  readonly conversations?: readonly ConversationOperation[];
  readonly passThrough?: readonly PassThroughRule[];
}

export function openMatch(
  { asked, held = [], kept = [], conversations = [], passThrough: rules = [] }: Matchable,
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
  for (const operation of conversations) add('GET', operation.path, { kind: 'conversation', operation });
  for (const operation of held) {
    add('GET', operation.path, { kind: 'held', operation, action: 'list', id: undefined });
    add('POST', operation.path, { kind: 'held', operation, action: 'create', id: undefined });
  }

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
    const more =
      thingOf('held', held, wanted, path) ?? thingOf('kept', kept, wanted, path) ?? passed(rules, wanted, path);
    if (more !== undefined) return more;
    if (fallthrough ?? atRoot) return undefined;
    return { kind: 'refused', error: refusal(method, path, methods.get(path)) };
  };
}

/** `/files/{id}`, `/files/{id}/content`, `/responses/{id}/cancel` */
function thingOf<
  Kind extends 'held' | 'kept',
  Action extends { readonly method: string; readonly below: string },
  Kept extends { readonly path: string; readonly actions: readonly Action[] },
>(kind: Kind, operations: readonly (Kept & { readonly actions: readonly Action[] })[], method: string, path: string) {
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

/** What the host lets through to a vendor. */
function passed(rules: readonly PassThroughRule[], method: string, path: string): Matched | undefined {
  for (const rule of rules) {
    if (!path.startsWith(`${rule.prefix}/`)) continue;
    const rest = path.slice(rule.prefix.length);
    const may = mayPass(rule, rest);
    if (may === undefined) {
      return { kind: 'refused', error: new GatewayError('invalid_input', 'This path is not spelled as a path is.') };
    }
    if (!may) continue;
    if (rule.methods.has(method)) {
      // The configuration names none that are not those.
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
  if (allowed !== undefined) return new GatewayError('method_not_allowed', `${asked} is not possible; use ${allowed}.`);
  return new GatewayError(
    'not_found',
    `${asked} is not an endpoint of this gateway. There are POST /v1/chat/completions, POST /v1/responses, POST /v1/messages, POST /v1/completions, ` +
      'POST /v1/embeddings, POST /v1/audio/transcriptions, POST /v1/files, POST /v1/batches, GET /v1/models and GET /v1/models/{model}.',
  );
}
