import type { IncomingHttpHeaders } from 'node:http';

/** How a request ended: still `open`; `completed`; `aborted` by the client; `cut` by the provider on purpose. */
export type RequestOutcome = 'open' | 'completed' | 'aborted' | 'cut';

/** One request as the provider saw it. Fields are filled in as the request proceeds. Times are `performance.now()`. */
export interface LoggedRequest {
  /** Counts from 1 in order of arrival, and is not reset. */
  readonly number: number;
  /** The number of its connection: counts from 1, so two requests with the same number shared a socket. */
  readonly socket: number;
  readonly method: string;
  /** The path as it was sent, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** The body as it was sent; empty until it has arrived completely. */
  readonly bodyBytes: Uint8Array;
  /** The same decoded as UTF-8. */
  readonly bodyText: string;
  /** Body parsed as JSON, or the fields of a form; `undefined` if it is neither or has not arrived. */
  readonly body: unknown;
  /** The requested model, from the body or, for an Azure deployment, from the path. */
  readonly model: string | undefined;
  /** The recorded case that was replayed, if any. */
  readonly caseId: string | undefined;
  /** The status of the answer; `undefined` before the head is sent. */
  readonly status: number | undefined;
  /** Bytes of the answer's body passed to the socket so far. Under back-pressure this does not grow. */
  readonly sentBytes: number;
  readonly outcome: RequestOutcome;
  readonly arrivedAtMs: number;
  /** When the client disconnected before the answer was complete. */
  readonly abortedAtMs: number | undefined;
  /** When the last byte of the answer was passed to the operating system. */
  readonly completedAtMs: number | undefined;
}

/** What a provider received. Waiting is event-based, so it needs no time and no polling. */
export interface ProviderLog {
  /** Every request since the start or the last `reset`, in order of arrival. */
  readonly requests: readonly LoggedRequest[];
  /** Those whose client disconnected before the answer was complete. */
  readonly aborted: readonly LoggedRequest[];
  /** Requests that have arrived and whose answer has not ended, regardless of a `reset`. */
  readonly openResponses: number;
  /** Connections that are open now, busy or idle. */
  readonly openSockets: number;
  requestsFor(model: string): readonly LoggedRequest[];
  /** The first request, past or future, that matches and whose body has arrived. Rejects when the provider closes. */
  waitForRequest(fits?: (request: LoggedRequest) => boolean): Promise<LoggedRequest>;
  /** Resolves when the client has disconnected; rejects if the answer ends in any other way. */
  waitForAbort(request: LoggedRequest): Promise<LoggedRequest>;
  /** Resolves when the answer has ended, in any way. */
  waitForEnd(request: LoggedRequest): Promise<LoggedRequest>;
  /** Resolves when no answer is in progress. */
  waitUntilQuiet(): Promise<void>;
  /** Forgets the requests so far. Those still open stay counted in `openResponses`. */
  reset(): void;
}

/** The writing side of a log, for the server that fills it. */
interface ProviderLogWriter {
  readonly log: ProviderLog;
  socketOpened(): void;
  socketClosed(): void;
  arrived(request: OpenRequest): void;
  /** Must be called after each change of a logged request that may be waited for. */
  changed(): void;
  /** No more will come: pending waits are rejected. */
  close(): void;
}

/** A logged request while it is being written. */
export type OpenRequest = { -readonly [Field in keyof LoggedRequest]: LoggedRequest[Field] } & { bodyArrived: boolean };

/** Creates an empty log and the functions to fill it. */
export function createProviderLog(): ProviderLogWriter {
  let requests: OpenRequest[] = [];
  const open = new Set<OpenRequest>();
  const waits = new Set<Wait>();
  let openSockets = 0;
  let closed = false;

  // `look` returns undefined for "not yet"; if it throws, the wait rejects.
  function until<Found>(look: () => Found | undefined): Promise<Found> {
    const promise = new Promise<Found>((resolve, reject) => {
      const wait: Wait = {
        look() {
          try {
            const found = look();
            if (found === undefined) return;
            resolve(found);
          } catch (cause) {
            reject(cause);
          }
          waits.delete(wait);
        },
        giveUp: () => reject(new Error('The provider was closed before what was waited for had happened.')),
      };
      waits.add(wait);
      wait.look();
      if (closed && waits.delete(wait)) wait.giveUp();
    });
    // A wait left behind by a failing test must not become an unhandled rejection as well.
    promise.catch(() => undefined);
    return promise;
  }

  function changed(): void {
    for (const request of open) if (request.outcome !== 'open') open.delete(request);
    for (const wait of waits) wait.look();
  }

  const log: ProviderLog = {
    get requests() {
      return requests;
    },
    get aborted() {
      return requests.filter((request) => request.outcome === 'aborted');
    },
    get openResponses() {
      return open.size;
    },
    get openSockets() {
      return openSockets;
    },
    requestsFor: (model) => requests.filter((request) => request.model === model),
    waitForRequest: (fits = () => true) =>
      until(() => requests.find((request) => request.bodyArrived && fits(request))),
    waitForAbort: (request) =>
      until(() => {
        if (request.outcome === 'open') return undefined;
        if (request.outcome === 'aborted') return request;
        throw new Error(`Request ${request.number} was not aborted: it was ${request.outcome}.`);
      }),
    waitForEnd: (request) => until(() => (request.outcome === 'open' ? undefined : request)),
    waitUntilQuiet: async () => {
      await until(() => (open.size === 0 ? true : undefined));
    },
    reset() {
      requests = [];
    },
  };

  return {
    log,
    socketOpened() {
      openSockets += 1;
    },
    socketClosed() {
      openSockets -= 1;
    },
    arrived(request) {
      requests.push(request);
      open.add(request);
    },
    changed,
    close() {
      closed = true;
      for (const wait of waits) wait.giveUp();
      waits.clear();
    },
  };
}

interface Wait {
  look(): void;
  giveUp(): void;
}
