import type { Call } from '../../call.js';
import { CallWarnings } from '../../call-warnings.js';
import type { Cancellation } from '../../cancellation.js';
import { GatewayError } from '../../errors.js';
import type { Caller } from '../../identity/identify.js';
import type { IncomingRequest } from '../../incoming-request.js';
import type { RealtimeOperation } from '../../operations/realtime-operation.js';
import type { RouteTable } from '../../routing/route-table.js';
import { checkMayUse } from '../shared/open-call.js';
import { resolveModelGroup } from '../shared/resolve-model-group.js';

/** A request for a realtime session. */
export interface RealtimeMatch {
  readonly kind: 'session';
  readonly operation: RealtimeOperation;
}

export interface OpenSessionDeps {
  readonly table: RouteTable;
  readonly maxSessionMs: number;
}

/** Checks whether the caller may open a realtime session with the model in the URL. */
export async function openSession<Host>(
  id: string,
  startedAt: number,
  { operation }: RealtimeMatch,
  caller: Caller,
  request: IncomingRequest<Host>,
  cancellation: Cancellation,
  deps: OpenSessionDeps,
): Promise<Call<Host, RealtimeOperation>> {
  checkMayUse(caller, operation.name);
  const { accept } = request;
  if (accept === undefined) throw needsSocket();
  const query = new URLSearchParams(request.query);
  const model = query.get('model') ?? query.get('deployment');
  if (model === null || model === '') {
    throw new GatewayError('invalid_input', 'Name the model with "?model=".', { param: 'model' });
  }
  const group = resolveModelGroup(model, caller.principal, deps.table);
  return {
    id,
    operation,
    principal: caller.principal,
    via: caller.via,
    summary: {
      model: group.name,
      stream: true,
      wantsUsage: false,
      // The length of a session is not known in advance: the limits must always have capacity for one answer.
      inputCharacters: 0,
      inputAttachments: 0,
      maxOutputTokens: undefined,
      answers: 1,
    },
    body: {},
    form: undefined,
    group,
    overrides: undefined,
    session: { accept, maxDurationMs: deps.maxSessionMs },
    host: request.host,
    headers: { get: (name) => request.header(name) },
    tags: caller.principal.tags ?? [],
    startedAt,
    cancellation,
    attempts: [],
    warnings: new CallWarnings(),
  };
}

function needsSocket(): GatewayError {
  return new GatewayError(
    'invalid_input',
    'This endpoint needs a WebSocket. If this request was an upgrade to one, this server does not pass upgrades to the gateway.',
    { status: 426, code: 'upgrade_required' },
  );
}
