import type { UpstreamAnswer } from '../answer.js';
import type { AttemptAccount } from '../attempt-account.js';
import type { Attempt, Call } from '../call.js';
import { Cancellation } from '../cancellation.js';
import type { Clock } from '../clock.js';
import type { Codec, EncodeTarget, Framing } from '../codec.js';
import { withDefaultParameters } from '../default-parameters.js';
import type { Deployment } from '../deployment.js';
import { isJsonObject, type JsonObject } from '../encoding/json.js';
import { errorForCaller, GatewayError } from '../errors.js';
import { writeForm } from '../forms/form.js';
import type { InitialBuffer } from '../model-group.js';
import type { PartialAnswer } from '../partial-answer.js';
import type { SigningContext } from '../provider.js';
import { AnswerStream, type AnswerStreamDeps, type StreamEnd } from '../streams/answer-stream.js';
import type { ChunkTransformsDeps } from '../streams/chunk-transforms.js';
import { Deadline } from '../streams/deadline.js';
import { replaceIds } from '../streams/replace-ids.js';
import type { Send, UpstreamReply, UpstreamRequest } from '../transport.js';
import type { Usage } from '../usage/usage.js';
import { attributed } from './attribute-failure.js';
import { readBody } from './read-body.js';
import { redactCredentials } from './redact-credentials.js';
import { upstreamRequestIdIn } from './upstream-request-id.js';
import { refusesUsage, type UsageRefusers } from './usage-refusers.js';

export interface AttemptDeps {
  /** The transport, wrapped in the interceptors. */
  readonly send: Send;
  /** Wraps what a connection uses instead of the transport in the interceptors. */
  intercept(send: Send): Send;
  readonly signing: SigningContext;
  readonly clock: Clock;
  readonly heartbeatMs: number;
  /** Deployments that rejected requests for usage in a stream; read and updated. */
  readonly usageRefusers: UsageRefusers;
  /** The public id of a stored response; `owed` if it is not finished, so that its usage is charged later. */
  encryptId(id: string, attempt: Attempt, unbilled: boolean): Promise<string>;
  estimate(producedCharacters: number): Usage;
  /** What sees and changes the chunks of a stream of this call; undefined if nothing does. */
  readonly transformsOf?: ((call: Call) => ChunkTransformsDeps | undefined) | undefined;
  /** What a whole answer used. */
  usageOfAnswer(answer: JsonObject): Usage;
}

/** The parameters of one attempt. */
export interface AttemptOptions {
  readonly account: AttemptAccount;
  /** Ends it: the client disconnected, or another attempt was faster. */
  readonly cancellation: Cancellation;
  /** Milliseconds since the epoch at which it must have ended, whatever its deployment's own deadlines are. */
  readonly endsAt: number;
  readonly initialBuffer: InitialBuffer | undefined;
  /** The part of the answer that the client has, and its usage, if a broken one may be resumed. */
  readonly partial: PartialAnswer | undefined;
  readonly previousUsage: Usage | undefined;
  /** The stream was interrupted. True means that somebody resumes it: then `onStreamEnd` is not called. */
  readonly onInterrupted: AnswerStreamDeps['onInterrupted'] | undefined;
  /** A stream with content has ended. */
  onStreamEnd(end: StreamEnd): void;
}

/** No answer of a model is larger: 64 MiB holds 2,048 embeddings of 3,072 numbers. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
/** Enough of an error response to classify it. */
const MAX_ERROR_BYTES = 64 * 1024;

/**
 * Makes one attempt. Resolves with the whole answer, or with a stream whose first content has arrived; rejects with
 * the failure, as the vendor's `classify` decided. Fills in the attempt's record.
 */
export async function sendAttempt(
  call: Call,
  deployment: Deployment,
  asked: AttemptOptions,
  deps: AttemptDeps,
): Promise<UpstreamAnswer> {
  for (;;) {
    const sent: Sent = { body: undefined };
    try {
      return await ask(call, deployment, asked, deps, sent);
    } catch (error) {
      const failure = asFailure(error, deployment);
      const { usageRefusers, clock } = deps;
      const { body } = sent;
      const isRefusal = call.summary.stream && body !== undefined && refusesUsage(failure, body);
      if (!isRefusal || usageRefusers.has(deployment)) throw attributed(failure, call, deployment, clock.now());
      // Asked once more without: the next calls are asked without at once.
      usageRefusers.add(deployment);
    }
  }
}

/** What an attempt sent, needed to read its failure. */
interface Sent {
  body: JsonObject | undefined;
}

