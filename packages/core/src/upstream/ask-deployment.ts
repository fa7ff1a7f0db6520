import type { AttemptAccount } from '../attempt-account.js';
import type { Attempt, Call } from '../call.js';
import { Cancellation } from '../cancellation.js';
import type { Clock } from '../clock.js';
import type { Codec, EncodeTarget, Framing } from '../codec.js';
import type { Deployment } from '../deployment.js';
import type { ErrandAnswer } from '../errand.js';
import { GatewayError } from '../errors.js';
import { writeForm } from '../form.js';
import { isJsonObject, type JsonObject } from '../json.js';
import type { StreamHold } from '../model-group.js';
import type { SignMeans } from '../provider.js';
import type { SaidSoFar } from '../recovery.js';
import type { EventsSource } from '../reply.js';
import type { HeaderLookup, Send, UpstreamReply, UpstreamRequest } from '../transport.js';
import type { Usage } from '../usage.js';
import { AnswerStream, type AnswerStreamParts, type StreamEnd } from './answer-stream.js';
import { attributed } from './attribute-failure.js';
import { Deadline } from './deadline.js';
import { withoutCredentials } from './hide-credentials.js';
import { readBody } from './read-body.js';
import { renamed } from './rename-ids.js';
import { refusesUsage, type UsageRefusers } from './usage-refusers.js';

/** What an upstream gave for a call. */
export type Answer =
  | {
      readonly kind: 'whole';
      readonly deployment: Deployment;
      readonly attempt: Attempt;
      /** Its content type where it is not JSON. */
      readonly type?: string;
      readonly body: string | Uint8Array;
      /** The answer in the operation's public shape. */
      readonly value: JsonObject;
    }
  | {
      readonly kind: 'events';
      readonly deployment: Deployment;
      readonly attempt: Attempt;
      readonly stream: EventsSource;
    }
  | { readonly kind: 'conversation'; readonly deployment: Deployment; readonly attempt: Attempt }
  | (ErrandAnswer & { readonly kind: 'bytes'; readonly deployment: Deployment; readonly attempt: Attempt });

export interface AskParts {
  /** The transport, inside the interceptors. */
  readonly send: Send;
  /** Puts the interceptors around what a connection has instead of the transport. */
  intercept(send: Send): Send;
  readonly signing: SignMeans;
  readonly clock: Clock;
  readonly heartbeatMs: number;
  /** Deployments that refused to be asked for usage in a stream (f44); asked and told. */
  readonly usageRefusers: UsageRefusers;
  /** The id under which the client knows an answer that an upstream keeps; `owed` where it is yet to be made, and paid for. */
  seal(id: string, attempt: Attempt, owed: boolean): Promise<string>;
  estimate(producedCharacters: number): Usage;
  /** What a whole answer used. */
  usageOfAnswer(answer: JsonObject): Usage;
}

/** What belongs to one attempt. */
export interface AskedAttempt {
  readonly account: AttemptAccount;
  /** Ends it: the client left, or another attempt was faster. */
  readonly cancellation: Cancellation;
  /** Milliseconds since the epoch at which it must be over, whatever its deployment's own deadlines. */
  readonly endsAt: number;
  readonly hold: StreamHold | undefined;
  /** What the client has of the answer, and what that has taken, where a broken one may be taken up. */
  readonly soFar: SaidSoFar | undefined;
  readonly usedBefore: Usage | undefined;
  /** The stream broke. True takes it over: then `onStreamEnd` is not told. */
  readonly onBroken: AnswerStreamParts['onBroken'] | undefined;
  /** A stream that had begun to be an answer is over. */
  onStreamEnd(end: StreamEnd): void;
}

/** No answer of a model is larger: 64 MiB holds 2,048 embeddings of 3,072 numbers. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
/** Enough of an error answer to classify it. */
const MAX_ERROR_BYTES = 64 * 1024;

/**
 * Asks one deployment once. Resolves with the whole answer, or with a stream whose first content is here; rejects with
 * the failure, decided by the vendor's own `classify`. Fills in the attempt's record.
 */
