import { UsageReader } from '../../attempts/usage-reader.js';
import type { Call } from '../../call.js';
import { CallWarnings } from '../../call-warnings.js';
import type { Cancellation } from '../../cancellation.js';
import { GatewayError } from '../../errors.js';
import { mayUseModel } from '../../identity/access.js';
import type { Caller } from '../../identity/identify.js';
import type { IncomingRequest } from '../../incoming-request.js';
import type { Operation } from '../../operation.js';
import type { PassThroughRule } from '../../operations/pass-through-rule.js';
import type { UpstreamRequest } from '../../transport.js';
import { emptyRequestSummary } from '../shared/empty-request-summary.js';
import { checkMayUse } from '../shared/open-call.js';
import { type BodyDeps, readWholeBody } from '../shared/read-body.js';
import { passThrough } from './format.js';

/** A request for a vendor's own path. */
export interface PassThroughMatch {
  readonly kind: 'passThrough';
  readonly operation: Operation;
  readonly rule: PassThroughRule;
  readonly method: UpstreamRequest['method'];
  /** The vendor's path, from the root of its host. */
  readonly path: string;
}

/** Response headers that are forwarded to the client (R-SEC-6). */
const ANSWER_HEADERS = ['content-type', 'content-disposition', 'retry-after', 'etag', 'last-modified'];
/** Request headers that are forwarded to the vendor. */
const REQUEST_HEADERS = ['accept', 'content-type'];
/** Headers in which clients send their own keys; only the deployment's key is sent. */
const CREDENTIALS_IN_QUERY = new Set(['key', 'api_key', 'api-key', 'apikey', 'access_token']);

/** Opens a call to a vendor's own path: authorised, limited and recorded like any other, and otherwise unchanged. */
export async function openPassThrough<Host>(
  id: string,
  startedAt: number,
  { rule, method, path }: PassThroughMatch,
  caller: Caller,
  request: IncomingRequest<Host>,
  cancellation: Cancellation,
  deps: BodyDeps,
): Promise<Call<Host, Operation>> {
  const { deployment, group } = rule;
  checkMayUse(caller, 'pass_through');
  if (!mayUseModel(caller.principal, group.name)) {
    throw new GatewayError('forbidden', 'This credential may not use this path.');
  }
  const body = await bodyOf();
  const headers: Record<string, string> = {};
  for (const name of [...REQUEST_HEADERS, ...rule.headers]) {
    const value = request.header(name);
    if (value !== undefined) headers[name] = value;
  }
  const reads = method === 'GET' || method === 'DELETE';
  return {
    id,
    operation: passThrough,
    principal: caller.principal,
    via: caller.via,
    summary: emptyRequestSummary(group.name),
    body: { method, path },
    form: undefined,
    group,
    overrides: undefined,
    pinned: {
      deployment,
      need: reads ? undefined : { tokens: 1, costNanoUsd: rule.costNanoUsd },
      maxDurationMs: group.totalMs,
      async run(ask) {
        const reply = await ask({ method, path: path + queryOf(request), headers, body });
        const reported = ANSWER_HEADERS.flatMap((name) => {
          const value = reply.headers.get(name);
          return value === undefined ? [] : [name, value];
        });
        const type = reply.headers.get('content-type') ?? '';
        if (type.startsWith('text/event-stream'))
          reported.push('cache-control', 'no-cache, no-transform', 'x-accel-buffering', 'no');
        // Pages of a vendor must not run as pages of this site.
        reported.push('x-content-type-options', 'nosniff', 'content-security-policy', 'sandbox');
        return reply.handOn(reported, reads ? undefined : new UsageReader(type, deployment.provider.readReportedUsage));
      },
    },
    host: request.host,
    headers: { get: (name) => request.header(name) },
    tags: caller.principal.tags ?? [],
    startedAt,
    cancellation,
    attempts: [],
    warnings: new CallWarnings(),
  };

  async function bodyOf(): Promise<UpstreamRequest['body']> {
    const { body: incoming } = request;
    if (method === 'GET') return undefined;
    if (incoming.kind === 'parsed') return JSON.stringify(incoming.value);
    // A request can only be signed once its body was read.
    if (incoming.stream !== undefined && deployment.connection.sign === undefined) {
      return isEmpty(request) ? undefined : bounded(incoming.stream(), deps.maxBodyBytes);
    }
    const bytes = await readWholeBody(request, incoming, caller.principal, deps);
    return bytes.byteLength === 0 ? undefined : bytes;
  }
}

/** RFC 9112 §6.3: without either there is no body. On HTTP/2 a body may have no length. */
function isEmpty(request: IncomingRequest): boolean {
  if (request.header('content-length') === '0') return true;
  return request.method === 'DELETE' && request.header('content-length') === undefined;
}

function queryOf({ query }: IncomingRequest): string {
  if (query === undefined || query === '') return '';
  const asked = new URLSearchParams(query);
  // Vendors differ on whether case matters.
  const credentials = [...asked.keys()].filter((name) => CREDENTIALS_IN_QUERY.has(name.toLowerCase()));
  for (const name of credentials) asked.delete(name);
  return asked.size === 0 ? '' : `?${asked}`;
}

async function* bounded(pieces: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array, void> {
  let bytes = 0;
  for await (const piece of pieces) {
    bytes += piece.byteLength;
    if (bytes > maxBytes) {
      throw new GatewayError('too_large', `The body is larger than the ${maxBytes} bytes this gateway accepts.`);
    }
    yield piece;
  }
}
