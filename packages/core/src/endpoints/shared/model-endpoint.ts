import type { UpstreamOperation } from '../../operation.js';
import type { Endpoint, Route } from '../endpoint.js';
import { askOrCountLocally } from './count-tokens-locally.js';
import { type OpenCallDeps, openCall } from './open-call.js';

export interface ModelEndpointDeps extends OpenCallDeps {
  readonly route: Route;
}

/** The endpoint of an operation that models answer. */
export function modelEndpoint<Host>(operation: UpstreamOperation, deps: ModelEndpointDeps): Endpoint<Host> {
  const { answerByEstimate } = operation;
  return {
    name: operation.name,
    errors: operation.errors,
    routes: operation.paths.map((path) => ({ method: operation.method, path })),
    async handle(exchange) {
      const call = await openCall(exchange, operation, deps);
      const account = await exchange.admit(call);
      const answer =
        answerByEstimate === undefined
          ? await deps.route.ask(call, account)
          : await askOrCountLocally(call, account, answerByEstimate, deps.route);
      return exchange.respond(answer);
    },
  };
}