export async function askDeployment(
  call: Call,
  deployment: Deployment,
  asked: AskedAttempt,
  parts: AskParts,
): Promise<Answer> {
  for (;;) {
    const sent: Sent = { body: undefined };
    try {
      return await ask(call, deployment, asked, parts, sent);
    } catch (error) {
      const failure = asFailure(error, deployment);
      const { usageRefusers, clock } = parts;
      const { body } = sent;
      const isRefusal = call.demand.stream && body !== undefined && refusesUsage(failure, body);
      if (!isRefusal || usageRefusers.has(deployment)) throw attributed(failure, call, deployment, clock.now());
      // Asked once more without: the next calls are asked without at once.
      usageRefusers.add(deployment);
    }
  }
}

/** What an attempt sent, for whoever reads its failure. */
interface Sent {
  body: JsonObject | undefined;
}

async function ask(
  call: Call,
  deployment: Deployment,
  asked: AskedAttempt,
  parts: AskParts,
  sent: Sent,
): Promise<Answer> {
  const { account } = asked;
  const attempt = account.record;
  const { operation, demand } = call;
  const { connection } = deployment;
  const codec = deployment.codecs[operation.name] as Codec; // routing only offers deployments that have it
  const target: EncodeTarget = {
    model: deployment.model,
    baseModel: deployment.baseModel,
    stream: demand.stream,
    maxOutputTokens: deployment.configuredMaxOutputTokens,
    wantsUsage: demand.wantsUsage,
    mayAskUsage: !parts.usageRefusers.has(deployment),
    dropUnsupported: deployment.dropUnsupported,
    warn: (message) => call.warnings.push(message),
    createdAt: Math.floor(call.startedAt / 1000),
  };
  const encoded = codec.encode(call.body, target);
  sent.body = encoded;
  const form = call.form && writeForm(call.form, encoded);
  const headers = codec.headers?.(connection.headers, call.headers) ?? connection.headers;
  const cancellation = new Cancellation();
  const unlink = asked.cancellation.onCancel((reason) => cancellation.cancel(reason));
  let request: UpstreamRequest = {
    method: 'POST',
    origin: connection.origin,
    // Routing only offers deployments that have the path.
    path: ((demand.stream ? connection.streamPaths?.[operation.name] : undefined) ??
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
    parts.clock,
    deployment.deadlines,
    `"${deployment.id}"`,
    demand.stream,
    asked.endsAt,
    (error) => cancellation.cancel(error),
  );
  let streaming = false;
  try {
    if (connection.sign !== undefined) request = await connection.sign(request, parts.signing);
    const send = connection.send === undefined ? parts.send : parts.intercept(connection.send);
    const reply = await send(request);
    deadline.headArrived();
    attempt.status = reply.status;
    account.headArrived(reply.headers);
    attempt.upstreamRequestId = requestIdIn(reply.headers);
    const type = reply.headers.get('content-type') ?? '';
    const framing =
      codec.framing !== undefined && type.startsWith(codec.framing.contentType) ? codec.framing : undefined;
    if (!isSuccess(reply.status) || !demand.stream || (type.includes('json') && framing === undefined)) {
      return await readWhole(reply, type, cancellation, deadline);
    }
    if (framing === undefined && !type.startsWith('text/event-stream')) throw notAnAnswer(reply, type);
    const stream = openStream(reply, framing);
    streaming = true;
    await stream.opened;
    await renameIds(stream);
    return { kind: 'events', deployment, attempt, stream };
  } catch (error) {
    throw error instanceof GatewayError ? withoutCredentials(error, request.headers) : error;
  } finally {
    if (!streaming) finish();
  }

  function finish(): void {
    deadline.close();
    unlink();
  }

  /** The ids of kept answers by those that the client is to know; undefined where no answer is kept. */
  async function idsIn(answer: unknown): Promise<ReadonlyMap<string, string> | undefined> {
    const { reference } = call;
    const { keeps } = operation;
    if (keeps === undefined || codec.keepsAnswers !== true || !isJsonObject(answer)) return undefined;
    const ids = new Map<string, string>();
    if (reference !== undefined) ids.set(reference.id, reference.shown);
    const id = keeps.isKept(call.body) ? keeps.idOf(answer) : undefined;
    if (id !== undefined) ids.set(id, await parts.seal(id, attempt, !demand.stream && keeps.isUnderWay(answer)));
    return ids.size === 0 ? undefined : ids;
  }

  /** The stream has no reader yet: it is held back meanwhile, and ends if its ids cannot be made. */
  async function renameIds(stream: AnswerStream): Promise<void> {
    if (operation.keeps === undefined || codec.keepsAnswers !== true) return;
    stream.pause();
    try {
      const ids = await idsIn(stream.firstChunk);
      if (ids !== undefined) stream.rename(ids);
    } catch (error) {
      stream.cancel(error);
      throw error;
    }
    stream.resume();
  }

  function openStream(reply: UpstreamReply, framing: Framing | undefined): AnswerStream {
    const stream = new AnswerStream({
      source: reply.body,
      decoder: codec.openStream(target, call.body),
      framing,
      deadline,
      clock: parts.clock,
      heartbeatMs: parts.heartbeatMs,
      spelling: operation.stream as NonNullable<typeof operation.stream>, // only operations with streams have demand.stream
      errors: {
        body: operation.errors.body,
        event: (failure, id) => operation.errors.event(withoutCredentials(failure, request.headers), id),
      },
      requestId: call.id,
      wantsUsage: demand.wantsUsage,
      hold: asked.hold,
      soFar: asked.soFar,
      usedBefore: asked.usedBefore,
      ...(asked.onBroken && {
        onBroken: (end: StreamEnd & { outcome: 'incomplete' }, error: () => string) => {
          const isTaken = asked.onBroken?.(attributedEnd(end), error) ?? false;
          if (isTaken) finish();
          return isTaken;
        },
      }),
      estimate: parts.estimate,
      onFirstContent: () => {
        attempt.firstContentAt = parts.clock.now();
        account.firstContent();
      },
      onEnd: (end) => {
        finish();
        asked.onStreamEnd(end.outcome === 'incomplete' ? attributedEnd(end) : end);
      },
    });
    // The stream ends itself on a deadline, a departed client or a closing gateway, whatever the transport makes of it.
    cancellation.onCancel((reason) => stream.fail(reason));
    stream.opened.catch(finish);
    account.measureBy(() => stream.usedSoFar);
    stream.begin();
    return stream;
  }

  function attributedEnd<End extends StreamEnd & { outcome: 'incomplete' | 'client_gone' }>(end: End): End {
    return { ...end, failure: attributed(end.failure, call, deployment, parts.clock.now()) };
  }

  async function readWhole(reply: UpstreamReply, type: string, watch: Cancellation, limit: Deadline): Promise<Answer> {
    const ok = isSuccess(reply.status);
    const bytes = await readBody(
      reply.body,
      ok ? MAX_ANSWER_BYTES : MAX_ERROR_BYTES,
      () => limit.alive(),
      (listener) => watch.onCancel(listener),
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
    if (demand.stream) throw broken('a whole answer to a request for a stream');
    if (codec.decode === undefined) {
      account.measureBy(() => parts.usageOfAnswer(value));
      const ids = await idsIn(value);
      if (ids === undefined) return { kind: 'whole', deployment, attempt, body: text, value };
      const body = renamed(text, ids);
      return { kind: 'whole', deployment, attempt, body, value: JSON.parse(body) as JsonObject };
    }
    const decoded = codec.decode(value, target, call.body);
    return { kind: 'whole', deployment, attempt, body: JSON.stringify(decoded), value: decoded };
  }

  function broken(found: string): GatewayError {
    return new GatewayError('upstream_error', `"${deployment.id}" answered with ${found}.`, { upstreamStatus: 200 });
  }

  function notAnAnswer(reply: UpstreamReply, type: string): GatewayError {
    const error = new GatewayError(
      'upstream_error',
      `"${deployment.id}" answered with content of type "${type.slice(0, 60)}" where a model's answer was expected. ` +
        'Is its base URL that of the API?',
      { retryable: false, upstreamStatus: reply.status },
    );
    reply.body.cancel(error);
    return error;
  }
}

const UTF8 = new TextDecoder();

/** Names under which vendors tell their own id of a request. */
const REQUEST_ID_HEADERS = ['x-request-id', 'request-id', 'x-amzn-requestid'];

function requestIdIn(headers: HeaderLookup): string | undefined {
  for (const name of REQUEST_ID_HEADERS) {
    const id = headers.get(name);
    if (id !== undefined) return id;
  }
  return undefined;
}

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
  return new GatewayError('upstream_error', `Asking "${deployment.id}" failed before it answered.`, { cause: error });
}
