import type { Answer } from '../answer.js';
import type { AnswerMetadata } from '../answer-metadata.js';
import type { Call } from '../call.js';
import type { Operation } from '../operation.js';
import type { Reply, ReplyHeaders } from '../reply.js';
import type { FormatMetadata } from './metadata-headers.js';

/** The reply to an answered call, with metadata headers if they are wanted. */
export function respond(
  call: Call<unknown, Operation>,
  answer: Answer,
  limits: ReplyHeaders,
  metadata: AnswerMetadata | undefined,
  formats: readonly FormatMetadata[],
): Reply {
  // Written by the code that accepted the client's side.
  if (answer.kind === 'session') return { kind: 'whole', status: 101, headers: [], body: '' };
  const ownHeaders = metadata === undefined ? [] : formats.flatMap((format) => format(metadata));
  if (answer.kind === 'local') {
    const { status, body } = answer;
    const headers = [...answer.headers, 'x-request-id', call.id, ...limits, ...ownHeaders];
    return { kind: 'whole', status, headers, body, metadata };
  }
  if (answer.kind === 'bytes' || answer.kind === 'localStream') {
    const { status, body } = answer;
    const headers = [...answer.headers, 'x-request-id', call.id, ...limits, ...ownHeaders];
    return { kind: 'events', status, headers, body, metadata };
  }
  const type = answer.kind === 'events' ? EVENT_STREAM : (answer.type ?? 'application/json');
  const headers = ['content-type', type, 'x-request-id', call.id];
  if (limits.length > 0) headers.push(...limits);
  if (ownHeaders.length > 0) headers.push(...ownHeaders);
  if (answer.kind !== 'events') return { kind: 'whole', status: 200, headers, body: answer.body, metadata };
  headers.push('cache-control', 'no-cache, no-transform', 'x-accel-buffering', 'no');
  return { kind: 'events', status: 200, headers, body: answer.stream, metadata };
}

const EVENT_STREAM = 'text/event-stream; charset=utf-8';
