import type { JsonObject } from '../encoding/json.js';
import { FAILURES, type FailureKind, GatewayError } from '../errors.js';
import type { CallerOptions, ChatRequest } from '../gateway.js';
import type { EventsSource, Reply, WholeReply } from '../reply.js';
import type { Handle } from './fetch.js';
import { incomingOf } from './in-process.js';

/** One chat completion, as a whole. */
export async function chat<Host>(
  handle: Handle<Host>,
  request: ChatRequest,
  options: CallerOptions,
): Promise<JsonObject> {
  const { reply, release } = await ask(handle, { ...request, stream: false }, options);
  release();
  if (reply.kind === 'whole') return readJson(reply);
  reply.body.cancel('a whole answer was expected');
  throw new TypeError('a call without stream was answered with one');
}

/** One chat completion, chunk by chunk; leaving the loop aborts the upstream. */
export async function* chatStream<Host>(
  handle: Handle<Host>,
  request: ChatRequest,
  options: CallerOptions,
): AsyncGenerator<JsonObject, void, undefined> {
  const { reply, release } = await ask(handle, { ...request, stream: true }, options);
  try {
    if (reply.kind === 'whole') {
      readJson(reply);
      return;
    }
    for await (const event of eventsOf(reply.body)) {
      if (event === '[DONE]') return;
      const chunk = JSON.parse(event) as JsonObject;
      if (chunk.error !== undefined) throw errorFrom(chunk, undefined);
      yield chunk;
    }
    // Only a stream that the caller aborted ends without its terminal event: it must not look like a complete answer.
    options.signal?.throwIfAborted();
  } finally {
    release();
  }
}

async function ask<Host>(
  handle: Handle<Host>,
  body: JsonObject,
  options: CallerOptions,
): Promise<{ reply: Reply; release(): void }> {
  options.signal?.throwIfAborted();
  const { request, release } = incomingOf({
    method: 'POST',
    path: '/v1/chat/completions',
    header: () => undefined,
    body: { kind: 'parsed', value: body },
    signal: options.signal,
    host: {} as Host, // in-process callers have no host objects
    principal: options.as,
    wantsMetadata: options.onAnswer !== undefined,
  });
  const reply = (await handle(request)) as Reply; // the path is a known one
  options.signal?.throwIfAborted();
  try {
    if (reply.metadata !== undefined) options.onAnswer?.(reply.metadata);
  } catch (error) {
    release();
    if (reply.kind === 'events') reply.body.cancel(error);
    throw error;
  }
  return { reply, release };
}

function readJson(reply: WholeReply): JsonObject {
  const value = JSON.parse(reply.body as string) as JsonObject; // a chat answer is never binary;
  if (reply.status < 400) return value;
  const at = reply.headers.indexOf('retry-after');
  throw errorFrom(value, at < 0 ? undefined : Number(reply.headers[at + 1]) * 1000);
}

function errorFrom(body: JsonObject, retryAfterMs: number | undefined): GatewayError {
  const { kind, message, code, param } = body.error as {
    kind: FailureKind;
    message: string;
    code: string;
    param: string | null;
  };
  return new GatewayError(kind in FAILURES ? kind : 'internal', message, {
    code,
    param: param ?? undefined,
    retryAfterMs,
  });
}

/** The data of each event. The gateway writes complete events with one data line each, so splitting is enough. */
async function* eventsOf(source: EventsSource): AsyncGenerator<string, void, undefined> {
  const utf8 = new TextDecoder();
  let waiting: string[] = [];
  let over = false;
  let wake: () => void = () => {};
  source.start({
    write(events) {
      waiting.push(typeof events === 'string' ? events : utf8.decode(events));
      source.pause();
      wake();
    },
    end() {
      over = true;
      wake();
    },
    // This request is always streamed; errors arrive as events.
    fail() {
      over = true;
      wake();
    },
  });
  try {
    for (;;) {
      const chunks = waiting;
      waiting = [];
      for (const chunk of chunks) {
        for (const event of chunk.split('\n\n')) if (event.startsWith('data: ')) yield event.slice(6);
      }
      if (waiting.length > 0) continue;
      if (over) return;
      source.resume();
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (waiting.length > 0 || over) resolve();
      });
    }
  } finally {
    source.cancel('the reader stopped reading');
  }
}
