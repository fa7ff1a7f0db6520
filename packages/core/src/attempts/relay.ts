import type { BytesAnswer } from '../answer.js';
import type { Attempt, Call } from '../call.js';
import { Cancellation } from '../cancellation.js';
import type { Clock } from '../clock.js';
import type { Deployment } from '../deployment.js';
import { isJsonObject } from '../encoding/json.js';
import { GatewayError } from '../errors.js';
import type { Operation } from '../operation.js';
import type { BytesReader, ForwardedReply, ForwardedRequest } from '../operations/pinned-request.js';
import type { SigningContext } from '../provider.js';
import type { ReplyHeaders } from '../reply.js';
import { ByteStream, type BytesEnd } from '../streams/byte-stream.js';
import { Deadline } from '../streams/deadline.js';
import { iterate } from '../streams/iterate.js';
import type { Send, UpstreamReply, UpstreamRequest } from '../transport.js';
import { readBody } from './read-body.js';
import { redactCredentials } from './redact-credentials.js';
import { upstreamRequestIdIn } from './upstream-request-id.js';

export interface RelayDeps {
  readonly send: Send;
  readonly signing: SigningContext;
  readonly clock: Clock;
  /** Milliseconds since the epoch at which the call's total deadline passes. */
  readonly callEndsAt: number;
  onBytesEnd(end: BytesEnd): void;
}

/** Descriptions of resources are small; stored responses may contain images. */
const MAX_JSON_BYTES = 64 * 1024 * 1024;
/** Enough of an error response to classify it. */
const MAX_ERROR_BYTES = 64 * 1024;

/**
 * Sends one pinned request unchanged. Resolves when a successful response has begun; rejects with the failure, as the
 * vendor decided.
 */
export async function relay(
  call: Call<unknown, Operation>,
  deployment: Deployment,
  attempt: Attempt,
  asked: ForwardedRequest,
  deps: RelayDeps,
): Promise<ForwardedReply> {
  const { connection } = deployment;
  const cancellation = new Cancellation();
  const unlink = call.cancellation.onCancel((reason) => cancellation.cancel(reason));
  const deadline = new Deadline(
    deps.clock,
    deployment.deadlines,
    `"${deployment.id}"`,
    false,
    deps.callEndsAt,
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
    if (connection.sign !== undefined) request = await connection.sign(request, deps.signing);
    const reply = await deps.send(request);
    deadline.headArrived();
    attempt.status = reply.status;
    attempt.upstreamRequestId = upstreamRequestIdIn(reply.headers, request.headers);
    if (reply.status < 200 || reply.status >= 300) throw await failureOf(reply);
    handedOn = true;
    return replyOf(reply);
  } catch (error) {
    // The rest of the request body is no longer needed.
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
    if (error instanceof GatewayError) return redactCredentials(error, request.headers);
    return new GatewayError('upstream_error', `The request to "${deployment.id}" failed before a response arrived.`, {
      cause: error,
    });
  }

  async function failureOf(reply: UpstreamReply): Promise<GatewayError> {
    const text = new TextDecoder().decode(await read(reply, MAX_ERROR_BYTES));
    const failure = deployment.provider.classify({
      status: reply.status,
      headers: reply.headers,
      body: parse(text),
      text,
    });
    // A missing resource does not mean that the model is missing.
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

  function replyOf(reply: UpstreamReply): ForwardedReply {
    return {
      status: reply.status,
      headers: reply.headers,
      async json() {
        try {
          const value = parse(new TextDecoder().decode(await read(reply, MAX_JSON_BYTES)));
          if (isJsonObject(value)) return value;
          throw new GatewayError(
            'upstream_error',
            `"${deployment.id}" answered with something that is not a JSON object.`,
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
          for await (const piece of iterate(reply.body, cancellation)) {
            deadline.alive();
            yield piece;
          }
        } finally {
          finish();
        }
      },
      handOn(headers: ReplyHeaders, reader?: BytesReader): BytesAnswer {
        const body = new ByteStream(reply.body, deadline, reader, (end) => {
          finish();
          deps.onBytesEnd(end);
        });
        cancellation.onCancel((reason) => body.stop(reason));
        return { kind: 'bytes', status: reply.status, headers, body };
      },
    };
  }
}

/** Without a body there is no content type; the deployment's own is that of JSON. */
function contentTypeOf({ headers, body }: ForwardedRequest): Record<string, string> {
  const own = headers?.['content-type'];
  return body === undefined || own === undefined ? {} : { 'content-type': own };
}

/** If the body of the request fails, its error is the reason, whatever the transport reports. */
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
