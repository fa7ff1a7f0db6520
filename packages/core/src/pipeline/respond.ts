import type { AnswerMetadata } from '../answer-metadata.js';
import type { Call } from '../call.js';
import type { Reply, ReplyHeaders } from '../reply.js';
import type { Answer } from '../upstream/ask-deployment.js';
import type { TellRoad } from './tell-road.js';

/** The reply to an answered call; with the metadata, where somebody wants them told. */
export function respond(
  call: Call,
  answer: Answer,
  limits: ReplyHeaders,
  metadata: AnswerMetadata | undefined,
  told: readonly TellRoad[],
): Reply {
  const type = answer.kind === 'whole' ? (answer.type ?? 'application/json') : 'text/event-stream; charset=utf-8';
  const headers = ['content-type', type, 'x-request-id', call.id];
  if (limits.length > 0) headers.push(...limits);
  if (metadata !== undefined) for (const tell of told) headers.push(...tell(metadata));
  if (answer.kind === 'whole') return { kind: 'whole', status: 200, headers, body: answer.body, metadata };
  headers.push('cache-control', 'no-cache, no-transform', 'x-accel-buffering', 'no');
  return { kind: 'events', status: 200, headers, body: answer.stream, metadata };
}
