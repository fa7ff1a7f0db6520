import type { Attempt, Call } from '../call.js';
import { Cancellation } from '../cancellation.js';
import type { Clock } from '../clock.js';
import type { Deployment } from '../deployment.js';
import type { BytesReader, ErrandAnswer, ErrandReply, ErrandRequest } from '../errand.js';
import { GatewayError } from '../errors.js';
import { isJsonObject } from '../json.js';
import type { Operation } from '../operation.js';
import type { SignMeans } from '../provider.js';
import type { ReplyHeaders } from '../reply.js';
import type { Send, UpstreamReply, UpstreamRequest } from '../transport.js';
import { ByteStream, type BytesEnd } from './byte-stream.js';
import { Deadline } from './deadline.js';
import { withoutCredentials } from './hide-credentials.js';
import { piecesOf } from './pieces-of.js';
import { readBody } from './read-body.js';

export interface RelayParts {
  readonly send: Send;
  readonly signing: SignMeans;
  readonly clock: Clock;
  /** Milliseconds since the epoch at which the call's total deadline passes. */
  readonly callEndsAt: number;
  onBytesEnd(end: BytesEnd): void;
}

/** Descriptions of things are small; answers that are kept may hold pictures. */
const MAX_JSON_BYTES = 64 * 1024 * 1024;
/** Enough of an error answer to classify it. */
const MAX_ERROR_BYTES = 64 * 1024;

/** Sends one request of an errand as it is. Resolves when a success has begun; rejects with the failure, decided by the vendor. */
export async function relay(
  call: Call<unknown, Operation>,
  deployment: Deployment,
  attempt: Attempt,
  asked: ErrandRequest,
  parts: RelayParts,
): Promise<ErrandReply> {
  const { connection } = deployment;
  const cancellation = new Cancellation();
  const unlink = call.cancellation.onCancel((reason) => cancellation.cancel(reason));
  const deadline = new Deadline(
    parts.clock,
    deployment.deadlines,
    `"${deployment.id}"`,
    false,
    parts.callEndsAt,
    (error) => cancellation.cancel(error),
  );
  let request: UpstreamRequest = {
    method: asked.method,
    origin: connection.origin,
    path: asked.path,
    headers: { ...asked.headers, ...connection.headers, ...contentTypeOf(asked) },
    body: watched(asked.body, (error) => cancellation.cancel(error)),
    cancellation,
    attempt: {
      callId: call.id,
      deployment: deployment.id,
      provider: deployment.provider.name,
      number: call.attempts.length,
    },
  };
  let handedOn = false;
  try {
    if (connection.sign !== undefined) request = await connection.sign(request, parts.signing);
    const reply = await parts.send(request);
    deadline.headArrived();
    attempt.status = reply.status;
    attempt.upstreamRequestId = reply.headers.get('x-request-id') ?? reply.headers.get('request-id');
    if (reply.status < 200 || reply.status >= 300) throw await failureOf(reply);
    handedOn = true;
    return replyOf(reply);
  } catch (error) {
    // What is still being sent is sent for nothing.
    cancellation.cancel(error);
    throw safe(error);
  } finally {
    if (!handedOn) finish();
  }

  function finish(): void {
    deadline.close();
    unlink();
  }

  function safe(error: unknown): unknown {
    if (error instanceof GatewayError) return withoutCredentials(error, request.headers);
    return new GatewayError('upstream_error', `Asking "${deployment.id}" failed before it answered.`, { cause: error });
  }

  async function failureOf(reply: UpstreamReply): Promise<GatewayError> {
    const text = new TextDecoder().decode(await read(reply, MAX_ERROR_BYTES));
    const failure = deployment.provider.classify({
      status: reply.status,
      headers: reply.headers,
      body: parse(text),
      text,
    });
    // Something it does not have is no sign that it lacks the model.
    return reply.status === 404 ? new GatewayError('not_found', failure.message, { upstreamStatus: 404 }) : failure;
  }

  function read(reply: UpstreamReply, maxBytes: number): Promise<Uint8Array> {
    return readBody(
      reply.body,
      maxBytes,
      () => deadline.alive(),
      (listener) => cancellation.onCancel(listener),
    );
  }

  function replyOf(reply: UpstreamReply): ErrandReply {
    return {
      status: reply.status,
      headers: reply.headers,
      async json() {
        try {
          const value = parse(new TextDecoder().decode(await read(reply, MAX_JSON_BYTES)));
          if (isJsonObject(value)) return value;
          throw new GatewayError(
            'upstream_error',
            `"${deployment.id}" answered with something that is no JSON object.`,
            {
              upstreamStatus: reply.status,
            },
          );
        } catch (error) {
          throw safe(error);
        } finally {
          finish();
        }
      },
      async *pieces() {
        try {
          for await (const piece of piecesOf(reply.body, cancellation)) {
            deadline.alive();
            yield piece;
          }
        } finally {
          finish();
        }
      },
      handOn(headers: ReplyHeaders, reader?: BytesReader): ErrandAnswer {
        const body = new ByteStream(reply.body, deadline, reader, (end) => {
          finish();
          parts.onBytesEnd(end);
        });
        cancellation.onCancel((reason) => body.stop(reason));
        return { kind: 'bytes', status: reply.status, headers, body };
      },
    };
  }
}

/** Without a body there is nothing to have a type; the deployment's own is JSON's. */
function contentTypeOf({ headers, body }: ErrandRequest): Record<string, string> {
  const own = headers?.['content-type'];
  return body === undefined || own === undefined ? {} : { 'content-type': own };
}

/** What a body that is being made cannot go on for is the reason the request ends, whatever the transport makes of it. */
function watched(body: UpstreamRequest['body'], failed: (error: unknown) => void): UpstreamRequest['body'] {
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) return body;
  return (async function* () {
    try {
      yield* body;
    } catch (error) {
      failed(error);
      throw error;
    }
  })();
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
