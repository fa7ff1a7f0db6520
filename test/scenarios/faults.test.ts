import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turnOfTheEventLoop } from 'node:timers/promises';
import { type ModelGroupConfig, totalInputTokens, totalOutputTokens, type UsageRecord } from '@portico/core';
import {
  expectNoOpenRequests,
  FAULTS,
  type FakeProvider,
  type FaultId,
  startFakeProvider,
  type UnreachableUrls,
  unreachableUrls,
} from '@portico/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askChat, QUESTION, type ToolCall } from '../support/ask-chat.js';
import { type Ending, type Seen, VERDICTS, type Verdict, verdictTable } from '../support/fault-verdicts.js';
import { QUICK, UPSTREAM_KEY, WIRES, type WireName } from '../support/gateway-on.js';
import { MOUNTS, type MountName } from '../support/mounts.js';

let unreachable: UnreachableUrls;
beforeAll(async () => {
  unreachable = await unreachableUrls();
});
afterAll(() => unreachable.close());

const ARRANGEMENTS = ['alone', 'with a spare beside it', 'with a spare in another group'] as const;
type Arrangement = (typeof ARRANGEMENTS)[number];

/** One fault, in one place, asked in one way. */
interface Cell {
  readonly title: string;
  readonly verdict: Verdict;
  readonly variant: string;
  readonly streaming: boolean;
  readonly arrangement: Arrangement;
}

describe('the table of verdicts', () => {
  it('has every variant of every fault, wherever it shows', () => {
    const judged = new Set(
      VERDICTS.flatMap((verdict) => cellsOf(verdict, ['alone']).map(({ title }) => title.split(':')[0])),
    );
    const missing = FAULTS.filter(({ id }) => id !== 'f47').flatMap(({ id, variants, streaming }) =>
      (variants.length === 0 ? [''] : variants)
        .flatMap((variant) => [
          ...(streaming === 'stream' ? [] : [titleOf(id, variant, false, 'alone')]),
          ...(streaming === 'json' ? [] : [titleOf(id, variant, true, 'alone')]),
        ])
        .filter((title) => !judged.has(title)),
    );
    expect(missing).toEqual([]);
  });

  it('is the one that people read', () => {
    const readme = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8');
    expect(/<!-- verdicts:start -->\n\n([\s\S]*)\n\n<!-- verdicts:end -->/.exec(readme)?.[1]).toBe(verdictTable());
  });
});

/**
 * Where every fault is played. Routing does not know the mount, nor how an upstream spells its answers: what is asked of a
 * spare is asked of it where that is cheapest, and everywhere in one of the ways.
 */
const PLACES: readonly [MountName, WireName, readonly Arrangement[]][] = [
  ['Express 5', 'openai', ['alone', 'with a spare beside it']],
  ['Express 5', 'anthropic', ['alone']],
  ['in-process', 'openai', ARRANGEMENTS],
  ['in-process', 'anthropic', ['alone', 'with a spare beside it']],
  ['in-process', 'azure', ['alone']],
];

/** Places that differ from these only in how an ending reaches the client: one variant of a fault is enough there. */
const SAMPLED = (Object.keys(MOUNTS) as MountName[]).filter((mount) => !PLACES.some(([place]) => place === mount));

const LARGE: ReadonlySet<FaultId> = new Set(['f42', 'f43']);

describe.each([...PLACES, ...SAMPLED.map((mount) => [mount, 'openai', ['alone']] as const)])(
  'R-STR-3, R-STR-4, R-STR-5, R-STR-8, R-STR-9, R-FO-3 on %s, the upstream speaking %s:',
  (mount, wire, arrangements) => {
    const cells = VERDICTS.filter(({ wires = ['openai', 'anthropic'] }) => wires.includes(wire)).flatMap((verdict) =>
      cellsOf(
        SAMPLED.includes(mount) ? { ...verdict, variants: variantsOf(verdict).slice(0, 1) } : verdict,
        arrangements,
      ),
    );

    // Large answers keep the process busy for longer than others may be silent: those come one by one.
    const large = cells.filter(({ verdict }) => LARGE.has(verdict.fault));
    it.each(large)('$title', play);
    it.concurrent.each(cells.filter((cell) => !large.includes(cell)))('$title', play);

    async function play(cell: Cell): Promise<void> {
      const provider = await startFakeProvider({ reply: ({ model }) => wordsOf(model), ...cell.verdict.provider });
      try {
        const seen = await ask(cell, provider, mount, wire);
        await expectNoOpenRequests(provider);
        await judge(cell, mount, wire, seen);
      } finally {
        await provider.close();
      }
    }
  },
);

