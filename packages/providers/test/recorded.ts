import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GatewayError, type JsonObject } from '@portico/core';
import type { Codec, Provider } from '@portico/core/provider';
import { listCases, type RecordedCase, readCase } from '@portico/testing';
import { createParser } from 'eventsource-parser';
import fc from 'fast-check';
import { expect } from 'vitest';
import { type Loose, readEvents, target } from './read-stream.js';

const shared = process.env.PORTICO_SHARED ?? fileURLToPath(new URL('../../../../shared', import.meta.url));

/** What is known of vendors that speak OpenAI's wire. */
export const listedVendors = join(shared, 'protocols', 'openai-compatible.md');
/** The folder of recorded traffic, and whether it is missing here. */
export const fixtures = join(shared, 'fixtures');
export const absent = !existsSync(join(fixtures, 'index.jsonl'));
/** Behind the title of a suite that needs it. */
export const reason = absent ? ' (skipped: no recorded traffic here, set PORTICO_SHARED)' : '';
/** Runs of a property. */
export const RUNS = Number(process.env.PORTICO_PROPERTY_RUNS ?? 10_000);

/** The recorded cases of an api that went well, streamed or not. */
export function answersOf(api: string, stream: boolean): RecordedCase[] {
  if (absent) return [];
  const lines = listCases(fixtures, (line) => line.api === api && line.status === 200 && line.stream === stream);
  return lines.map(({ id }) => readCase(fixtures, id));
}

/** The body of an answer as text. */
export function bodyOf({ response }: RecordedCase): string {
  return new TextDecoder().decode(response.bytes);
}

/** What each recorded error is to the gateway: `kind status retryable`, by case. */
export function errorsOf(provider: Provider, recordedAs = provider.name): Record<string, string> {
  const lines = listCases(fixtures, (line) => line.provider === recordedAs && line.status >= 400);
  return Object.fromEntries(
    lines.map(({ id }) => {
      const recorded = readCase(fixtures, id);
      const { status, headers } = recorded.response;
      const text = bodyOf(recorded);
      const failure = provider.classify({
        status,
        headers: { get: (name) => headers[name] },
        body: parsed(text),
        text,
      });
      return [id, `${failure.kind} ${failure.status} ${failure.retryable}`];
    }),
  );
}

/** The data of the events of a body, or its lines where it is JSON by the line. */
export function framesOf(recorded: RecordedCase): Loose[] {
  const body = bodyOf(recorded);
  if (body.trimStart().startsWith('{')) return body.trim().split('\n').map(parsed);
  const frames: Loose[] = [];
  const parser = createParser({ onEvent: ({ data }) => void frames.push(parsed(data) ?? data) });
  parser.feed(`${body}\n\n`);
  return frames;
}

/**
 * Recorded answers with something in them changed end in an answer or in a clean failure, whole or streamed: nothing else
 * is ever thrown past the codec, and no stream ends twice.
 */
export function survivesChanges(codec: Codec, bodies: readonly Loose[][]): Set<string> {
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
      for (const frame of frames) if (isObject(frame)) answers.add(wholeAnswer(codec, frame));
    }),
    { numRuns: RUNS },
  );
  return answers;
}

/** The same for operations without streams. */
export function survivesChangesWhole(codec: Codec, bodies: readonly Loose[], request: JsonObject): void {
  fc.assert(
    fc.property(fc.nat(bodies.length - 1), fc.array(change, { minLength: 1, maxLength: 3 }), (which, changes) => {
      const [body] = changes.reduce<Loose>((changed, one) => changedBy(changed, one), [structuredClone(bodies[which])]);
      if (isObject(body)) wholeAnswer(codec, body, request);
    }),
    { numRuns: RUNS },
  );
}

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

function wholeAnswer(codec: Codec, frame: Loose, request?: JsonObject): string {
  try {
    JSON.stringify(codec.decode?.(frame, target(), request));
    return 'an answer';
  } catch (error) {
    if (error instanceof GatewayError) return error.kind;
    throw error;
  }
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
