import type { Call } from '../call.js';
import type { Reply, ReplyHeaders } from '../reply.js';
import type { Answer } from '../upstream/ask-deployment.js';

/** The reply to an answered call. */
export function respond(call: Call, answer: Answer, limits: ReplyHeaders, debugHeaders: boolean): Reply {
  const type = answer.kind === 'whole' ? (answer.type ?? 'application/json') : 'text/event-stream; charset=utf-8';
  const headers = ['content-type', type, 'x-request-id', call.id];
  if (limits.length > 0) headers.push(...limits);
  if (debugHeaders) headers.push(...tellRoad(call, answer));
  if (answer.kind === 'whole') return { kind: 'whole', status: 200, headers, body: answer.body };
  headers.push('cache-control', 'no-cache, no-transform', 'x-accel-buffering', 'no');
  return { kind: 'events', status: 200, headers, body: answer.stream };
}

function tellRoad(call: Call, answer: Answer): string[] {
  const attempts = call.attempts.map((attempt) => `${attempt.deployment}=${attempt.failure ?? attempt.status ?? 'ok'}`);
  const headers = ['x-portico-deployment', answer.deployment.id, 'x-portico-attempts', attempts.join(', ')];
  const upstreamId = call.attempts.at(-1)?.upstreamRequestId;
  if (upstreamId !== undefined) headers.push('x-portico-upstream-request-id', upstreamId);
  if (call.warnings.length > 0) headers.push('x-portico-warnings', call.warnings.join('; '));
  // Deployment ids and warnings come from configuration and vendors: what a header cannot hold is left out.
  return headers.map((text) => text.replace(/[^\x20-\x7e]/g, '?').slice(0, 2_000));
}
