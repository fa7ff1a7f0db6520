import { setImmediate as turnOfTheEventLoop, setTimeout as wait } from 'node:timers/promises';
import { type ModelGroupConfig, totalInputTokens, totalOutputTokens, type UsageRecord } from '@portico/core';
import {
  expectNoOpenRequests,
  type FakeProvider,
  type FaultId,
  startFakeProvider,
  type UnreachableUrls,
  unreachableUrls,
} from '@portico/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { QUESTION } from './ask-chat.js';
import type { ToolCall } from './client-view.js';
import { type Arrangement, type Cell, cellsAt, faultOf } from './fault-cells.js';
import { CLIENTS, type ClientName, type Upstream } from './fault-clients.js';
import { PLACES, type Place } from './fault-places.js';
import { type Ending, HEADERS_MS, type Seen, VERDICTS, type Verdict } from './fault-verdicts.js';
import { QUICK, UPSTREAM_KEY } from './gateway-on.js';
import { MOUNTS, type Mounted } from './mounts.js';

const LARGE: ReadonlySet<FaultId> = new Set(['f42', 'f43']);

let unreachable: UnreachableUrls;

/** Plays every fault in every place in which a client asks, and judges what came of it from both sides. */
export function playFaults(client: ClientName): void {
  beforeAll(async () => {
    unreachable = await unreachableUrls();
  });
  afterAll(() => unreachable.close());

  const places = PLACES.filter((place) => place.client === client);
  describe.each(places.map((place) => [place.mount, place.wire, place] as const))(
    `R-STR-3, R-STR-4, R-STR-5, R-STR-8, R-STR-9, R-FO-3: ${client} on %s, the upstream speaking %s:`,
    (_mount, _wire, place) => {
      const cells = cellsAt(place);
      // Large answers keep the process busy for longer than others may be silent: those come one by one.
      const large = cells.filter(({ verdict }) => LARGE.has(verdict.fault));
      it.each(named(large))('%s', (_title, cell) => play(cell, place));
      const others = cells.filter((cell) => !large.includes(cell));
      it.concurrent.each(named(others))('%s', (_title, cell) => play(cell, place));
    },
  );
}

/** Each with its whole title in front, which would be cut off otherwise. */
function named(cells: readonly Cell[]) {
  return cells.map((cell) => [cell.title, cell] as const);
}

async function play(cell: Cell, place: Place): Promise<void> {
  const provider = await startFakeProvider({ reply: ({ model }) => wordsOf(model), ...cell.verdict.provider });
  try {
    const seen = await ask(cell, provider, place);
    await expectNoOpenRequests(provider);
    await judge(cell, place, seen);
  } finally {
    await provider.close();
  }
}

/**
 * With each chunk of bytes the official clients copy all they have of a line: a line of ten megabytes would take them half a
 * minute. They get it once it is whole.
 */
function readInWholeLines(mounted: Mounted): Mounted {
  return { ...mounted, fetch: async (input, init) => inWholeLines(await mounted.fetch(input, init)) };
}

function inWholeLines(response: Response): Response {
  if (response.body === null || !response.headers.get('content-type')?.startsWith('text/event-stream')) return response;
  let line: Uint8Array[] = [];
  const whole = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      line.push(chunk);
      if (!chunk.includes(LINE_FEED)) return;
      controller.enqueue(Buffer.concat(line));
      line = [];
    },
    flush(controller) {
      if (line.length > 0) controller.enqueue(Buffer.concat(line));
    },
  });
  return new Response(response.body.pipeThrough(whole), { status: response.status, headers: response.headers });
}

const LINE_FEED = 0x0a;

interface Asked extends Seen {
  readonly records: readonly UsageRecord[];
  readonly openCalls: number;
}

async function ask(cell: Cell, provider: FakeProvider, { client: name, mount, wire }: Place): Promise<Asked> {
  const { verdict, streaming } = cell;
  const client = CLIENTS[name];
  const model = modelOf(cell);
  const records: UsageRecord[] = [];
  const started = await MOUNTS[mount]({
    ...QUICK,
    models: groupsOf(cell, provider, model, client.upstream(wire)),
    observers: [{ callEnded: (record) => void records.push(record) }],
  });
  const mounted = LARGE.has(verdict.fault) ? readInWholeLines(started) : started;
  try {
    const question = { model: 'chat', stream: streaming, ...client.spell(verdict.asks ?? {}) };
    if (verdict.afterAFirstCall) {
      await client.ask(mounted, question);
      await provider.log.waitUntilQuiet();
      // The provider's last byte is on its way; two turns later the gateway's socket is idle.
      await turnOfTheEventLoop();
      await turnOfTheEventLoop();
      provider.log.reset();
      records.length = 0;
    }
    const startedAt = performance.now();
    const lateness = verdict.fault === 'f05' ? latenessOfTimers() : undefined;
    const view = await client.ask(mounted, question);
    const tookMs = performance.now() - startedAt;
    const [record] = records;
    if (record === undefined) throw new Error('The call has no record.');
    return {
      client: view,
      streamed: streaming,
      tookMs,
      lateMs: (await lateness) ?? 0,
      faulty: provider.log.requestsFor(model),
      requests: [...provider.log.requests, ...unreachable.log.requests],
      record,
      records,
      openCalls: mounted.gateway.openCalls,
      trueCalls: () => callsOf(provider, model),
    };
  } finally {
    await mounted.close();
  }
}

/** How late a timer is that runs beside the call, in milliseconds: no deadline is kept better than that. */
async function latenessOfTimers(): Promise<number> {
  const startedAt = performance.now();
  await wait(HEADERS_MS);
  return performance.now() - startedAt - HEADERS_MS;
}