async function ask(
  call: Call,
  deployment: Deployment,
  asked: AttemptOptions,
  deps: AttemptDeps,
  sent: Sent,
): Promise<UpstreamAnswer> {
  const { account } = asked;
  const attempt = account.record;
  const { operation, summary } = call;
  const { connection } = deployment;
  const codec = deployment.codecs[operation.name] as Codec; // routing only uses deployments that have it
  const target: EncodeTarget = {
    model: deployment.model,
    baseModel: deployment.baseModel,
    stream: summary.stream,
    maxOutputTokens: deployment.configuredMaxOutputTokens,
    wantsUsage: summary.wantsUsage,
    mayAskUsage: !deps.usageRefusers.has(deployment),
    dropUnsupported: deployment.dropUnsupported,
    warn: (message) => call.warnings.add(message),
    createdAt: Math.floor(call.startedAt / 1000),
  };
  const { defaultParameters } = deployment;
  const body =
    defaultParameters === undefined ? call.body : withDefaultParameters(call.body, operation.name, defaultParameters);
  const encoded = codec.encode(body, target);
  sent.body = encoded;
  const form = call.form && writeForm(call.form, encoded);
  const headers = codec.headers?.(connection.headers, call.headers) ?? connection.headers;
  const cancellation = new Cancellation();
  const unlink = asked.cancellation.onCancel((reason) => cancellation.cancel(reason));
  let request: UpstreamRequest = {
    method: 'POST',
    origin: connection.origin,
    // Routing only uses deployments that have the path.
    path: ((summary.stream ? connection.streamPaths?.[operation.name] : undefined) ??
      connection.paths[operation.name]) as string,
    headers: form ? { ...headers, 'content-type': form.contentType } : headers,
    body: form?.body ?? JSON.stringify(encoded),
    cancellation,
    attempt: {
      callId: call.id,
      deployment: deployment.id,
      provider: deployment.provider.name,
      number: call.attempts.indexOf(attempt) + 1,
    },
  };
  const deadline = new Deadline(
    deps.clock,
    deployment.deadlines,
    `"${deployment.id}"`,
    summary.stream,
    asked.endsAt,
    (error) => cancellation.cancel(error),
  );
  let streaming = false;
  try {
    if (connection.sign !== undefined) request = await connection.sign(request, deps.signing);
    const send = connection.send === undefined ? deps.send : deps.intercept(connection.send);
    const reply = await send(request);
    deadline.headArrived();
    // What comes once it has ended changes its record no more.
    if (!account.hasEnded) {
      attempt.status = reply.status;
      attempt.upstreamRequestId = upstreamRequestIdIn(reply.headers, request.headers);
      account.headArrived(reply.headers);
    }
    const type = reply.headers.get('content-type') ?? '';
    const framing =
      codec.framing !== undefined && type.startsWith(codec.framing.contentType) ? codec.framing : undefined;
    if (!isSuccess(reply.status) || !summary.stream || (type.includes('json') && framing === undefined)) {
      return await readWhole(reply, type, cancellation, deadline);
    }
    if (framing === undefined && !type.startsWith('text/event-stream')) throw notAnAnswer(reply, type);
    const stream = openStream(reply, framing);
    streaming = true;
    await stream.opened;
    await renameIds(stream);
    return { kind: 'events', deployment, attempt, stream };
  } catch (error) {
    throw error instanceof GatewayError ? redactCredentials(error, request.headers) : error;
  } finally {
    if (!streaming) finish();
  }

  function finish(): void {
    deadline.close();
    unlink();
  }

  /** The public ids of stored responses, by the upstream's ids; undefined if nothing is stored. */
  async function idsIn(answer: unknown): Promise<ReadonlyMap<string, string> | undefined> {
    const { previousResponse } = call;
    const { storage } = operation;
    if (storage === undefined || codec.storesResponses !== true || !isJsonObject(answer)) return undefined;
    const ids = new Map<string, string>();
    if (previousResponse !== undefined) ids.set(previousResponse.upstreamId, previousResponse.publicId);
    const id = storage.isStored(body) ? storage.idOf(answer) : undefined;
    if (id !== undefined) ids.set(id, await deps.encryptId(id, attempt, !summary.stream && storage.isUnderWay(answer)));
    return ids.size === 0 ? undefined : ids;
  }

  /** The stream has no reader yet: it is held back meanwhile, and ends if its ids cannot be made. */
  async function renameIds(stream: AnswerStream): Promise<void> {
    if (operation.storage === undefined || codec.storesResponses !== true) return;
    stream.pause();
    try {
      const ids = await idsIn(stream.firstChunk);
      if (ids !== undefined) stream.replaceIds(ids);
    } catch (error) {
      stream.cancel(error);
      throw error;
    }
    stream.resume();
  }

  function openStream(reply: UpstreamReply, framing: Framing | undefined): AnswerStream {
    const stream = new AnswerStream({
      source: reply.body,
      decoder: codec.openStream(target, body),
      framing,
      deadline,
      clock: deps.clock,
      heartbeatMs: deps.heartbeatMs,
      format: operation.stream as NonNullable<typeof operation.stream>, // only operations with streams have demand.stream
      errors: {
        body: operation.errors.body,
        event: (failure, id) =>
          operation.errors.event(errorForCaller(redactCredentials(failure, request.headers), call.group.name), id),
      },
      requestId: call.id,
      wantsUsage: summary.wantsUsage,
      initialBuffer: asked.initialBuffer,
      partial: asked.partial,
      previousUsage: asked.previousUsage,
      transforms: deps.transformsOf?.(call),
      ...(asked.onInterrupted && {
        onInterrupted: (end: StreamEnd & { outcome: 'incomplete' }, error: () => string) => {
          const isTaken = asked.onInterrupted?.(attributedEnd(end), error) ?? false;
          if (isTaken) finish();
          return isTaken;
        },
      }),
      estimate: deps.estimate,
      onFirstContent: () => {
        attempt.firstContentAt = deps.clock.now();
        account.firstContent();
      },
      onEnd: (end) => {
        finish();
        asked.onStreamEnd(end.outcome === 'incomplete' && end.byTransform !== true ? attributedEnd(end) : end);
      },
    });
    // The stream ends itself on a deadline, a disconnect or a closing gateway, whatever the transport does.
    cancellation.onCancel((reason) => stream.fail(reason));
    stream.opened.catch(finish);
    account.measureBy(() => stream.usedSoFar);
    stream.begin();
    return stream;
  }

  function attributedEnd<End extends StreamEnd & { outcome: 'incomplete' | 'client_gone' }>(end: End): End {
    return { ...end, failure: attributed(end.failure, call, deployment, deps.clock.now()) };
  }

  async function readWhole(
    reply: UpstreamReply,
    type: string,
    watch: Cancellation,
    limit: Deadline,
  ): Promise<UpstreamAnswer> {
    const ok = isSuccess(reply.status);
    const bytes = await readBody(
      reply.body,
      ok ? MAX_ANSWER_BYTES : MAX_ERROR_BYTES,
      () => limit.alive(),
      (listener) => watch.onCancel(listener),
      // Billed as a whole from here on, even if another attempt is chosen before this one is told.
      ok ? (whole) => account.measureBy(() => usageIn(whole)) : undefined,
    );
    if (ok && operation.binaryAnswers && !type.includes('json') && !type.startsWith('text/') && bytes.length > 0) {
      return { kind: 'whole', deployment, attempt, type, body: bytes, value: {} };
    }
    const text = UTF8.decode(bytes);
    if (ok && text === '') throw broken('an empty body');
    const value = parse(text);
    if (!ok || (isJsonObject(value) && value.error)) {
      const failure = deployment.provider.classify({ status: reply.status, headers: reply.headers, body: value, text });
      throw codec.failure?.(failure) ?? failure;
    }
    if (ok && value === undefined && operation.textAnswers && !type.startsWith('text/html')) {
      return { kind: 'whole', deployment, attempt, type, body: text, value: { text } };
    }
    if (value === undefined && type !== '' && !type.includes('json')) throw notAnAnswer(reply, type);
    if (!isJsonObject(value))
      throw broken(value === undefined ? 'a body that is not JSON' : 'JSON that is not an object');
    if (summary.stream) throw broken('a whole answer to a request for a stream');
    // Chat completions, and answers of other APIs that are translated from one.
    if (Array.isArray(value.choices) && value.choices.length === 0) throw broken('no choice');
    if (codec.decode === undefined || codec.isAsAsked?.(value, call.body) === true) {
      const ids = await idsIn(value);
      if (ids === undefined) return { kind: 'whole', deployment, attempt, body: text, value };
      const renamed = replaceIds(text, ids);
      return { kind: 'whole', deployment, attempt, body: renamed, value: JSON.parse(renamed) as JsonObject };
    }
    const decoded = codec.decode(value, target, body);
    return { kind: 'whole', deployment, attempt, body: JSON.stringify(decoded), value: decoded };
  }

  /** What a complete answer used that nobody will read. */
  function usageIn(bytes: Uint8Array): Usage {
    try {
      const value = parse(UTF8.decode(bytes));
      if (isJsonObject(value)) return deps.usageOfAnswer(codec.decode?.(value, target, call.body) ?? value);
    } catch {
      // An answer that cannot be translated says nothing of what it used.
    }
    return deps.estimate(0);
  }

  function broken(found: string): GatewayError {
    return new GatewayError('upstream_error', `"${deployment.id}" answered with ${found}.`, { upstreamStatus: 200 });
  }

  function notAnAnswer(reply: UpstreamReply, type: string): GatewayError {
    const error = new GatewayError(
      'upstream_error',
      `"${deployment.id}" answered with content of type "${type.slice(0, 60)}" where a model's answer was expected. ` +
        'Check that its base URL is that of the API.',
      { retryable: false, upstreamStatus: reply.status },
    );
    reply.body.cancel(error);
    return error;
  }
}

const UTF8 = new TextDecoder();

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function asFailure(error: unknown, deployment: Deployment): GatewayError {
  if (error instanceof GatewayError) return error;
  if (error instanceof RangeError) {
    return new GatewayError('invalid_input', 'The request is nested too deeply.', { cause: error });
  }
  return new GatewayError('upstream_error', `The request to "${deployment.id}" failed before a response arrived.`, {
    cause: error,
  });
}
