import { createGzip, gzipSync } from 'node:zlib';
import { withErrorListener } from '@portico/core';
import { type Answer, answerWithCalls } from '../answers/compose-answer.js';
import type { Question } from '../answers/question.js';
import type { FaultId, PickedFault } from '../faults.js';
import { type FailureName, failureReply } from '../wires/failures.js';
import { eventsOf } from '../wires/script.js';
import { formatEvent, type SseEvent, type SseFormat } from '../wires/sse.js';
import { CONTENT_AGAINST_POLICY, CONTEXT_TOO_LONG, type VendorWording } from '../wires/vendor-wordings.js';
import type { UsageOddity, Wire } from '../wires/wire.js';
import type { ProviderReply } from './provider-reply.js';
import type { Exchange } from './provider-server.js';

/** The parameters of the faults: durations and counts. */
export interface FaultOptions {
  /** Tokens sent before a fault during a stream. Default 5. */
  readonly contentTokens?: number;
  /** How long a stalling fault stays silent before it closes, in milliseconds. Default: for ever. */
  readonly stallMs?: number;
  /** How late the first token of f28 is. Default 5,000 ms. */
  readonly slowMs?: number;
  /** Time between the bytes of f48. Default 1,000 ms. */
  readonly trickleMs?: number;
  /** The waiting time that f15, f16 and f21 send. Default 2 s. */
  readonly retryAfterSeconds?: number;
  /** A model's fault shows this many times; then the model is healthy. Default: always. */
  readonly healAfter?: number;
}

/** The input of a fault. */
interface FaultStage {
  readonly exchange: Exchange;
  readonly wire: Wire;
  readonly options: FaultOptions;
  /** Pause between tokens. */
  readonly tokenDelayMs: number;
  /** The question; `undefined` for an operation without messages, such as embeddings. */
  readonly question: Question | undefined;
  /** The healthy answer to the question. */
  answer(question: Question): Answer;
  /** The body of the healthy answer without a stream. */
  body(): unknown;
  /** Answers without a fault. */
  healthy(): Promise<void>;
}

/** Plays a fault on one exchange. A fault of streams gives a healthy answer to other requests. */
export async function serveFault({ fault, variant }: PickedFault, stage: FaultStage): Promise<void> {
  const streams = stage.question?.stream === true;
  if (fault.streaming === 'stream' && !streams) return stage.healthy();
  await PLAY[fault.id](stage, stage.exchange.reply, variant ?? fault.variants[0], variant === undefined);
}

/** Streams events one by one, with `delayMs` between them. */
export async function sendEvents(
  reply: ProviderReply,
  events: readonly SseEvent[],
  delayMs: number,
  spelling: SseFormat = {},
): Promise<void> {
  for (const event of events) {
    await reply.write(formatEvent(event, spelling));
    await reply.pause(delayMs);
  }
}

/** The head of every streamed answer. */
export const EVENT_STREAM = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache',
} as const;

// `variant` is the first one for the bare name; `bare` says that the API's usual one is to be used.
type Play = (stage: FaultStage, reply: ProviderReply, variant: string | undefined, bare: boolean) => Promise<void>;

