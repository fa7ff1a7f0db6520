import type { CallAccount } from '../../accounts/call-account.js';
import type { Answer } from '../../answer.js';
import type { Call } from '../../call.js';
import type { UpstreamOperation } from '../../operation.js';
import type { Endpoint } from '../endpoint.js';
import { askOrCountLocally } from './count-tokens-locally.js';
import { type OpenCallDeps, openCall } from './open-call.js';
import { type MiddlewareDeps, runMiddleware } from './run-middleware.js';

export type ModelEndpointDeps = OpenCallDeps & MiddlewareDeps;

/** The endpoint of an operation that models answer. */
export function modelEndpoint<Host>(operation: UpstreamOperation, deps: ModelEndpointDeps): Endpoint<Host> {
  const { route, content } = deps;
  const { answerByEstimate } = operation;
  const ask = (call: Call, account: CallAccount): Promise<Answer> =>
    answerByEstimate === undefined
      ? route.ask(call, account)
      : askOrCountLocally(call, account, answerByEstimate, route);
  return {
    name: operation.name,
    errors: operation.errors,
    routes: operation.paths.map((path) => ({ method: operation.method, path })),
    async handle(exchange) {
      const call = await openCall(exchange, operation, deps);
      const account = await exchange.admit(call);
      const answer =
        content.answerMiddleware.length === 0
          ? await ask(call, account)
          : await runMiddleware(call, account, (asked) => ask(asked, account), deps);
      return exchange.respond(answer);
    },
  };
}