function groupsOf(
  { verdict, arrangement, variant }: Cell,
  provider: FakeProvider,
  model: string,
  upstream: Upstream,
): Record<string, ModelGroupConfig> {
  const { totalMs, ...deadlines } = verdict.deadlines ?? {};
  const byUrl = faultOf(verdict.fault).pickedBy === 'base url';
  const faulty = {
    ...upstream(provider, model),
    ...(byUrl && { baseUrl: unreachable[variant as 'refused'] }), // the variants of such faults are the names of the URLs
    deadlines,
    // By these weights the faulty one comes first, but for one time in a million million.
    weight: 1e12,
  };
  const spare = upstream(provider, 'spare');
  const limits = totalMs === undefined ? {} : { deadlines: { totalMs } };
  if (arrangement === 'alone') return { chat: { deployments: [faulty], ...limits } };
  if (arrangement === 'with a spare beside it') return { chat: { deployments: [faulty, spare], ...limits } };
  return { chat: { deployments: [faulty], fallbacks: ['spare'], ...limits }, spare: { deployments: [spare] } };
}

async function judge(cell: Cell, { client: name, mount, wire }: Place, seen: Asked): Promise<void> {
  const { verdict, arrangement, variant } = cell;
  const { client, record, records, requests } = seen;
  const hasSpare = arrangement !== 'alone' && verdict.spare !== 'same';
  const byUrl = faultOf(verdict.fault).pickedBy === 'base url';
  const expected: Ending = hasSpare ? { ends: 'answer', asked: askedBeforeSpare(verdict, arrangement) } : verdict.alone;
  const model = hasSpare ? 'spare' : modelOf(cell);

  expect(client).toMatchObject(
    expected.ends === 'answer'
      ? { ended: 'answer', status: 200 }
      : expected.ends === 'error'
        ? { ended: 'error', status: expected.status, error: { kind: expected.kind } }
        : { ended: 'broken off', status: 200, error: { kind: expected.kind } },
  );
  if (expected.ends !== 'answer') expect(client.error).toMatchObject(CLIENTS[name].errorOf(expected.kind));
  if (expected.ends === 'answer' && client.toolCalls.length === 0) {
    if (variant === 'ten-megabytes') expect(client.content.length).toBeGreaterThan(10_000_000);
    else expect(client.content).toBe(wordsOf(model));
    if (!record.usage.estimated) {
      expect(totalInputTokens(record.usage)).toBe(INPUT_TOKENS[wire]);
      expect(totalOutputTokens(record.usage)).toBe(8);
    }
  }
  if (expected.ends === 'broken off' && verdict.fault !== 'f41') expect(client.content).toContain(firstWordsOf(model));
  if (seen.streamed && client.status === 200) expect(client.openings).toBe(1);
  expect(client.raw).not.toContain(UPSTREAM_KEY);

  if (!byUrl) expect(seen.faulty).toHaveLength(expected.asked);
  expect(requests.filter((request) => request.model === 'spare')).toHaveLength(hasSpare ? 1 : 0);

  expect(records).toHaveLength(1);
  expect(record.outcome).toBe(OUTCOMES[expected.ends]);
  expect(record.failure).toBe(expected.ends === 'answer' ? undefined : expected.kind);
  // What one attempt asks twice, a retry of the transport or without an option, is one attempt. A runtime's own `fetch`
  // does not say that its socket was an old one: there the retry is an attempt like any other.
  const asksTwice = mount !== 'fetch' || verdict.fault !== 'f45';
  const attempts = (expected.ends === 'answer' && !hasSpare && asksTwice ? 1 : expected.asked) + (hasSpare ? 1 : 0);
  expect(record.attempts).toHaveLength(attempts);
  if (expected.ends === 'error') expect(record.costNanoUsd).toBe(0);
  else expect(record.costNanoUsd).toBeGreaterThan(0);
  if (expected.ends === 'answer') expect(record.usage.estimated).toBe(verdict.estimated === true && !hasSpare);
  expect(seen.openCalls).toBe(0);
  if (arrangement === 'alone' || verdict.also?.always) await verdict.also?.check?.(seen);
}

/** What the fake provider counts in the question on each wire. */
const INPUT_TOKENS = { openai: 7, azure: 7, anthropic: 10 } as const;

const OUTCOMES = { answer: 'ok', error: 'failed', 'broken off': 'incomplete' } as const;

function askedBeforeSpare({ spare, alone }: Verdict, arrangement: Arrangement): number {
  return arrangement === 'with a spare beside it' || spare === 'spare once' ? 1 : alone.asked;
}

function modelOf({ verdict, variant }: Cell): string {
  return `fault-${verdict.fault}${variant === '' ? '' : `-${variant}`}`;
}

/** Eight tokens. */
function wordsOf(model: string): string {
  return `${firstWordsOf(model)} four five six.`;
}

/** Five of them: a fault in the middle comes after these. */
function firstWordsOf(model: string): string {
  return `${model} says: one two three`;
}

async function callsOf(provider: FakeProvider, model: string): Promise<readonly ToolCall[]> {
  const response = await fetch(`${provider.url}/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({
      model,
      messages: QUESTION,
      tools: VERDICTS.find(({ fault }) => fault === 'f42')?.asks?.tools,
    }),
  });
  const { choices } = (await response.json()) as {
    choices: { message: { tool_calls: { function: { name: string; arguments: string } }[] } }[];
  };
  return (choices[0]?.message.tool_calls ?? []).map((call) => ({
    name: call.function.name,
    pieces: [call.function.arguments],
  }));
}
