import type { Call } from '../call.js';
import type { Cancellation } from '../cancellation.js';
import type { ConversationOperation } from '../conversation-operation.js';
import { GatewayError } from '../errors.js';
import type { IncomingRequest } from '../incoming.js';
import type { RouteTable } from '../routing/route-table.js';
import type { Caller } from './identify.js';
import { checkMayUse } from './open-call.js';
import { usableGroup } from './usable-group.js';

/** Somebody wants to converse. */
export interface ConversationMatch {
  readonly kind: 'conversation';
  readonly operation: ConversationOperation;
}

export interface OpenConversationParts {
  readonly table: RouteTable;
  readonly longestConversationMs: number;
}

/** Checks whether the caller may converse with the model that the address names. */
export async function openConversation<Host>(
  id: string,
  startedAt: number,
  { operation }: ConversationMatch,
  caller: Caller,
  request: IncomingRequest<Host>,
  cancellation: Cancellation,
  parts: OpenConversationParts,
): Promise<Call<Host, ConversationOperation>> {
  checkMayUse(caller, operation.name);
  const { accept } = request;
  if (accept === undefined) throw needsSocket();
  const query = new URLSearchParams(request.query);
  const model = query.get('model') ?? query.get('deployment');
  if (model === null || model === '') {
    throw new GatewayError('invalid_input', 'Say which model, as "?model=".', { param: 'model' });
  }
  const group = usableGroup(model, caller.principal, parts.table);
  return {
    id,
    operation,
    principal: caller.principal,
    via: caller.via,
    demand: {
      model: group.name,
      stream: true,
      wantsUsage: false,
      // What is said nobody knows yet: room for one answer is what a conversation must find and keep.
      inputCharacters: 0,
      inputAttachments: 0,
      maxOutputTokens: undefined,
      answers: 1,
    },
    body: {},
    form: undefined,
    group,
    steering: undefined,
    conversation: { accept, longestMs: parts.longestConversationMs },
    host: request.host,
    headers: { get: (name) => request.header(name) },
    tags: caller.principal.tags ?? [],
    startedAt,
    cancellation,
    attempts: [],
    warnings: [],
  };
}

function needsSocket(): GatewayError {
  return new GatewayError(
    'invalid_input',
    'This endpoint is a WebSocket. Ask for one; where you did, this server was not told to let the gateway open it.',
    { status: 426, code: 'upgrade_required' },
  );
}
