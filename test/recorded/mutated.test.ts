import type { Gateway } from '@portico/core';
import { createGateway } from '@portico/core';
import type { ByteSink, Transport } from '@portico/core/provider';
import { allProviders } from '@portico/providers';
import { fakeClock, listCases, readCase } from '@portico/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wireByWire } from './answering-gateway.js';
import { fixtures, WITHOUT_FIXTURES } from './fixtures.js';

const RUNS = Number(process.env.PORTICO_PROPERTY_RUNS ?? 10_000);
/** Bytes; longer ones only repeat themselves. */
const LONGEST_BODY = 6_000;

/** Who answers what was recorded of a wire, and the wires its clients speak: every decoder, and every bridge over one. */
const ROADS = [
  ['chat', 'openrouter', 'chat'],
  ['chat', 'mistral', 'responses'],
  ['chat', 'groq', 'messages'],
  ['responses', 'openai', 'responses'],
  ['responses', 'openai', 'chat'],
  ['messages', 'anthropic', 'messages'],
  ['messages', 'anthropic', 'chat'],
  ['messages', 'anthropic', 'responses'],
  ['generate', 'gemini', 'messages'],
] as const;

const ASKED = {
  chat: ['/v1/chat/completions', { messages: [{ role: 'user', content: 'Hello' }] }],
  responses: ['/v1/responses', { input: 'Hello' }],
  messages: ['/v1/messages', { max_tokens: 9, messages: [{ role: 'user', content: 'Hello' }] }],
} as const;

describe('recorded answers with something in them changed', { timeout: 300_000 }, () => {
  if (fixtures === undefined) return it.skip(WITHOUT_FIXTURES, () => {});
  const folder = fixtures;

  it.each(ROADS)('of %s by %s, read on the wire of %s, end in an answer or in a clean failure', async (...road) => {
    const [wire, vendor, client] = road;
    const bodies = recordedBodies(folder, wire);
    const upstream = changingUpstream();
    const gateway = gatewayOver(`${vendor}@${wire}/m`, upstream);
    const ends = new Set<string>();
    await fc.assert(
      fc.asyncProperty(
        fc.nat(bodies.length - 1),
        fc.array(change, { minLength: 1, maxLength: 3 }),
        async (at, changes) => {
          const body = bodies[at] as Body;
          const frames = changes.reduce<Loose[]>(changedBy, structuredClone(body.frames) as Loose[]);
          upstream.next = { stream: body.stream, bytes: bytesOf(body, frames) };
          upstream.thrown = undefined;
          const end = await endOf(gateway, client, body.stream);
          if (upstream.thrown !== undefined) throw new Error('it threw at its transport', { cause: upstream.thrown });
          ends.add(end);
        },
      ),
      // Shrinking a recorded answer takes minutes: the seed replays it. One that never ends is told with its seed too.
      { numRuns: RUNS, endOnFailure: true, plugins: [fc.timeout(20_000)] },
    );
    // Otherwise the changes were too small to matter, or too great for anything to be left.
    expect([...ends]).toEqual(expect.arrayContaining(['an answer', 'a failure', 'a stream', 'a broken stream']));
  });
});

// biome-ignore lint/suspicious/noExplicitAny: bodies are changed anywhere in them.
type Loose = any;

interface Body {
  readonly stream: boolean;
  readonly frames: readonly { readonly name: string | undefined; readonly data: unknown }[];
}

const NOTHING = Symbol('left out');

interface Change {
  /** Which of the values inside, counted through and around. */
  readonly at: number;
  readonly to: unknown;
}

const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat(5_000),
  to: fc.oneof(
    fc.constantFrom<unknown>(NOTHING, null, '', 'STRANGE', -1, 1e300, true, [], {}, [null], { text: 7 }, [[]]),
    fc.jsonValue({ maxDepth: 2 }),
  ),
});

/** The frames with one of the values inside changed, or left out. */
function changedBy(frames: Loose[], { at, to }: Change): Loose[] {
  const places: [holder: Loose, name: string][] = [];
  const visit = (holder: Loose) => {
    for (const name of Object.keys(holder)) {
      places.push([holder, name]);
      if (typeof holder[name] === 'object' && holder[name] !== null) visit(holder[name]);
    }
  };
  for (const frame of frames) visit(frame);
  const [holder, name] = places[at % places.length] ?? [frames[0], 'data'];
  if (to === NOTHING && !Array.isArray(holder)) delete holder[name];
  else holder[name] = to === NOTHING ? undefined : structuredClone(to);
  return frames;
}

