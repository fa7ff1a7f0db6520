import { UsageReader } from '../../attempts/usage-reader.js';
import { GatewayError } from '../../errors.js';
import { mayUseModel } from '../../identity/access.js';
import type { IncomingRequest } from '../../incoming-request.js';
import { mayPass, type PassThroughRule } from '../../operations/pass-through-rule.js';
import type { AskPinned } from '../../operations/pinned-request.js';
import type { UpstreamRequest } from '../../transport.js';
import type { Endpoint, EndpointRoute, Exchange, PathParams } from '../endpoint.js';
import { createCall, emptyRequestSummary } from '../shared/create-call.js';
import { checkMayUse } from '../shared/open-call.js';
import { type BodyDeps, readWholeBody } from '../shared/read-body.js';
import { type SendPinnedDeps, sendPinned } from '../shared/send-pinned.js';
import { passThrough } from './format.js';

export interface PassThroughDeps extends BodyDeps {
  readonly send: SendPinnedDeps;
}

/** Response headers that are forwarded to the client (R-SEC-6). */
const ANSWER_HEADERS = ['content-type', 'content-disposition', 'retry-after', 'etag', 'last-modified'];
/** Request headers that are forwarded to the vendor. */
const REQUEST_HEADERS = ['accept', 'content-type'];
/** Headers in which clients send their own keys; only the deployment's key is sent. */
const CREDENTIALS_IN_QUERY = new Set(['key', 'api_key', 'api-key', 'apikey', 'access_token']);

/** A vendor's own paths: authorised, limited and recorded like any other endpoint, and otherwise unchanged. */
export function passThroughEndpoint<Host>(rule: PassThroughRule, deps: PassThroughDeps): Endpoint<Host> {
  const { deployment, group } = rule;
  const path = `${rule.prefix}/{path...}`;
  return {
    name: passThrough.name,
    errors: passThrough.errors,
    routes: [...rule.methods].map((method): EndpointRoute => ({ method, path, isExact: true, accepts })),
    async handle(exchange) {
      const { request, caller } = exchange;
      checkMayUse(caller, passThrough.name);
      if (!mayUseModel(caller.principal, group.name)) {
        throw new GatewayError('forbidden', 'This credential may not use this path.');
      }
      // The configuration names no others.
      const method = (request.method === 'HEAD' ? 'GET' : request.method) as UpstreamRequest['method'];
      const reads = method === 'GET' || method === 'DELETE';
      const body = await bodyOf(exchange, method);
      const vendorPath = `/${exchange.params.path}`;
      const call = createCall(exchange, {
        operation: passThrough,
        group,
        summary: emptyRequestSummary(group.name),
        body: { method, path: vendorPath },
        fixedNeed: reads ? 'nothing' : { deployment, tokens: 1, costNanoUsd: rule.costNanoUsd },
      });
      const account = await exchange.admit(call);
      const run: AskPinned = async (ask) => {
        const headers = headersOf(request);
        const reply = await ask({ method, path: vendorPath + queryOf(request), headers, body });
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
      };
      return exchange.respond(await sendPinned(call, deployment, run, account, deps.send));
    },
  };

  function accepts({ path: rest }: PathParams): boolean {
    const may = mayPass(rule, `/${rest}`);
    if (may === undefined) throw new GatewayError('invalid_input', 'This path is malformed.');
    return may;
  }

  function headersOf(request: IncomingRequest): Record<string, string> {
    const headers: Record<string, string> = {};
    for (const name of [...REQUEST_HEADERS, ...rule.headers]) {
      const value = request.header(name);
      if (value !== undefined) headers[name] = value;
    }
    return headers;
  }

  async function bodyOf(
    { request, caller }: Exchange,
    method: UpstreamRequest['method'],
  ): Promise<UpstreamRequest['body']> {
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