const PLAY: Readonly<Record<FaultId, Play>> = {
  f01: byUrlOnly,
  f02: byUrlOnly,
  f03: byUrlOnly,
  f04: (_stage, reply) => reply.reset(),
  f05: (stage, reply) => stall(stage, reply),
  async f06(stage, reply) {
    openBody(stage, reply);
    await stall(stage, reply);
  },
  f07: (stage) => fail(stage, 'malformed'),
  f08: (stage, _reply, variant, bare) => failInWords(stage, bare ? 'context' : CONTEXT_TOO_LONG[variant ?? '']),
  f09: (stage, _reply, variant, bare) =>
    failInWords(stage, bare ? 'content-filter' : CONTENT_AGAINST_POLICY[variant ?? '']),
  f10: (stage, reply) => {
    const { status, body } = failureReply('unauthorized', stage.wire.dialect);
    const { error, ...rest } = body as { error: { message: string } }; // The error of every vendor has a message there.
    const message = `${error.message} You sent: ${credentialIn(stage.exchange.request.headers)}`;
    return reply.json(status, { ...rest, error: { ...error, message } });
  },
  f11: (stage) => fail(stage, 'forbidden'),
  f12: (stage) => fail(stage, 'not-found'),
  f13: (stage, _reply, variant) =>
    fail(stage, variant === '409' ? 'conflict' : variant === '425' ? 'too-early' : 'request-timeout'),
  f14: (stage, _reply, variant) => fail(stage, variant === '422' ? 'unprocessable' : 'too-large'),
  f15: (stage) => fail(stage, 'rate-limit', { headers: { 'retry-after': String(retryAfterSeconds(stage)) } }),
  f16: (stage, reply, variant) => {
    const seconds = retryAfterSeconds(stage);
    if (variant === 'ms') return fail(stage, 'rate-limit', { headers: { 'retry-after-ms': String(seconds * 1000) } });
    if (variant === 'body') return reply.json(429, retryInfo(seconds));
    // A date has no fractions of a second, so it is rounded up: never earlier than intended.
    const date = new Date(Math.ceil(Date.now() / 1000 + seconds) * 1000).toUTCString();
    return fail(stage, 'rate-limit', { headers: { 'retry-after': date } });
  },
  f17: (stage) => fail(stage, 'rate-limit'),
  f18: (stage) => fail(stage, 'quota'),
  f19: (stage) => fail(stage, 'server-error'),
  f20: (_stage, reply) => reply.whole(502, HTML, BAD_GATEWAY_PAGE),
  f21: (stage, _reply, variant = '', bare) =>
    fail(stage, 'overloaded', {
      ...(bare ? {} : { status: variant.startsWith('529') ? 529 : 503 }),
      headers: variant.endsWith('retry-after') ? { 'retry-after': String(retryAfterSeconds(stage)) } : {},
    }),
  f22: (stage) => fail(stage, 'gateway-timeout'),
  f23: (stage, reply, variant) => reply.json(200, failureReply(failureIn(variant), stage.wire.dialect).body),
  f24: (stage, reply) => reply.whole(200, headersFor(stage), ''),
  f25: (stage, reply) => {
    const json = JSON.stringify(stage.body());
    return reply.whole(200, JSON_BODY, json.slice(0, Math.ceil(json.length / 2)));
  },
  f26: (_stage, reply) => reply.whole(200, HTML, PORTAL_PAGE),
  f27: (stage, reply) => {
    const { headers, path } = stage.exchange.request;
    const [name, port] = (headers.host ?? '').split(':');
    // Another name for the same listener, so that the log shows which clients follow and what they send.
    const other = name === 'localhost' ? '127.0.0.1' : 'localhost';
    return reply.whole(302, { location: `http://${other}:${port}/elsewhere${path}` }, '');
  },
  async f28(stage, reply, variant) {
    const slowMs = stage.options.slowMs ?? 5000;
    if (variant === 'late-head') {
      await reply.pause(slowMs);
      return stage.healthy();
    }
    openBody(stage, reply);
    if (!streamsIn(stage)) {
      await reply.pause(slowMs);
      await reply.write(JSON.stringify(stage.body()));
      return reply.end();
    }
    const { opening, ...rest } = scriptOf(stage);
    await send(stage, opening);
    await reply.pause(slowMs);
    await send(stage, eventsOf({ ...rest, opening: [] }));
    await reply.end();
  },
  async f29(stage, reply, variant) {
    openBody(stage, reply);
    await send(stage, [stage.wire.errorEvent(failureIn(variant))]);
    await reply.end();
  },
  async f30(stage, reply, variant) {
    openBody(stage, reply);
    await send(stage, [...scriptOf(stage).opening, stage.wire.errorEvent(failureIn(variant))]);
    await reply.end();
  },
  async f31(stage, reply, variant) {
    openBody(stage, reply);
    await send(stage, scriptOf(stage).opening);
    await breakOff(stage, variant);
  },
  async f32(stage, reply, variant) {
    await sendSomeTokens(stage, reply);
    await breakOff(stage, variant);
  },
  async f33(stage, reply) {
    await sendSomeTokens(stage, reply);
    await reply.reset();
  },
  async f34(stage, reply) {
    await sendSomeTokens(stage, reply);
    await stall(stage, reply);
  },
  async f35(stage, reply, variant) {
    await sendSomeTokens(stage, reply);
    await send(stage, [stage.wire.errorEvent(failureIn(variant))]);
    await reply.end();
  },
  async f36(stage, reply) {
    const { opening, content, ...rest } = scriptOf(stage);
    const before = contentTokens(stage);
    openBody(stage, reply);
    await send(stage, [...opening, ...content.slice(0, before)]);
    await reply.write(stage.wire.malformedEvent);
    await send(stage, eventsOf({ ...rest, opening: [], content: content.slice(before) }));
    await reply.end();
  },
  f37: (stage) => sendWhole(stage, eventsOf({ ...scriptOf(stage), terminal: [] })),
  f38: (stage) => sendWhole(stage, eventsOf({ ...scriptOf(stage), finish: [] })),
  f39: (stage) => sendWhole(stage, [...eventsOf(scriptOf(stage)), stage.wire.strayEvent(answerOf(stage))]),
  f40: (stage, _reply, variant) =>
    // The variants of f40 are the oddities by name.
    sendWhole(stage, stage.wire.oddUsage(answerOf(stage), questionOf(stage), variant as UsageOddity)),
  async f41(stage, reply, variant) {
    if (!stage.wire.callsTools) return stage.healthy();
    const { opening, content } = stage.wire.script(answerWithOneCall(stage), questionOf(stage));
    openBody(stage, reply);
    await send(stage, [...opening, ...content.slice(0, Math.ceil(content.length / 2))]);
    await breakOff(stage, variant);
  },
  async f42(stage, reply) {
    if (stage.question === undefined || !stage.wire.callsTools) return stage.healthy();
    const answer = answerWithManyCalls(stage.question, stage.exchange.request.number);
    if (!stage.question.stream) return reply.json(200, stage.wire.json(answer));
    await sendWhole(stage, eventsOf(stage.wire.script(answer, stage.question)));
  },
  async f43(stage, reply, variant) {
    if (variant === 'crlf') return sendWhole(stage, wholeStream(stage), { lineEnd: '\r\n' });
    if (variant === 'cr') return sendWhole(stage, wholeStream(stage), { lineEnd: '\r' });
    if (variant === 'multiline') return sendWhole(stage, wholeStream(stage), { multiline: true });
    if (variant === 'ten-megabytes') return sendWhole(stage, streamWithHugeToken(stage));

    openBody(stage, reply);
    if (variant === 'bom') {
      await reply.write(BYTE_ORDER_MARK);
      await send(stage, wholeStream(stage));
    } else if (variant === 'comments') {
      await reply.write(': PROCESSING\n\n:\n\nretry: 3000\n\n');
      for (const event of wholeStream(stage)) await reply.write(`:keep-alive\nid: 1\n${formatEvent(event)}:\n`);
    } else {
      const bytes = Buffer.from(
        wholeStream(stage)
          .map((event) => formatEvent(event))
          .join(''),
      );
      for (let at = 0; at < bytes.length; at++) await reply.write(bytes.subarray(at, at + 1));
    }
    await reply.end();
  },
  f44: (stage, reply) => {
    const { body } = stage.exchange.request;
    if (typeof body !== 'object' || body === null || !('stream_options' in body)) return stage.healthy();
    if (stage.wire.dialect === 'anthropic') {
      const message = 'stream_options: Extra inputs are not permitted';
      return reply.json(400, { type: 'error', error: { type: 'invalid_request_error', message } });
    }
    const message = 'Unrecognized request argument supplied: stream_options';
    return reply.json(400, { error: { message, type: 'invalid_request_error', param: null, code: null } });
  },
  f45: (stage, reply, variant) => {
    if (stage.exchange.requestsOnSocket === 1) return stage.healthy();
    return variant === 'reset' ? reply.reset() : reply.cut();
  },
  async f46(stage, reply) {
    if (!streamsIn(stage)) {
      return reply.whole(200, { ...JSON_BODY, 'content-encoding': 'gzip' }, gzipSync(JSON.stringify(stage.body())));
    }
    reply.head(200, { ...EVENT_STREAM, 'content-encoding': 'gzip' });
    await sendGzipped(reply, wholeStream(stage));
    await reply.end();
  },
  async f47(stage, reply) {
    reply.ignoreHalfClose();
    openBody(stage, reply);
    if (streamsIn(stage)) await send(stage, scriptOf(stage).opening);
    const pieces = streamsIn(stage) ? scriptOf(stage).content.map((event) => formatEvent(event)) : [' '];
    for (;;) {
      for (const piece of pieces) {
        await reply.write(piece);
        await reply.pause(Math.max(stage.tokenDelayMs, KEEPS_SENDING_EVERY_MS));
      }
    }
  },
  async f48(stage, reply, variant) {
    const everyMs = stage.options.trickleMs ?? 1000;
    const trickle = async (text: string): Promise<void> => {
      for (const byte of Buffer.from(text)) {
        await reply.write(Uint8Array.of(byte));
        await reply.pause(everyMs);
      }
    };
    const filler = streamsIn(stage) ? ':' : ' ';
    if (variant === 'filler') openBody(stage, reply);
    else if (streamsIn(stage)) await sendSomeTokens(stage, reply);
    else {
      openBody(stage, reply);
      await trickle(JSON.stringify(stage.body()));
    }
    const content = streamsIn(stage)
      ? scriptOf(stage)
          .content.map((event) => formatEvent(event))
          .join('')
      : filler;
    for (;;) await trickle(variant === 'filler' ? filler : content);
  },
};

