import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GatewayError } from '@portico/core';
import { listCases, readCase } from '@portico/testing';
import { createParser } from 'eventsource-parser';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Loose, readEvents, target } from '../../test/read-stream.js';
import { gemini } from './index.js';

const shared = process.env.PORTICO_SHARED ?? fileURLToPath(new URL('../../../../../shared', import.meta.url));
const fixtures = join(shared, 'fixtures');
const absent = !existsSync(join(fixtures, 'index.jsonl'));
const reason = absent ? ' (skipped: no recorded traffic here, set PORTICO_SHARED)' : '';
const codec = gemini.codecs['chat.completions'] as NonNullable<(typeof gemini.codecs)['chat.completions']>;
const RUNS = Number(process.env.PORTICO_PROPERTY_RUNS ?? 1_000);

describe(`recorded answers of Google's with something in them changed${reason}`, { timeout: 120_000 }, () => {
  it.skipIf(absent)('end in an answer or in a clean failure, streamed or not', () => {
    const bodies = recordedFrames();
    expect(bodies.length).toBeGreaterThan(190);
    const answers = new Set<string>();
    fc.assert(
      fc.property(fc.nat(bodies.length - 1), fc.array(change, { minLength: 1, maxLength: 3 }), (which, changes) => {
        const frames = changes.reduce<Loose>((changed, one) => changedBy(changed, one), structuredClone(bodies[which]));
        const read = readEvents(
          codec,
          frames.map((frame: Loose) => JSON.stringify(frame)),
        );
        answers.add(read.failure?.kind ?? `${read.dones} done`);
        expect(read.dones + Number(read.failure !== undefined)).toBeLessThanOrEqual(1);
        for (const frame of frames) if (isObject(frame)) answers.add(wholeAnswer(frame));
      }),
      { numRuns: RUNS },
    );
    // Otherwise the changes were too small to matter, or too great for anything to be left.
    expect([...answers]).toEqual(expect.arrayContaining(['1 done', '0 done', 'an answer', 'upstream_error']));
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

function wholeAnswer(frame: Loose): string {
  try {
    JSON.stringify(codec.decode?.(frame, target()));
    return 'an answer';
  } catch (error) {
    if (error instanceof GatewayError) return error.kind;
    throw error;
  }
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function recordedFrames(): Loose[][] {
  return listCases(fixtures, ({ api, status }) => api === 'generate' && status === 200).map(({ id }) => {
    const body = new TextDecoder().decode(readCase(fixtures, id).response.bytes);
    if (/^\s*[[{]/.test(body)) return [JSON.parse(body)].flat();
    const frames: Loose[] = [];
    const parser = createParser({ onEvent: ({ data }) => void frames.push(JSON.parse(data)) });
    parser.feed(`${body}\n\n`);
    return frames;
  });
}