function bytesOf({ stream }: Body, frames: readonly Loose[]): Uint8Array {
  const lines = frames.map(({ name, data }) => {
    const json = JSON.stringify(data) ?? '';
    return stream ? `${typeof name === 'string' ? `event: ${name}\n` : ''}data: ${json}\n\n` : json;
  });
  return new TextEncoder().encode(lines.join(''));
}

function recordedBodies(folder: string, wire: string): Body[] {
  return listCases(folder, ({ api, status }) => api === wire && status === 200)
    .map(({ id, stream }) => ({ stream, text: new TextDecoder().decode(readCase(folder, id).response.bytes) }))
    .filter(({ text, stream }) => text.length < LONGEST_BODY && !(stream && /^\s*\[/.test(text)))
    .map(({ text, stream }): Body => {
      if (!stream) return { stream, frames: [{ name: undefined, data: JSON.parse(text) }] };
      const frames = text.split(/\r?\n\r?\n/).flatMap((event) => {
        const data = /^data: ?(\{.*)$/m.exec(event)?.[1];
        return data === undefined
          ? []
          : [{ name: /^event: ?(.*)$/m.exec(event)?.[1], data: JSON.parse(data) as unknown }];
      });
      return { stream, frames };
    });
}

interface ChangingUpstream extends Transport {
  next: { readonly stream: boolean; readonly bytes: Uint8Array };
  /** What came out of the gateway where it was handed a piece: a transport does not expect it to throw. */
  thrown: unknown;
}

function changingUpstream(): ChangingUpstream {
  const upstream: ChangingUpstream = {
    next: { stream: false, bytes: new Uint8Array() },
    thrown: undefined,
    async send() {
      const { stream, bytes } = upstream.next;
      return {
        status: 200,
        headers: {
          get: (name) => (name !== 'content-type' ? undefined : stream ? 'text/event-stream' : 'application/json'),
        },
        body: { start: (sink) => void deliver(bytes, sink), pause() {}, resume() {}, cancel() {} },
      };
    },
    close: async () => {},
  };
  return upstream;

  async function deliver(bytes: Uint8Array, sink: ByteSink): Promise<void> {
    try {
      sink.bytes(bytes);
      sink.end();
    } catch (error) {
      upstream.thrown = error;
    }
  }
}

function gatewayOver(model: string, transport: Transport): Gateway {
  return createGateway(
    {
      vendorIds: 'allow',
      models: { m: [{ model, baseUrl: 'http://upstream.example/v1', apiKey: 'sk-changed', dropUnsupported: true }] },
      anonymous: { id: 'tester' },
      retries: { maxRetries: 0 },
      cooldowns: { cooldownMs: 0, quotaCooldownMs: 0, failuresInARow: 1_000_000_000 },
      clock: fakeClock(0),
    },
    { providers: allProviders().flatMap(wireByWire), transport, environment: {} },
  );
}

async function endOf(gateway: Gateway, client: keyof typeof ASKED, stream: boolean): Promise<string> {
  const [path, body] = ASKED[client];
  const answer = await gateway.handle({
    method: 'POST',
    path,
    header: () => undefined,
    ip: undefined,
    authority: undefined,
    host: {},
    body: { kind: 'parsed', value: { ...body, model: 'm', stream } },
    onClientGone() {},
  });
  if (answer === undefined) throw new Error('nobody answered');
  if (answer.kind === 'whole') {
    const text = String(answer.body);
    // These two are what becomes of errors that nobody expected.
    if (answer.status === 500 || text.includes('failed before a response arrived')) throw new Error(text);
    JSON.parse(text);
    return answer.status === 200 ? 'an answer' : 'a failure';
  }
  const { body: source } = answer;
  const utf8 = new TextDecoder();
  let text = '';
  await new Promise<void>((resolve) => {
    source.start({
      write(written) {
        text += typeof written === 'string' ? written : utf8.decode(written, { stream: true });
      },
      end: resolve,
      fail: resolve,
    });
  });
  return /^data: \{"error"|^event: error/m.test(text) ? 'a broken stream' : 'a stream';
}
