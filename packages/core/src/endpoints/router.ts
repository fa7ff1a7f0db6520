import { GatewayError } from '../errors.js';
import { ConfigError } from '../settings/config-error.js';
import type { Endpoint, EndpointRoute, PathParams } from './endpoint.js';

/** The endpoint that a request asks for, or why there is none. */
export type Matched<Host> =
  | { readonly endpoint: Endpoint<Host>; readonly params: PathParams; readonly refusal?: undefined }
  | { readonly endpoint?: undefined; readonly refusal: GatewayError };

/** Finds the endpoint of the path that the framework parsed; undefined if the host's next route should answer. */
export type MatchEndpoint<Host> = (method: string, path: string, atRoot?: boolean) => Matched<Host> | undefined;

/** Clients add `/v1` to their base URL, forget it, or have it twice; all three mean the same. */
const VERSIONS = ['/v1', '', '/v1/v1'];
const UNVERSIONED = [''];
const NO_PARAMS: PathParams = Object.freeze({});

/** A route with parts that vary. */
interface PatternRoute<Host> {
  readonly endpoint: Endpoint<Host>;
  readonly route: EndpointRoute;
  readonly pattern: RegExp;
}

/**
 * Routes without variable parts are found with one look-up in a Map. The others are tried in the order of the endpoints. Throws
 * a `ConfigError` for two endpoints with the same route.
 */
export function createRouter<Host>(
  endpoints: readonly Endpoint<Host>[],
  fallthrough: boolean | undefined,
): MatchEndpoint<Host> {
  const fixed = new Map<string, Matched<Host>>();
  const methods = new Map<string, string>();
  const patterns: PatternRoute<Host>[] = [];
  for (const endpoint of endpoints) {
    for (const route of endpoint.routes) {
      if (route.path.includes('{')) patterns.push({ endpoint, route, pattern: patternOf(route) });
      else addFixed(endpoint, route);
    }
  }
  const listed = endpoints.flatMap(({ routes }) => routes).filter(({ isExact }) => isExact !== true);
  const list = listed.map(({ method, path }) => `${method} /v1${path}`).join(', ');

  return (method, path, atRoot = false) => {
    const wanted = method === 'HEAD' ? 'GET' : method;
    const found = fixed.get(`${wanted} ${path}`);
    if (found !== undefined) return found;
    // Preflights are answered by the host's own cors().
    if (method === 'OPTIONS') return undefined;
    if (path.length > 1 && path.endsWith('/')) {
      const bare = fixed.get(`${wanted} ${path.slice(0, -1)}`);
      if (bare !== undefined) return bare;
    }
    const varying = matchPattern(wanted, path);
    if (varying !== undefined) return varying;
    if (fallthrough ?? atRoot) return undefined;
    return { refusal: refusal(method, path, methods.get(path), list) };
  };

  function addFixed(endpoint: Endpoint<Host>, { method, path, isExact }: EndpointRoute): void {
    for (const version of isExact === true ? UNVERSIONED : VERSIONS) {
      const key = `${method} ${version}${path}`;
      if (fixed.has(key)) {
        const message = `"${endpoint.name}" has the route ${method} ${path} of another endpoint.`;
        throw new ConfigError([{ path: 'endpoints', message }]);
      }
      fixed.set(key, { endpoint, params: NO_PARAMS });
      const others = methods.get(`${version}${path}`);
      methods.set(`${version}${path}`, others === undefined ? method : `${others} or ${method}`);
    }
  }

  function matchPattern(method: string, path: string): Matched<Host> | undefined {
    const allowed: string[] = [];
    for (const { endpoint, route, pattern } of patterns) {
      const groups = pattern.exec(path)?.groups;
      if (groups === undefined) continue;
      const params: PathParams = { ...groups };
      try {
        if (route.accepts?.(params) === false) continue;
      } catch (error) {
        if (error instanceof GatewayError) return { refusal: error };
        throw error;
      }
      if (route.method === method) return { endpoint, params };
      allowed.push(route.method);
    }
    return allowed.length === 0 ? undefined : { refusal: refusal(method, path, allowed.join(' or '), list) };
  }
}

/** Linear on every input: each part ends at a slash, and only the last one may contain more. */
function patternOf({ path, isExact }: EndpointRoute): RegExp {
  const parts = path.split(/(\{\w+(?:\.\.\.)?\})/);
  const source = parts.map((part) => {
    const [, name, rest] = /^\{(\w+)(\.\.\.)?\}$/.exec(part) ?? [];
    if (name === undefined) return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    return rest === undefined ? `(?<${name}>[^/]+)` : `(?<${name}>[^]+)`;
  });
  // A trailing slash means the same, except where it may be part of the last parameter.
  const end = path.endsWith('...}') ? '$' : '/?$';
  return new RegExp(`^${isExact === true ? '' : '(?:/v1){0,2}'}${source.join('')}${end}`);
}

function refusal(method: string, path: string, allowed: string | undefined, list: string): GatewayError {
  const asked = `${method} ${path.slice(0, 200)}`;
  if (allowed !== undefined)
    return new GatewayError('method_not_allowed', `${asked} is not supported; use ${allowed}.`);
  return new GatewayError('not_found', `${asked} is not an endpoint of this gateway. There are ${list}.`);
}