const JSON_BODY = { 'content-type': 'application/json' } as const;
const HTML = { 'content-type': 'text/html' } as const;
const BYTE_ORDER_MARK = '\uFEFF';
const KEEPS_SENDING_EVERY_MS = 5;

const BAD_GATEWAY_PAGE =
  '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n';
const PORTAL_PAGE =
  '<!doctype html>\n<html><head><title>Welcome</title></head><body><p>Sign in to use this network.</p></body></html>\n';

async function byUrlOnly(): Promise<void> {
  throw new Error('This fault is picked by base URL: see unreachableUrls().');
}

async function fail(
  stage: FaultStage,
  name: FailureName,
  { status, headers = {} }: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<void> {
  const failure = failureReply(name, stage.wire.dialect, stage.exchange.request.model);
  await stage.exchange.reply.json(status ?? failure.status, failure.body, headers);
}

function failInWords(stage: FaultStage, words: FailureName | VendorWording | undefined): Promise<void> {
  if (words === undefined || typeof words === 'string') return fail(stage, words ?? 'malformed');
  return stage.exchange.reply.json(400, words.body, words.headers);
}

// The variants of the error faults have the names of the failures they show.
function failureIn(variant: string | undefined): FailureName {
  return (variant ?? 'server-error') as FailureName;
}

function retryAfterSeconds(stage: FaultStage): number {
  return stage.options.retryAfterSeconds ?? 2;
}

function retryInfo(seconds: number): unknown {
  return {
    error: {
      code: 429,
      message: 'Resource has been exhausted (e.g. check quota).',
      status: 'RESOURCE_EXHAUSTED',
      details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${seconds}s` }],
    },
  };
}

function credentialIn(headers: Exchange['request']['headers']): string {
  const shown = headers.authorization ?? headers['x-api-key'] ?? headers['api-key'] ?? 'none';
  return String(shown).replace(/^Bearer /i, '');
}

async function stall(stage: FaultStage, reply: ProviderReply): Promise<void> {
  await reply.pause(stage.options.stallMs ?? Number.POSITIVE_INFINITY);
  await reply.cut();
}

function breakOff(stage: FaultStage, how: string | undefined): Promise<void> {
  const { reply } = stage.exchange;
  if (how === 'stall') return stall(stage, reply);
  if (how === 'reset') return reply.reset();
  return how === 'end' ? reply.end() : reply.cut();
}

function streamsIn(stage: FaultStage): boolean {
  return stage.question?.stream === true;
}

function headersFor(stage: FaultStage): Readonly<Record<string, string>> {
  return streamsIn(stage) ? EVENT_STREAM : JSON_BODY;
}

function openBody(stage: FaultStage, reply: ProviderReply): void {
  reply.head(200, headersFor(stage));
}

function contentTokens(stage: FaultStage): number {
  return stage.options.contentTokens ?? 5;
}

function questionOf(stage: FaultStage): Question {
  if (stage.question === undefined) throw new Error('Only an operation with messages can be streamed.');
  return stage.question;
}

function answerOf(stage: FaultStage): Answer {
  return stage.answer(questionOf(stage));
}

function scriptOf(stage: FaultStage): ReturnType<Wire['script']> {
  return stage.wire.script(answerOf(stage), questionOf(stage));
}

function wholeStream(stage: FaultStage): SseEvent[] {
  return eventsOf(scriptOf(stage));
}

function send(stage: FaultStage, events: readonly SseEvent[]): Promise<void> {
  return sendEvents(stage.exchange.reply, events, stage.tokenDelayMs);
}

async function sendWhole(stage: FaultStage, events: readonly SseEvent[], spelling: SseFormat = {}): Promise<void> {
  const { reply } = stage.exchange;
  openBody(stage, reply);
  await sendEvents(reply, events, stage.tokenDelayMs, spelling);
  await reply.end();
}

async function sendSomeTokens(stage: FaultStage, reply: ProviderReply): Promise<void> {
  const { opening, content } = scriptOf(stage);
  openBody(stage, reply);
  await send(stage, [...opening, ...content.slice(0, contentTokens(stage))]);
}

async function sendGzipped(reply: ProviderReply, events: readonly SseEvent[]): Promise<void> {
  const gzip = withErrorListener(createGzip());
  const compress = async (): Promise<void> => {
    for (const event of events) {
      gzip.write(formatEvent(event));
      await new Promise<void>((resolve) => gzip.flush(resolve));
    }
    gzip.end();
  };
  const forward = async (): Promise<void> => {
    for await (const piece of gzip) await reply.write(piece as Buffer); // No encoding is set, so pieces are Buffers.
  };
  await Promise.all([compress(), forward()]);
}

function answerWithOneCall(stage: FaultStage): Answer {
  const question = questionOf(stage);
  const name = question.tools[0]?.name ?? 'get_weather';
  const note = 'These arguments are long enough to be cut in the middle, and they are.';
  return answerWithCalls(question, stage.exchange.request.number, [{ name, arguments: { city: 'Reykjavík', note } }]);
}

function answerWithManyCalls(question: Question, number: number): Answer {
  const text = 'Ünïcödé, “quotes”, \\backslashes\\, "more" and 🧵. '.repeat(400);
  const calls = Array.from({ length: 8 }, (_, part) => ({
    name: question.tools[part % question.tools.length]?.name ?? `collect_part_${part}`,
    arguments: {
      part,
      text: Array.from(text)
        .slice(part, part + MANY_CALLS_CHARACTERS)
        .join(''),
    },
  }));
  return { ...answerWithCalls(question, number, calls), interleaved: true };
}

// Eight times this, with quotes escaped and some multi-byte characters, is a little over 100 kB.
const MANY_CALLS_CHARACTERS = 11_500;

function streamWithHugeToken(stage: FaultStage): SseEvent[] {
  const answer = answerOf(stage);
  const tokens = [...answer.tokens.slice(0, 1), ' ten megabytes'.repeat(750_000), ...answer.tokens.slice(1)];
  return eventsOf(stage.wire.script({ ...answer, tokens }, questionOf(stage)));
}
