import type { FetchOptions } from '../gateway.js';
import type { IncomingBody, IncomingRequest } from '../incoming-request.js';
import type { Principal } from '../principal.js';
import type { EventsSource, Reply } from '../reply.js';
import { incomingOf, readableBody, streamBody, textBody } from './in-process.js';

/** What the entry points need from a gateway. */
export type Handle<Host> = (request: IncomingRequest<Host>) => Promise<Reply | undefined>;

/** Answers a web-standard request, authenticated like any other. */
export async function answerRequest<Host>(
  handle: Handle<Host>,
  request: Request,
  host: Host,
  { prefix = '', ip }: FetchOptions = {},
): Promise<Response> {
  const { pathname, search, host: authority } = new URL(request.url);
  const path = pathBelow(prefix.replace(/(?<!\/)\/+$/, ''), pathname);
  if (path === undefined) return new Response(null, { status: 404 });
  const { request: incoming, release } = incomingOf({
    method: request.method,
    path,
    query: search.slice(1),
    header: (name) => request.headers.get(name) ?? undefined,
    body: streamBody(request.body, request.headers),
    signal: request.signal,
    host,
    authority,
    ip,
  });
  return toResponse(await handle(incoming), release, request.signal);
}

/** The path below the prefix; undefined for other paths. */
function pathBelow(prefix: string, path: string): string | undefined {
  if (prefix === '') return path;
  if (!path.startsWith(prefix)) return undefined;
  const below = path.slice(prefix.length);
  return below === '' ? '/' : below.startsWith('/') ? below : undefined;
}

/** A `fetch` whose calls are made in-process as one principal. */
export function fetchAs<Host>(handle: Handle<Host>, principal: Principal): typeof fetch {
  return async (input, init) => {
    // The official client calls with a string and plain options; a Request object is only created if one was given.
    if (input instanceof Request) return answer(withBody(new Request(input, init)));
    const headers = new Headers(init?.headers);
    const given = init?.body ?? '';
    const call = { url: String(input), method: init?.method ?? 'GET', headers, signal: init?.signal };
    if (typeof given === 'string') return answer({ ...call, body: textBody(given) });
    // The content type of a form is only known once it is serialised.
    const written = new Response(given);
    const type = written.headers.get('content-type');
    if (type !== null && !headers.has('content-type')) headers.set('content-type', type);
    return answer({ ...call, body: readableBody(() => written.arrayBuffer()) });
  };

  async function answer(call: {
    url: string;
    method: string;
    headers: Headers;
    body: IncomingBody;
    signal: AbortSignal | null | undefined;
  }): Promise<Response> {
    call.signal?.throwIfAborted();
    const { request, release } = incomingOf({
      method: call.method.toUpperCase(),
      path: pathBelowVersion(call.url),
      query: queryOf(call.url),
      header: (name) => call.headers.get(name) ?? undefined,
      body: call.body,
      signal: call.signal,
      host: {} as Host, // in-process callers have no host objects; hooks that need them can check `via: 'internal'`
      principal,
    });
    return toResponse(await handle(request), release, call.signal);
  }
}

function withBody(request: Request) {
  const { url, method, headers, signal } = request;
  return { url, method, headers, signal, body: readableBody(() => request.arrayBuffer()) };
}

/** `/v1/models` of `http://portico/any/where/v1/models?x=1`. */
function pathBelowVersion(url: string): string {
  const start = url.indexOf('/', url.indexOf('//') + 2);
  if (start < 0) return '/';
  const query = url.indexOf('?', start);
  const path = query < 0 ? url.slice(start) : url.slice(start, query);
  const version = path.indexOf('/v1/');
  return version < 0 ? path : path.slice(version);
}

function queryOf(url: string): string {
  const query = url.indexOf('?');
  return query < 0 ? '' : url.slice(query + 1);
}

function toResponse(reply: Reply | undefined, release: () => void, signal: AbortSignal | null | undefined): Response {
  if (reply === undefined) {
    release();
    return new Response(null, { status: 404 });
  }
  const headers: [string, string][] = [];
  for (let at = 0; at < reply.headers.length; at += 2) {
    headers.push([reply.headers[at] as string, reply.headers[at + 1] as string]);
  }
  if (reply.kind === 'whole') {
    release();
    // To the caller, an aborted fetch is an AbortError, not an answer.
    signal?.throwIfAborted();
    return new Response(reply.body as BodyInit, { status: reply.status, headers });
  }
  return new Response(toWebStream(reply.body, release, signal), { status: reply.status, headers });
}

function toWebStream(
  source: EventsSource,
  release: () => void,
  signal: AbortSignal | null | undefined,
): ReadableStream<Uint8Array> {
  const utf8 = new TextEncoder();
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        source.start({
          write(events) {
            controller.enqueue(typeof events === 'string' ? utf8.encode(events) : events);
            if ((controller.desiredSize ?? 0) <= 0) source.pause();
          },
          fail(error) {
            release();
            controller.error(error);
          },
          end() {
            release();
            // The body of an aborted fetch fails: a clean end would look like a complete answer.
            if (signal?.aborted) controller.error(signal.reason);
            else controller.close();
          },
        });
      },
      pull: () => source.resume(),
      cancel(reason) {
        release();
        source.cancel(reason);
      },
    },
    { highWaterMark: 16 },
  );
}
