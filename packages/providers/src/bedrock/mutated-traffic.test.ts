import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GatewayError } from '@portico/core';
import type { Codec } from '@portico/core/provider';
import { listCases, readCase } from '@portico/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Loose, readEvents, target } from '../../test/read-stream.js';
import { RUNS } from '../../test/recorded.js';
import { eventStreamFraming } from './event-stream-framing.js';
import { bedrock } from './index.js';

const shared = process.env.PORTICO_SHARED ?? fileURLToPath(new URL('../../../../../shared', import.meta.url));
const fixtures = join(shared, 'fixtures');
const absent = !existsSync(join(fixtures, 'index.jsonl'));
const reason = absent ? ' (skipped: no recorded traffic here, set PORTICO_SHARED)' : '';
const chat = bedrock.codecs['chat.completions'] as Codec;
const MODELS = { converse: 'anthropic.claude-sonnet-4-5', invoke: 'invoke/anthropic.claude-sonnet-4-5' } as const;

describe(`recorded answers of Bedrock with something in them changed${reason}`, { timeout: 120_000 }, () => {
  it.skipIf(absent).each(['converse', 'invoke'] as const)(
    'end in an answer or in a clean failure: streams of %s',
    (api) => {
      const bodies = recorded(api, true).map((bytes) =>
        eventsOf(bytes).map(([name, data]) => [name, JSON.parse(data)]),
      );
      expect(bodies.length).toBeGreaterThanOrEqual(19);
      const ends = new Set<string>();
      fc.assert(
        fc.property(fc.nat(bodies.length - 1), fc.array(change, { minLength: 1, maxLength: 3 }), (which, changes) => {
          const events = changes.reduce<Loose>(
            (changed, one) => changedBy(changed, one),
            structuredClone(bodies[which]),
          );
          const codec: Codec = {
            ...chat,
            openStream: () => chat.openStream(target({ model: MODELS[api], stream: true })),
          };
          const told = events.filter((event: Loose) => Array.isArray(event)).map(named);
          const read = readEvents(codec, told);
          ends.add(read.failure?.kind ?? `${read.dones} done`);
          expect(read.dones + Number(read.failure !== undefined)).toBeLessThanOrEqual(1);
        }),
        { numRuns: RUNS },
      );
      // Otherwise the changes were too small to matter, or too great for anything to be left.
      expect(ends).toContain('1 done');
      expect(ends.size).toBeGreaterThan(1);
    },
  );

  it.skipIf(absent).each(['converse', 'invoke'] as const)(
    'end in an answer or in a clean failure: whole answers of %s',
    (api) => {
      const bodies = recorded(api, false).map((bytes) => [JSON.parse(new TextDecoder().decode(bytes))]);
      const ends = new Set<string>();
      fc.assert(
        fc.property(fc.nat(bodies.length - 1), fc.array(change, { minLength: 1, maxLength: 3 }), (which, changes) => {
          const [answer] = changes.reduce<Loose>(
            (changed, one) => changedBy(changed, one),
            structuredClone(bodies[which]),
          );
          ends.add(isObject(answer) ? ended(() => chat.decode?.(answer, target({ model: MODELS[api] }))) : 'no object');
        }),
        { numRuns: RUNS },
      );
      expect(ends).toContain('an answer');
      expect(ends.size).toBeGreaterThan(1);
    },
  );

  it.skipIf(absent)('end in events or in a failure where their bytes are changed, and never hang', () => {
    const bodies = recorded('converse', true).filter((bytes) => bytes.length < 20_000);
    const places = fc.array(fc.record({ at: fc.nat(30_000), to: fc.nat(255) }), { minLength: 1, maxLength: 3 });
    const ends = new Set<string>();
    fc.assert(
      fc.property(fc.nat(bodies.length - 1), places, (which, changes) => {
        const bytes = Uint8Array.from(bodies[which] ?? []);
        for (const { at, to } of changes) bytes[at % bytes.length] = to;
        try {
          ends.add(`${eventsOf(bytes).length === eventsOf(bodies[which] ?? bytes).length}`);
        } catch (error) {
          expect((error as Error).message).toMatch(/frame/);
          ends.add('refused');
        }
      }),
      { numRuns: RUNS },
    );
    expect(ends).toContain('refused');
  });
});

interface Change {
  /** Which of the values inside, counted through and around. */
  readonly at: number;
  readonly to: unknown;
}

const NOTHING = Symbol('left out');
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
  visit(frames);
  const [holder, name] = places[at % places.length] ?? [frames, '0'];
  if (to === NOTHING && !Array.isArray(holder)) delete holder[name];
  else holder[name] = to === NOTHING ? undefined : structuredClone(to);
  return frames.map((frame) => frame ?? null);
}

function named([name, event]: Loose): [string | undefined, unknown] {
  return [typeof name === 'string' ? name : undefined, event ?? null];
}

function ended(decode: () => unknown): string {
  try {
    JSON.stringify(decode());
    return 'an answer';
  } catch (error) {
    if (error instanceof GatewayError) return error.kind;
    throw error;
  }
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function recorded(api: string, stream: boolean): Uint8Array[] {
  return listCases(
    fixtures,
    (line) => line.provider === 'bedrock' && line.api === api && line.stream === stream && line.status === 200,
  ).map(({ id }) => readCase(fixtures, id).response.bytes);
}

function eventsOf(bytes: Uint8Array): [string | undefined, string][] {
  const found: [string | undefined, string][] = [];
  eventStreamFraming.open((data, name) => void found.push([name, data]))(bytes);
  return found;
}
