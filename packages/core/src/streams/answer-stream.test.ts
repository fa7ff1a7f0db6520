import { fakeClock } from '@portico/testing';
import { describe, expect, it } from 'vitest';
import type { StreamDecoder } from '../codec.js';
import { resolveDeadlines } from '../config/resolve-deadlines.js';
import { chunkStream } from '../encoding/chunk-stream.js';
import { errorFormat } from '../endpoints/shared/error-format.js';
import { GatewayError } from '../errors.js';
import { NO_USAGE } from '../usage/usage.js';
import { AnswerStream, type AnswerStreamDeps, type StreamEnd } from './answer-stream.js';
import { Deadline } from './deadline.js';

const bytes = (text: string) => new TextEncoder().encode(text);

/** Speaks a wire of single words: `role`, `done`, `fail`, anything else is content. */
const words: StreamDecoder = {
  event(data, _name, out) {
    if (data === 'done') out.done();
    else if (data === 'fail') out.fail(new GatewayError('overloaded', 'The upstream is full.'));
    else if (data === 'usage') out.usage({ ...NO_USAGE, inputTokens: 7 }, '{"usage":7}');
    else out.chunk(JSON.stringify(data), data !== 'role');
  },
  end() {},
};

function open(changes: Partial<AnswerStreamDeps> = {}) {
  const clock = fakeClock(0);
  const seen = {
    text: '',
    written: [] as (string | Uint8Array)[],
    ended: false,
    ends: [] as StreamEnd[],
    cancelled: [] as unknown[],
    paused: 0,
  };
  const limits = resolveDeadlines({ headersMs: 1_000, firstTokenMs: 2_000, idleMs: 500, answerMs: 60_000 });
  let stream: AnswerStream;
  const deadline = new Deadline(clock, limits, '"x"', true, 60_000, (error) => stream.fail(error));
  stream = new AnswerStream({
    source: {
      start() {},
      pause: () => {
        seen.paused += 1;
      },
      resume() {},
      cancel: (reason) => seen.cancelled.push(reason),
    },
    decoder: words,
    deadline,
    clock,
    heartbeatMs: 100,
    format: chunkStream('chat.completion.chunk'),
    errors: errorFormat,
    requestId: 'req_1',
    wantsUsage: false,
    estimate: () => ({ ...NO_USAGE, outputTokens: 3, estimated: true }),
    onFirstContent() {},
    onEnd: (end) => seen.ends.push(end),
    ...changes,
  });
  stream.begin();
  deadline.headArrived();
  return {
    clock,
    seen,
    stream,
    listen: () =>
      stream.start({
        write(events) {
          seen.written.push(events);
          seen.text += typeof events === 'string' ? events : new TextDecoder().decode(events);
        },
        end: () => (seen.ended = true),
        fail: expect.unreachable,
      }),
  };
}

