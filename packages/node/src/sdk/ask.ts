import { FAILURES, type FailureKind, GatewayError, isJsonObject, type JsonObject } from '@portico/core';
import { fetchFor, type SdkOptions } from './gateway-for.js';

/** The parameters of every request. */
export interface SdkRequest {
  /** `vendor/model`. */
  readonly model: string;
  readonly [parameter: string]: unknown;
}

/** Requests a whole answer. Rejects with a `GatewayError`. */
export async function askWhole(path: string, request: SdkRequest, options: SdkOptions): Promise<JsonObject> {
  const answer = await ask(path, { ...request, stream: undefined }, options);
  return (await answer.json()) as JsonObject;
}

/** Requests a stream: the data of its events, as they arrive. Leaving the loop aborts the upstream. */
export async function askStream(
  path: string,
  request: SdkRequest,
  options: SdkOptions,
): Promise<AsyncGenerator<JsonObject, void, undefined>> {
  const answer = await ask(path, { ...request, stream: true }, options);
  return eventsOf(answer.body as ReadableStream<Uint8Array>); // a stream always has one
}

async function ask(path: string, request: SdkRequest, options: SdkOptions): Promise<Response> {
  const { signal } = options;
  const answer = await fetchFor(request.model, options)(`http://portico${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
    ...(signal !== undefined && { signal }),
  });
  if (answer.ok) return answer;
  const seconds = answer.headers.get('retry-after');
  throw errorOf((await answer.json()) as JsonObject, seconds === null ? undefined : Number(seconds) * 1_000);
}

/** The gateway writes complete events, one line of data each. */
async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<JsonObject, void, undefined> {
  let rest = '';
  for await (const text of body.pipeThrough(new TextDecoderStream()) as unknown as AsyncIterable<string>) {
    const events = (rest + text).split('\n\n');
    rest = events.pop() ?? '';
    for (const event of events) {
      const data = /^data: (.*)$/m.exec(event)?.[1];
      if (data === undefined) continue;
      if (data === '[DONE]') return;
      const value = JSON.parse(data) as JsonObject;
      if (isJsonObject(value.error)) throw errorOf(value, undefined);
      yield value;
    }
  }
}

function errorOf(body: JsonObject, retryAfterMs: number | undefined): GatewayError {
  const { kind, message, code, param } = body.error as {
    readonly kind: FailureKind;
    readonly message: string;
    readonly code: string;
    readonly param: string | null;
  };
  return new GatewayError(kind in FAILURES ? kind : 'internal', message, {
    code,
    param: param ?? undefined,
    retryAfterMs,
  });
}
