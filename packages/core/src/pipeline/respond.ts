import type { AnswerMetadata } from '../answer-metadata.js';
import type { Call } from '../call.js';
import type { Operation } from '../operation.js';
import type { Reply, ReplyHeaders } from '../reply.js';
import type { Answer } from '../upstream/ask-deployment.js';
import type { TellRoad } from './tell-road.js';

/** What the gateway answers by itself. */
export interface OwnAnswer {
  readonly kind: 'own';
  readonly attempt: undefined;
  readonly body: string;
}

/** The reply to an answered call; with the metadata, where somebody wants them told. */
export function respond(
  call: Call<unknown, Operation>,
  answer: Answer | OwnAnswer,
  limits: ReplyHeaders,
  metadata: AnswerMetadata | undefined,
  told: readonly TellRoad[],
): Reply {
  // Written by whoever opened the client's side.
  if (answer.kind === 'conversation') return { kind: 'whole', status: 101, headers: [], body: '' };
  const road = metadata === undefined ? [] : told.flatMap((tell) => tell(metadata));
  if (answer.kind === 'bytes') {
    const { status, body } = answer;
    const headers = [...answer.headers, 'x-request-id', call.id, ...limits, ...road];
    return { kind: 'events', status, headers, body, metadata };
  }
  const type = typeOf(answer);
  const headers = ['content-type', type, 'x-request-id', call.id];
  if (limits.length > 0) headers.push(...limits);
  if (road.length > 0) headers.push(...road);
  if (answer.kind !== 'events') return { kind: 'whole', status: 200, headers, body: answer.body, metadata };
  headers.push('cache-control', 'no-cache, no-transform', 'x-accel-buffering', 'no');
  return { kind: 'events', status: 200, headers, body: answer.stream, metadata };
}

function typeOf(answer: Answer | OwnAnswer): string {
  if (answer.kind === 'events') return 'text/event-stream; charset=utf-8';
  return (answer.kind === 'whole' ? answer.type : undefined) ?? 'application/json';
}
