import type { CallAccount } from '../../accounts/call-account.js';
import type { Answer } from '../../answer.js';
import type { Call } from '../../call.js';
import { Cancellation } from '../../cancellation.js';
import { isJsonObject, type JsonObject } from '../../encoding/json.js';
import { GatewayError, superseded } from '../../errors.js';
import type { AdmittedRequest, CallAnswer } from '../../hooks/content.js';
import { hookFailure } from '../../hooks/decide.js';
import { mayUseOperation } from '../../identity/access.js';
import type { OperationName, UpstreamOperation } from '../../operation.js';
import type { RouteTable } from '../../routing/route-table.js';
import { ResponseStream } from '../custom/response-stream.js';
import type { Route } from '../endpoint.js';
import { type ContentHooks, contentRequestOf } from './content-hooks.js';
import { resolveModelGroup } from './resolve-model-group.js';

export interface MiddlewareDeps {
  readonly content: ContentHooks;
  readonly route: Route;
  readonly table: RouteTable;
  /** Everything that a middleware may ask within a call. */
  readonly modelOperations: readonly UpstreamOperation[];
}

/** Asks for the answer of a call, around which its middleware runs. `ask` is what lies innermost. */
export async function runMiddleware<Host>(
  call: Call<Host>,
  account: CallAccount,
  ask: (call: Call) => Promise<Answer>,
  deps: MiddlewareDeps,
): Promise<Answer> {
  /** What upstreams have answered, by what the middleware sees of it. */
  const upstream = new Map<CallAnswer, Answer>();
  const asks = new Set<Ask>();
  const { answerMiddleware } = deps.content;
  let isOver = false;
  const limit = whenOver();
  let handedOn: Answer | undefined;
  try {
    const given = await Promise.race([around(0, call), limit.passed]);
    handedOn = upstream.get(given);
    return handedOn ?? answerOf(given, call, account, [...upstream.values()].at(-1));
  } finally {
    isOver = true;
    limit.stop();
    // What is still asked, and answers that nobody gets, end before the call does: they are on its record.
    const others = [...asks].filter(({ answer }) => answer === undefined || answer !== handedOn);
    for (const { cancellation, answer } of others) {
      cancellation.cancel(superseded());
      if (answer !== undefined) cancel(answer);
    }
    await Promise.all(others.map(({ settled }) => settled));
  }

  /** Asks upstreams, with a cancellation of its own: the middleware may want none of it in the end. */
  async function askUpstream(asked: Call, run: (own: Call) => Promise<Answer>): Promise<Answer> {
    if (isOver) throw superseded();
    const cancellation = new Cancellation();
    call.cancellation.onCancel((reason) => cancellation.cancel(reason));
    const answered = run({ ...asked, cancellation });
    const entry: Ask = { cancellation, answer: undefined, settled: answered.then(ignore, ignore) };
    asks.add(entry);
    const answer = await answered;
    if (isOver) {
      cancel(answer);
      throw superseded();
    }
    entry.answer = answer;
    return answer;
  }

  async function around(index: number, asked: Call<Host>): Promise<CallAnswer> {
    const middleware = answerMiddleware[index];
    if (middleware === undefined) return shown(await askUpstream(asked, ask));
    const request: AdmittedRequest = { ...contentRequestOf(asked), ask: askWithin };
    const next = (body?: Readonly<JsonObject>) => around(index + 1, body === undefined ? asked : withBody(asked, body));
    let answer: CallAnswer;
    try {
      answer = await middleware.answer({ ...call.host, request }, next);
    } catch (error) {
      throw hookFailure(error);
    }
    if (isAnswer(answer)) return answer;
    throw hookFailure(
      new TypeError(`"${middleware.name}" must return an answer: what "next" gave, or one of its own.`),
    );
  }

  function shown(answer: Answer): CallAnswer {
    const isJson = answer.kind === 'whole' && answer.type === undefined;
    const seen: CallAnswer = isJson ? { kind: 'whole', value: answer.value } : { kind: 'opaque' };
    upstream.set(seen, answer);
    return seen;
  }

  async function askWithin(name: OperationName, body: Readonly<JsonObject>): Promise<JsonObject> {
    const { principal } = call;
    const operation = deps.modelOperations.find((each) => each.name === name);
    if (operation === undefined) throw new TypeError(`There is no operation "${name}" that a model answers.`);
    if (!mayUseOperation(principal, name)) {
      throw new GatewayError('forbidden', `This credential may not use "${name}".`);
    }
    const summary = operation.read(body);
    if (summary.stream) throw new TypeError('Within a call only whole answers can be asked for.');
    const group = resolveModelGroup(summary.model, principal, deps.table);
    if (!(await account.reserveExtra())) {
      throw new GatewayError('over_budget', 'Your limits have no room for what this call asks besides its answer.');
    }
    const part = { ...call, operation, summary, body, form: undefined, group, overrides: undefined };
    const whole = { ...part, previousResponse: undefined, deploymentFilter: undefined };
    const answer = await askUpstream(whole, (own) => deps.route.ask(own, account));
    if (answer.kind === 'whole') return answer.value;
    throw new TypeError(`"${name}" has no JSON answer.`);
  }

  /** The client is gone, the caller was revoked, or the time is up: a middleware that never answers is not waited for. */
  function whenOver(): { readonly passed: Promise<never>; stop(): void } {
    const { clock } = deps.content;
    let stop = () => {};
    const passed = new Promise<never>((_resolve, reject) => {
      const unlink = call.cancellation.onCancel(reject);
      const stopTimer = clock.after(call.startedAt + call.maxDurationMs - clock.now(), () =>
        reject(new GatewayError('timeout', `No answer came within ${call.maxDurationMs} ms.`)),
      );
      stop = () => {
        unlink();
        stopTimer();
      };
    });
    return { passed, stop };
  }
}