function cellsOf(verdict: Verdict, arrangements: readonly Arrangement[]): Cell[] {
  const fault = faultOf(verdict.fault);
  const modes = [false, true].filter(
    (streaming) =>
      (verdict.streaming ?? streaming) === streaming && fault.streaming !== (streaming ? 'json' : 'stream'),
  );
  return variantsOf(verdict).flatMap((variant) =>
    modes.flatMap((streaming) =>
      arrangements.map((arrangement) => ({
        title: `${titleOf(verdict.fault, variant, streaming, arrangement)}: ${promiseOf(verdict, arrangement)}`,
        verdict,
        variant,
        streaming,
        arrangement,
      })),
    ),
  );
}

function variantsOf({ fault, variants = faultOf(fault).variants }: Verdict): readonly string[] {
  return variants.length === 0 ? [''] : variants;
}

function titleOf(fault: FaultId, variant: string, streaming: boolean, arrangement: Arrangement): string {
  return `${fault}${variant === '' ? '' : `-${variant}`}, ${streaming ? 'streamed' : 'whole'}, ${arrangement}`;
}

function promiseOf(verdict: Verdict, arrangement: Arrangement): string {
  const { alone, spare, afterAFirstCall, also } = verdict;
  const when = afterAFirstCall ? 'after a first call ' : verdict.when === undefined ? '' : `${verdict.when} `;
  if (arrangement !== 'alone' && spare !== 'same') return `${when}the ${spare}`;
  const what = alone.ends === 'answer' ? 'the answer' : `${alone.ends} with ${alone.kind}`;
  return `${when}${what}, asked ${alone.asked} times${also === undefined ? '' : `, ${also.says}`}`;
}

interface Asked extends Seen {
  readonly records: readonly UsageRecord[];
  readonly openCalls: number;
}

async function ask(cell: Cell, provider: FakeProvider, mount: MountName, wire: WireName): Promise<Asked> {
  const { verdict, streaming } = cell;
  const model = modelOf(cell);
  const records: UsageRecord[] = [];
  const mounted = await MOUNTS[mount]({
    ...QUICK,
    models: groupsOf(cell, provider, model, wire),
    observers: [{ callEnded: (record) => void records.push(record) }],
  });
  try {
    const question = { model: 'chat', stream: streaming, ...verdict.asks };
    if (verdict.afterAFirstCall) {
      await askChat(mounted, question);
      await provider.log.waitUntilQuiet();
      // The provider's last byte is on its way; two turns later the gateway's socket is idle.
      await turnOfTheEventLoop();
      await turnOfTheEventLoop();
      provider.log.reset();
      records.length = 0;
    }
    const startedAt = performance.now();
    const client = await askChat(mounted, question);
    const [record] = records;
    if (record === undefined) throw new Error('The call has no record.');
    return {
      client,
      streamed: streaming,
      tookMs: performance.now() - startedAt,
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

function groupsOf(
  { verdict, arrangement, variant }: Cell,
  provider: FakeProvider,
  model: string,
  wire: WireName,
): Record<string, ModelGroupConfig> {
  const { totalMs, ...deadlines } = verdict.deadlines ?? {};
  const byUrl = faultOf(verdict.fault).pickedBy === 'base url';
  const faulty = {
    ...WIRES[wire](provider, model),
    ...(byUrl && { baseUrl: unreachable[variant as 'refused'] }), // the variants of such faults are the names of the URLs
    deadlines,
    // By these weights the faulty one comes first, but for one time in a million million.
    weight: 1e12,
  };
  const spare = WIRES[wire](provider, 'spare');
  const limits = totalMs === undefined ? {} : { deadlines: { totalMs } };
  if (arrangement === 'alone') return { chat: { deployments: [faulty], ...limits } };
  if (arrangement === 'with a spare beside it') return { chat: { deployments: [faulty, spare], ...limits } };
  return { chat: { deployments: [faulty], fallbacks: ['spare'], ...limits }, spare: { deployments: [spare] } };
}

async function judge(cell: Cell, mount: MountName, wire: WireName, seen: Asked): Promise<void> {
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

function faultOf(id: FaultId) {
  const fault = FAULTS.find((one) => one.id === id);
  if (fault === undefined) throw new Error(`There is no fault ${id}.`);
  return fault;
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
