import type { UsageRecord } from '@portico/core';
import { expectNoOpenRequests, type FakeProvider, startFakeProvider } from '@portico/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { ADA, QUICK, WIRES } from '../support/gateway-on.js';
import { MOUNTS, type MountName } from '../support/mounts.js';

let provider: FakeProvider;
beforeAll(async () => {
  provider = await startFakeProvider();
});
afterAll(() => provider.close());

const FAULTS = ['fault-f32', 'fault-f33', 'fault-f34', 'fault-f35'];
const CELLS = (Object.keys(MOUNTS) as MountName[]).flatMap((mount) => FAULTS.map((fault) => ({ mount, fault })));
const QUESTION = {
  model: 'chat',
  messages: [{ role: 'user' as const, content: 'Tell me of porticos.' }],
  stream: true as const,
};

describe('f32–f35 with recovery on', () => {
  it.each(CELLS)('$fault on $mount: one seamless answer, and both attempts on one record', async ({ mount, fault }) => {
    const { openai, records, close } = await start(mount, fault);
    let finish: unknown;
    let openings = 0;
    const ids = new Set<string>();
    for await (const { id, choices } of await openai.chat.completions.create(QUESTION)) {
      ids.add(id);
      if (choices[0]?.delta.role !== undefined) openings += 1;
      finish = choices[0]?.finish_reason ?? finish;
    }
    expect([finish, openings, ids.size]).toEqual(['stop', 1, 1]);
    await expectNoOpenRequests(provider);
    await close();
    expect(records).toMatchObject([{ outcome: 'ok', deployment: 'spare', attempts: [{ deployment: 'broken' }, {}] }]);
    expect(records[0]?.attempts[0]?.failure).toBeDefined();
  });

  it.each(FAULTS)(
    '%s: the error in the stream, where the client speaks a wire whose streams cannot be taken up',
    async (fault) => {
      // A vendor that has chat completions alone: the other wire is told in terms of those.
      const { openai, records, close } = await start('node:http', fault, 'custom_openai');
      const reading = (async () => {
        for await (const _ of await openai.responses.create({ model: 'chat', input: 'Tell me.', stream: true }));
      })();
      await expect(reading).rejects.toBeDefined();
      await close();
      expect(records).toMatchObject([{ outcome: 'incomplete' }]);
    },
  );
});

async function start(mount: MountName, fault: string, vendor = 'openai') {
  const records: UsageRecord[] = [];
  const mounted = await MOUNTS[mount]({
    ...QUICK,
    anonymous: ADA,
    models: {
      chat: {
        deployments: [
          {
            ...WIRES.openai(provider, fault),
            model: `${vendor}/${fault}`,
            id: 'broken',
            order: 0,
            deadlines: { idleMs: 300 },
          },
          {
            ...WIRES.openai(provider, 'well'),
            model: `${vendor}/well`,
            id: 'spare',
            order: 1,
            capabilities: { prefill: true },
          },
        ],
        recovery: 'continue',
      },
    },
    onUsage: (record) => void records.push(record),
  });
  onTestFinished(() => mounted.close());
  return { openai: mounted.openai(), records, close: () => mounted.gateway.close() };
}
