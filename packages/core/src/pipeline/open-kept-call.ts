import { estimateUsage } from '../accounting/estimate-usage.js';
import type { Call } from '../call.js';
import type { Cancellation } from '../cancellation.js';
import type { Ask } from '../errand.js';
import { GatewayError } from '../errors.js';
import type { IncomingRequest } from '../incoming.js';
import type { JsonObject } from '../json.js';
import type { KeptAction, KeptOperation } from '../kept-operation.js';
import { renamed } from '../upstream/rename-ids.js';
import { addressBelow } from './address-below.js';
import type { ChargeOnce } from './charge-once.js';
import { findHeld } from './find-held.js';
import type { Caller } from './identify.js';
import type { KeptParts } from './kept-answers.js';
import { nothingDemanded } from './nothing-demanded.js';
import { checkMayUse } from './open-call.js';

/** One kept answer, and what is asked of it. */
export interface KeptMatch {
  readonly kind: 'kept';
  readonly operation: KeptOperation;
  readonly action: KeptAction;
  readonly id: string;
}

export interface KeptCallParts {
  readonly kept: KeptParts;
  readonly chargeOnce: ChargeOnce;
}

/** Opens a call about an answer that an upstream keeps: to be shown, forgotten, broken off, or told what it was made from. */
export async function openKeptCall<Host>(
  id: string,
  startedAt: number,
  { operation, action, id: shown }: KeptMatch,
  caller: Caller,
  request: IncomingRequest<Host>,
  cancellation: Cancellation,
  parts: KeptCallParts,
): Promise<Call<Host, KeptOperation>> {
  checkMayUse(caller, operation.name);
  const { held, place } = await findHeld('response', shown, caller.principal, parts.kept);
  const { deployment, group } = place;
  const query = new URLSearchParams(request.query);
  if (['true', '1'].includes(query.get('stream') ?? '')) {
    throw new GatewayError('invalid_input', 'A kept answer is shown as a whole here, not as a stream.', {
      param: 'stream',
    });
  }
  const collection = deployment.connection.paths[operation.name] ?? '';
  const answer = `/${encodeURIComponent(held.id)}`;
  const call: Call<Host, KeptOperation> = {
    id,
    operation,
    principal: caller.principal,
    via: caller.via,
    demand: nothingDemanded(group.name),
    body: {},
    form: undefined,
    group,
    steering: undefined,
    errand: { deployment, need: undefined, longestMs: group.totalMs, run },
    host: request.host,
    headers: { get: (name) => request.header(name) },
    tags: caller.principal.tags ?? [],
    startedAt,
    cancellation,
    attempts: [],
    warnings: [],
  };
  return call;

  async function run(ask: Ask) {
    const { method, below } = action;
    // What is forgotten tells no more what it consumed.
    if (held.owed && method === 'DELETE') await look(ask, 'GET', addressBelow(collection, answer));
    const value = await look(ask, method, addressBelow(collection, answer + below, query));
    const told = renamed(JSON.stringify(value), new Map([[held.id, shown]]));
    return { kind: 'json' as const, value: JSON.parse(told) as JsonObject };
  }

  /** Asks, and charges in passing what was not there to be charged when it was asked for. */
  async function look(ask: Ask, method: KeptAction['method'], path: string): Promise<JsonObject> {
    const reply = await ask({ method, path, body: method === 'POST' ? '{}' : undefined });
    const value = await reply.json();
    const consumed = held.owed && operation.consumed(value);
    if (consumed !== undefined) {
      const usage = consumed.usage ?? estimateUsage(call.demand, operation.outputCharactersOf(value));
      await parts.chargeOnce(call, place, shown, { ...consumed, usage }, ask);
    }
    return value;
  }
}
