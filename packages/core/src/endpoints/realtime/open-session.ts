import type { Call } from '../../call.js';
import { GatewayError } from '../../errors.js';
import type { MessageSocket } from '../../message-socket.js';
import type { RealtimeOperation } from '../../operations/realtime-operation.js';
import type { RouteTable } from '../../routing/route-table.js';
import type { OpeningExchange } from '../endpoint.js';
import { createCall } from '../shared/create-call.js';
import { checkMayUse } from '../shared/open-call.js';
import { resolveModelGroup } from '../shared/resolve-model-group.js';

export interface OpenSessionDeps {
  readonly table: RouteTable;
  readonly maxSessionMs: number;
}

/** A realtime session that is asked for. */
export interface OpenedSession<Host> {
  readonly call: Call<Host, RealtimeOperation>;
  /** Accepts the client's side. */
  accept(): Promise<MessageSocket>;
}

/** Checks whether the caller may open a realtime session with the model in the URL. */
export function openSession<Host>(
  exchange: OpeningExchange<Host>,
  operation: RealtimeOperation,
  deps: OpenSessionDeps,
): OpenedSession<Host> {
  const { request, caller } = exchange;
  checkMayUse(caller, operation.name);
  const { accept } = request;
  if (accept === undefined) throw needsSocket();
  const query = new URLSearchParams(request.query);
  const model = query.get('model') ?? query.get('deployment');
  if (model === null || model === '') {
    throw new GatewayError('invalid_input', 'Name the model with "?model=".', { param: 'model' });
  }
  const group = resolveModelGroup(model, caller.principal, deps.table);
  const summary = {
    model: group.name,
    stream: true,
    wantsUsage: false,
    // The length of a session is not known in advance: the limits must always have capacity for one answer.
    inputCharacters: 0,
    inputAttachments: 0,
    maxOutputTokens: undefined,
    answers: 1,
  };
  const call = createCall(exchange, { operation, group, summary, maxDurationMs: deps.maxSessionMs });
  return { call, accept };
}

function needsSocket(): GatewayError {
  return new GatewayError(
    'invalid_input',
    'This endpoint needs a WebSocket. If this request was an upgrade to one, this server does not pass upgrades to the gateway.',
    { status: 426, code: 'upgrade_required' },
  );
}