describe('an answer stream', () => {
  it('holds the opening back until the first content, then hands on one clean opening (R-STR-4)', async () => {
    const { stream, seen, listen } = open();
    let opened = false;
    void stream.opened.then(() => (opened = true));
    stream.bytes(bytes('data: role\n\n'));
    await Promise.resolve();
    expect(opened).toBe(false);
    stream.bytes(bytes('data: Hello\n\n'));
    await stream.opened;
    listen();
    expect(seen.text).toBe('data: "role"\n\ndata: "Hello"\n\n');
  });

  it('rejects an error after bookkeeping events like any failed attempt, nothing sent (R-STR-4)', async () => {
    const { stream, seen } = open();
    stream.bytes(bytes('data: role\n\ndata: fail\n\n'));
    await expect(stream.opened).rejects.toMatchObject({ kind: 'overloaded' });
    expect(seen.ends).toEqual([]);
    expect(seen.cancelled).toHaveLength(1);
  });

  it('never ends a cut stream cleanly: an error in the stream, no [DONE], recorded as incomplete (R-STR-3)', async () => {
    const { stream, seen, listen } = open();
    stream.bytes(bytes('data: Hello\n\ndata: half an ev'));
    await stream.opened;
    listen();
    stream.fail(new Error('socket hang up'));
    expect(seen.text).toContain('data: {"error":{');
    expect(seen.text).not.toContain('[DONE]');
    expect(seen.text).not.toContain('half');
    expect(seen.ended).toBe(true);
    expect(seen.ends).toMatchObject([{ outcome: 'incomplete', failure: { kind: 'network' } }]);
  });

  it('an orderly close without a terminal event is a broken stream too (R-STR-3)', async () => {
    const { stream, seen, listen } = open();
    stream.bytes(bytes('data: Hello\n\n'));
    await stream.opened;
    listen();
    stream.end();
    expect(seen.ends).toMatchObject([{ outcome: 'incomplete' }]);
    expect(seen.text).not.toContain('[DONE]');
  });

  it('hands on the very bytes where whole events leave as they came, and else new text', () => {
    const { stream, seen, listen } = open({
      decoder: { event: (data, _name, out) => out.chunk(data, true), end() {} },
    });
    stream.bytes(bytes('data: "opening"\n\n'));
    listen();
    const whole = bytes('data: "Grüße"\n\n');
    stream.bytes(whole);
    expect(seen.written.at(-1)).toBe(whole);
    // Cut inside an event, and inside a character; with another line end.
    for (const piece of [bytes('data: "a"\n'), bytes('\ndata: "b"\r\n\r\n'), whole.subarray(0, 9), whole.subarray(9)])
      stream.bytes(piece);
    const withTail = new Uint8Array([...whole, 0xc3]);
    stream.bytes(withTail);
    expect(seen.written.slice(2).every((written) => typeof written === 'string')).toBe(true);
    expect(seen.text).toBe(
      'data: "opening"\n\ndata: "Grüße"\n\ndata: "a"\n\ndata: "b"\n\ndata: "Grüße"\n\ndata: "Grüße"\n\n',
    );
  });

  it('tells usage once, at the end, to a client that asked, and estimates it where nobody said (R-STR-2)', async () => {
    const reported = open({ wantsUsage: true });
    reported.stream.bytes(bytes('data: Hi\n\ndata: usage\n\ndata: usage\n\ndata: done\n\n'));
    reported.listen();
    expect(reported.seen.text).toBe('data: "Hi"\n\ndata: {"usage":7}\n\ndata: [DONE]\n\n');
    expect(reported.seen.ends[0]?.usage?.inputTokens).toBe(7);

    const silent = open({ wantsUsage: true });
    silent.stream.bytes(bytes('data: Hi\n\ndata: done\n\n'));
    silent.listen();
    expect(silent.seen.text).toContain('"completion_tokens":3');
    const unasked = open();
    unasked.stream.bytes(bytes('data: Hi\n\ndata: usage\n\ndata: done\n\n'));
    unasked.listen();
    expect(unasked.seen.text).not.toContain('usage');
  });

  it('ignores what comes after the end, and lets go of an upstream that does not close (f39)', async () => {
    const { clock, stream, seen, listen } = open();
    stream.bytes(bytes('data: Hi\n\ndata: done\n\ndata: more\n\n'));
    listen();
    stream.bytes(bytes('data: and more\n\n'));
    expect(seen.text).toBe('data: "Hi"\n\ndata: [DONE]\n\n');
    await clock.advance(1_000);
    expect(seen.cancelled).toHaveLength(1);
    expect(seen.ends).toHaveLength(1);
  });

  it('ends a stall with an error in the stream at the idle deadline (R-STR-9)', async () => {
    const { clock, stream, seen, listen } = open();
    stream.bytes(bytes('data: Hi\n\n'));
    listen();
    await clock.advance(499);
    expect(seen.ends).toEqual([]);
    await clock.advance(1);
    expect(seen.ends).toMatchObject([{ outcome: 'incomplete', failure: { kind: 'timeout' } }]);
    expect(seen.text).toContain('sent nothing for 500 ms');
    expect(seen.cancelled).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  it('lets a reasoning model think in silence before its first content, but not in the middle of it', async () => {
    const clock = fakeClock(0);
    const expired: string[] = [];
    const deadline = new Deadline(clock, resolveDeadlines({}), '"x"', true, 600_000, (error) =>
      expired.push(error.message),
    );
    deadline.headArrived();
    await clock.advance(240_000);
    expect(expired).toEqual([]);
    deadline.alive();
    deadline.contentArrived();
    await clock.advance(30_000);
    expect(expired).toEqual(['"x" sent nothing for 30000 ms during its answer.']);
  });

  it('gives a stream a minute for its head, and a whole answer ten', async () => {
    const clock = fakeClock(0);
    const expired: string[] = [];
    for (const stream of [true, false]) {
      new Deadline(clock, resolveDeadlines({}), String(stream), stream, 900_000, (error) =>
        expired.push(error.message),
      );
    }
    await clock.advance(60_000);
    expect(expired).toEqual(['true sent no response within 60000 ms.']);
    await clock.advance(540_000);
    expect(expired).toHaveLength(2);
  });

  it('speaks a comment into long silences so that nobody between cuts the line (R18)', async () => {
    const { clock, stream, seen, listen } = open();
    stream.bytes(bytes('data: Hi\n\n'));
    listen();
    await clock.advance(250);
    expect(seen.text.match(/: keep-alive\n\n/g)).toHaveLength(2);
  });

  it('a client that leaves ends the upstream and is told nothing (R-STR-6)', async () => {
    const { clock, stream, seen, listen } = open();
    stream.bytes(bytes('data: Hi\n\n'));
    listen();
    stream.cancel('gone');
    expect(seen.cancelled).toHaveLength(1);
    expect(seen.ends).toMatchObject([{ outcome: 'client_gone' }]);
    expect(seen.text).not.toContain('error');
    expect(clock.pending).toBe(0);
  });

  it('reads the last event of an upstream that closes without the blank line', async () => {
    const { stream, seen, listen } = open();
    stream.bytes(bytes('data: Hi\n\ndata: done'));
    stream.end();
    listen();
    expect(seen.text).toBe('data: "Hi"\n\ndata: [DONE]\n\n');
    expect(seen.ends).toMatchObject([{ outcome: 'ok' }]);
  });
});
