import type { UsageRecord } from '@portico/core';
import { type FakeProvider, startFakeProvider } from '@portico/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { gatewayOn } from '../support/gateway-on.js';
import { MOUNTS, type Mounted, type MountName } from '../support/mounts.js';

let provider: FakeProvider;
beforeAll(async () => {
  provider = await startFakeProvider();
});
afterAll(() => provider.close());

describe.each(Object.keys(MOUNTS) as MountName[])('a recording to be transcribed, by %s (R11)', (mount) => {
  it('reaches the vendor whole, its model renamed, and comes back as the official client reads it', async () => {
    const { mounted, records } = await start(mount);
    const answer = await mounted.openai().audio.transcriptions.create({ model: 'chat', file: sound(100_000) });
    expect(answer.text).toBe('A recording called sound.wav of 100000 bytes.');
    const asked = provider.log.requests.at(-1);
    expect(asked).toMatchObject({ path: '/v1/audio/transcriptions', model: 'well' });
    expect(asked?.body).toMatchObject({ file: { fileName: 'sound.wav', type: 'audio/wav', bytes: 100_000 } });
    await mounted.gateway.close();
    expect(records).toMatchObject([
      {
        operation: 'audio.transcriptions',
        outcome: 'ok',
        usage: { inputTokens: 4, audioInputTokens: 10, outputTokens: 9 },
      },
    ]);
  });

  it('may be answered as text, or as a stream', async () => {
    const { mounted, records } = await start(mount);
    const create = mounted.openai().audio.transcriptions;
    const text = await create.create({ model: 'chat', file: sound(10), response_format: 'text' });
    expect(text).toBe('A recording called sound.wav of 10 bytes.\n');
    const pieces: string[] = [];
    for await (const event of await create.create({ model: 'chat', file: sound(11), stream: true })) {
      if (event.type === 'transcript.text.delta') pieces.push(event.delta);
      if (event.type === 'transcript.text.done') expect(event.text).toBe(pieces.join(''));
    }
    expect(pieces.join('')).toBe('A recording called sound.wav of 11 bytes.');
    await mounted.gateway.close();
    expect(records.map(({ usage }) => usage.estimated)).toEqual([true, false]);
  });

  it('is refused in words where it is no form, has no file or is too large', async () => {
    const { mounted } = await start(mount, { maxBodyBytes: 1_000 });
    const url = `${mounted.baseUrl}/audio/transcriptions`;
    const ask = async (init: RequestInit) => {
      const response = await mounted.fetch(url, { method: 'POST', ...init });
      return [response.status, ((await response.json()) as { error: { message: string } }).error.message];
    };
    const json = { headers: { 'content-type': 'application/json' }, body: '{"model":"chat"}' };
    expect(await ask(json)).toEqual([415, expect.stringContaining('multipart/form-data')]);
    const form = new FormData();
    form.append('model', 'chat');
    expect(await ask({ body: form })).toEqual([400, '"file" must be one audio file; it is missing.']);
    form.append('file', sound(2_000));
    expect(await ask({ body: form })).toEqual([413, expect.stringContaining('1000')]);
  });
});

async function start(mount: MountName, more: { maxBodyBytes?: number } = {}) {
  const records: UsageRecord[] = [];
  const mounted: Mounted = await MOUNTS[mount]({
    ...gatewayOn(provider),
    ...more,
    onUsage: (record) => void records.push(record),
  });
  onTestFinished(() => mounted.close());
  return { mounted, records };
}

function sound(bytes: number): File {
  return new File([new Uint8Array(bytes)], 'sound.wav', { type: 'audio/wav' });
}
