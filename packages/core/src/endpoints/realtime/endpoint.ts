import type { RealtimeOperation } from '../../operations/realtime-operation.js';
import type { Endpoint, Route } from '../endpoint.js';
import { type OpenSessionDeps, openSession } from './open-session.js';
import { type RunSessionDeps, runSession } from './run-session.js';

export interface RealtimeEndpointDeps extends OpenSessionDeps, RunSessionDeps {
  readonly route: Route;
}

/** Realtime sessions: messages in both directions, until one side ends it. */
export function realtimeEndpoint<Host>(operation: RealtimeOperation, deps: RealtimeEndpointDeps): Endpoint<Host> {
  return {
    name: operation.name,
    errors: operation.errors,
    routes: [{ method: 'GET', path: operation.path }],
    async handle(exchange) {
      const { call, accept } = openSession(exchange, operation, deps);
      const account = await exchange.admit(call);
      return exchange.respond(
        await runSession(call, accept, (runner) => deps.route.follow(call, account, runner), deps),
      );
    },
  };
}
