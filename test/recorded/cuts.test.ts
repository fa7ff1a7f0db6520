import { createGateway, type Gateway } from '@portico/core';
import type { ByteSink, Transport } from '@portico/core/provider';
import { allProviders } from '@portico/providers';
import { type CaseLine, fakeClock, listCases, readCase } from '@portico/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { fixtures, WITHOUT_FIXTURES } from './fixtures.js';
import { prefixOf } from './recorded-gateway.js';

const CHAT_STREAMS = 50;
/** Bytes; an event that is longer is cut in several places in one run, so that the longest take seconds. */
const LONGEST_PIECE = 500;
/** Bytes; longer ones only repeat themselves. */
const LONGEST_STREAM = 9_000;

/**
 * A stream is the same wherever the network cuts it, through the whole road from the upstream's bytes to the client's
 * (f43). Every byte offset is a cut once: in one run every second event is cut at its first byte, in the next at its second,
 * and so on, the events between staying whole, so that all the ways a chunk can take are taken.
 */
describe('recorded streams, cut at every byte offset', () => {
  if (fixtures === undefined) return it.skip(WITHOUT_FIXTURES, () => {});
  const folder = fixtures;
  const streams = listCases(folder, (line) => line.stream && line.status === 200);
  const bytesOf = (line: CaseLine) => readCase(folder, line.id).response.bytes;
  const chat = streams
    .filter((line) => line.api === 'chat' && bytesOf(line).length < LONGEST_STREAM)
    .sort((a, b) => bytesOf(b).length - bytesOf(a).length)
    .slice(0, CHAT_STREAMS);
  const all = streams.filter((line) => ['messages', 'responses', 'chat2'].includes(line.api));
  const lines = [...chat, ...all];
  let gateway: Gateway;
  let next: readonly Uint8Array[] = [];

  beforeAll(() => {
    gateway = createGateway(
      {
        vendorIds: 'allow',
        models: Object.fromEntries(
          lines.map((line) => [
            line.id,
            [
              {
                model: `${prefixOf(line)}/${line.model || 'unnamed'}`,
                baseUrl: 'http://upstream.example/v1',
                apiKey: 'sk-cut',
              },
            ],
          ]),
        ),
        anonymous: { id: 'tester' },
        cooldowns: { cooldownMs: 0, quotaCooldownMs: 0, failuresInARow: 1_000_000 },
        retries: { maxRetries: 0 },
        clock: fakeClock(0),
      },
      { providers: allProviders(), transport: piecewise(() => next), environment: { AWS_REGION: 'us-east-1' } },
    );
  });

  it(`are ${CHAT_STREAMS} of chat and all of messages, responses and Cohere`, () =>
    expect(chat).toHaveLength(CHAT_STREAMS));

  it.each(lines.map((line) => [`${line.api} ${line.id}`, line] as const))('%s', async (_title, line) => {
    const events = eventsOf(bytesOf(line));
    const uncut = await read(line, events);
    const longest = Math.max(...events.map((event) => event.length));
    for (const parity of [0, 1]) {
      for (let offset = 1; offset <= Math.min(longest, LONGEST_PIECE); offset += 1) {
        const pieces = events.flatMap((event, index) => (index % 2 === parity ? cutAt(event, offset) : [event]));
        if (pieces.length === events.length) continue;
        const cut = await read(line, pieces);
        if (cut !== uncut) expect({ offset, parity, text: cut }).toEqual({ offset, parity, text: uncut });
      }
    }
  });

  /** What the client of a stream reads, without the id that every call has anew. */
  async function read(line: CaseLine, pieces: readonly Uint8Array[]): Promise<string> {
    next = pieces;
    const isResponse = line.api === 'responses';
    const asked = isResponse ? { input: 'Hello', store: false } : { messages: [{ role: 'user', content: 'Hello' }] };
    const answer = await gateway.handle({
      method: 'POST',
      path: isResponse ? '/v1/responses' : '/v1/chat/completions',
      header: () => undefined,
      ip: undefined,
      authority: undefined,
      host: {},
      body: { kind: 'parsed', value: { model: line.id, stream: true, ...asked } },
      onClientGone() {},
    });
    if (answer?.kind !== 'events') return String(answer?.body ?? '').replace(/req_[\w-]+/, '');
    const utf8 = new TextDecoder();
    let text = '';
    await new Promise<void>((resolve) => {
      answer.body.start({
        write(written) {
          text += typeof written === 'string' ? written : utf8.decode(written, { stream: true });
        },
        end: resolve,
        fail: expect.unreachable,
      });
    });
    return text.replace(/req_[\w-]+/, '');
  }
});

/** The event in two, or in more where it is long. */
function cutAt(event: Uint8Array, offset: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let start = 0;
  for (let end = offset; end < event.length; end += LONGEST_PIECE) {
    pieces.push(event.subarray(start, end));
    start = end;
  }
  return [...pieces, event.subarray(start)];
}

/** Hands on the pieces one after the other, the first ones before anybody listens to the client's side. */
function piecewise(pieces: () => readonly Uint8Array[]): Transport {
  return {
    async send() {
      return {
        status: 200,
        headers: { get: (name) => (name === 'content-type' ? 'text/event-stream' : undefined) },
        body: {
          start: (sink) => void deliver(pieces(), sink),
          pause() {},
          resume() {},
          cancel() {},
        },
      };
    },
    close: async () => {},
  };
}

async function deliver(pieces: readonly Uint8Array[], sink: ByteSink): Promise<void> {
  for (const [index, piece] of pieces.entries()) {
    sink.bytes(piece);
    // By the third piece the client listens; from then on a turn of the microtasks is enough.
    await (index < 3 ? new Promise(setImmediate) : undefined);
  }
  sink.end();
}

/** The bytes of each event with the blank line that ends it. */
function eventsOf(bytes: Uint8Array): Uint8Array[] {
  const events: Uint8Array[] = [];
  let start = 0;
  let lineStart = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    if (bytes[at] !== 0x0a) continue;
    const isBlank = at === lineStart || (at === lineStart + 1 && bytes[lineStart] === 0x0d);
    if (isBlank) {
      events.push(bytes.subarray(start, at + 1));
      start = at + 1;
    }
    lineStart = at + 1;
  }
  if (start < bytes.length) events.push(bytes.subarray(start));
  return events;
}
