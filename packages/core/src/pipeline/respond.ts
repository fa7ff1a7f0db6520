import type { AnswerMetadata } from '../answer-metadata.js';
import type { Answer } from '../attempts/send-attempt.js';
import type { Call } from '../call.js';
import type { Operation } from '../operation.js';
import type { Reply, ReplyHeaders } from '../reply.js';
import type { FormatMetadata } from './metadata-headers.js';

/** The gateway's own answers. */
export interface LocalAnswer {
  readonly kind: 'local';
  readonly attempt: undefined;
  readonly body: string;
}

/** The reply to an answered call, with metadata headers if they are wanted. */
export function respond(
  call: Call<unknown, Operation>,
  answer: Answer | LocalAnswer,
  limits: ReplyHeaders,
  metadata: AnswerMetadata | undefined,
  formats: readonly FormatMetadata[],
): Reply {
  // Written by the code that accepted the client's side.
  if (answer.kind === 'session') return { kind: 'whole', status: 101, headers: [], body: '' };
  const ownHeaders = metadata === undefined ? [] : formats.flatMap((format) => format(metadata));
  if (answer.kind === 'bytes') {
    const { status, body } = answer;
    const headers = [...answer.headers, 'x-request-id', call.id, ...limits, ...ownHeaders];
    return { kind: 'events', status, headers, body, metadata };
  }
  const type = typeOf(answer);
  const headers = ['content-type', type, 'x-request-id', call.id];
  if (limits.length > 0) headers.push(...limits);
  if (ownHeaders.length > 0) headers.push(...ownHeaders);
  if (answer.kind !== 'events') return { kind: 'whole', status: 200, headers, body: answer.body, metadata };
  headers.push('cache-control', 'no-cache, no-transform', 'x-accel-buffering', 'no');
  return { kind: 'events', status: 200, headers, body: answer.stream, metadata };
}

function typeOf(answer: Answer | LocalAnswer): string {
  if (answer.kind === 'events') return 'text/event-stream; charset=utf-8';
  return (answer.kind === 'whole' ? answer.type : undefined) ?? 'application/json';
}
