import type { MatchEndpoint } from '../endpoints/router.js';
import type { IncomingRequest } from '../incoming-request.js';
import type { Reply } from '../reply.js';
import { CallExchange, type ExchangeDeps } from './exchange.js';

/** Handles a request: its endpoint answers, or it gets the error. Never rejects; undefined if the host's next route should answer. */
export function createRequestHandler<Host>(match: MatchEndpoint<Host>, deps: ExchangeDeps<Host>) {
  return async function handle(request: IncomingRequest<Host>): Promise<Reply | undefined> {
    const matched = match(request.method, request.path, request.atRoot);
    if (matched === undefined) return undefined;
    const exchange = new CallExchange(request, matched, deps);
    try {
      const endpoint = await exchange.begin();
      return await endpoint.handle(exchange);
    } catch (error) {
      return exchange.fail(error);
    }
  };
}