/** A question to upstreams on behalf of a middleware. */
interface Ask {
  readonly cancellation: Cancellation;
  /** Undefined until it has one. */
  answer: Answer | undefined;
  readonly settled: Promise<void>;
}

function ignore(): void {}

function withBody<Host>(call: Call<Host>, body: Readonly<JsonObject>): Call<Host> {
  return { ...call, body, summary: call.operation.read({ ...body, model: body.model ?? call.summary.model }) };
}

function isAnswer(given: unknown): given is CallAnswer {
  if (!isJsonObject(given)) return false;
  if (given.kind === 'whole') return isJsonObject(given.value);
  return given.kind === 'opaque' || (given.kind === 'chunks' && typeof given.chunks === 'object');
}

/** Nobody reads this answer. Its attempt is billed all the same. */
function cancel(answer: Answer): void {
  if (answer.kind === 'events') answer.stream.cancel(superseded());
  else if (answer.kind === 'bytes') answer.body.cancel(superseded());
}

/** An answer that a middleware has made, or changed. */
function answerOf(given: CallAnswer, call: Call, account: CallAccount, last: Answer | undefined): Answer {
  if (given.kind === 'opaque') throw hookFailure(new TypeError('An opaque answer cannot be made, only handed on.'));
  if (given.kind === 'whole') {
    if (call.summary.stream) throw hookFailure(new TypeError('A call for a stream was answered with a whole answer.'));
    const body = JSON.stringify(given.value);
    // The metadata names whoever answered last.
    if (last?.kind === 'whole') return { ...last, value: given.value, body };
    return { kind: 'local', attempt: undefined, status: 200, headers: ['content-type', 'application/json'], body };
  }
  const format = call.operation.stream;
  if (!call.summary.stream || format === undefined) {
    throw hookFailure(new TypeError('A call for a whole answer was answered with the chunks of a stream.'));
  }
  const body = new ResponseStream(eventsOf(given.chunks, format), call.cancellation, account);
  const headers = ['content-type', 'text/event-stream; charset=utf-8'];
  headers.push('cache-control', 'no-cache, no-transform', 'x-accel-buffering', 'no');
  return { kind: 'localStream', attempt: undefined, status: 200, headers, body };
}

function eventsOf(
  chunks: AsyncIterable<JsonObject> | Iterable<JsonObject>,
  format: NonNullable<UpstreamOperation['stream']>,
): ReadableStream<Uint8Array> {
  const utf8 = new TextEncoder();
  async function* events() {
    for await (const chunk of chunks) yield utf8.encode(format.event(JSON.stringify(chunk)));
    yield utf8.encode(format.terminator);
  }
  const iterator = events();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await iterator.return();
    },
  });
}
