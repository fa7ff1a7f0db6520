import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { UsageRecord } from '@portico/core';
import { expectNoOpenRequests, startFakeProvider } from '@portico/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { bytesReadFrom } from '../support/bytes-read.js';
import { QUICK, WIRES } from '../support/gateway-on.js';
import type { MountConfig, Mounted } from '../support/mounts.js';
import { HOSTS, matrixTable, PARSERS } from './hosts.js';

// Every host, behind every parser it may have, does the same with JSON, streams and forms.

const cells = Object.entries(HOSTS).flatMap(([host, starts]) =>
  PARSERS.flatMap((parser) => {
    const start = starts[parser];
    return start === undefined ? [] : [{ host, parser, start }];
  }),
);
const MESSAGES = [{ role: 'user' as const, content: 'Tell me of porticos. Grüße!' }];

describe('the matrix', () => {
  it.each(['README.md', 'test/matrix/README.md'])('in %s is the one that is tested', (path) => {
    const text = readFileSync(join(import.meta.dirname, '../..', path), 'utf8');
    expect(/<!-- matrix:start -->\n\n([\s\S]*)\n\n<!-- matrix:end -->/.exec(text)?.[1]).toBe(matrixTable());
  });
});

describe.each(cells)('R-HOST-1, R9: $host, $parser:', ({ start }) => {
  it('JSON arrives whole, gzip too, and what is refused is refused in the shape that clients read', async () => {
    const { mounted, records } = await open(start, 'well');
    const answer = await mounted.openai().chat.completions.create({ model: 'chat', messages: MESSAGES });
    expect(answer.choices[0]?.message.content).toContain('portico');
    await expect(
      mounted.openai().chat.completions.create({ model: 'nobody', messages: MESSAGES }),
    ).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
    const large = await mounted.post({ model: 'chat', messages: [{ role: 'user', content: 'x'.repeat(90_000) }] });
    expect(large.status).toBe(200);
    await mounted.gateway.close();
    expect(records.map(({ outcome }) => outcome)).toEqual(['ok', 'ok']);
  });

  it('a stream is whole; a reader who leaves ends the request to the vendor within 250 ms (R1)', async () => {
    const { mounted } = await open(start, 'well');
    const stream = mounted.openai().chat.completions.stream({ model: 'chat', messages: MESSAGES });
    expect((await stream.finalChatCompletion()).choices[0]?.finish_reason).toBe('stop');

    const endless = await open(start, 'fault-f34');
    const client = new AbortController();
    const answer = await endless.mounted.post(
      { model: 'chat', stream: true, messages: MESSAGES },
      { signal: client.signal },
    );
    await answer.body?.getReader().read();
    const leftAt = performance.now();
    client.abort();
    await expectNoOpenRequests(endless.provider);
    for (const request of endless.provider.log.aborted) expect(request.abortedAtMs).toBeLessThan(leftAt + 250);
  });

  it('an upstream that dies in the middle is told in the stream, which has no clean end (R14)', async () => {
    const { mounted, records } = await open(start, 'fault-f33');
    const answer = await mounted.post({ model: 'chat', stream: true, messages: MESSAGES });
    const text = await answer.text();
    expect(text).toContain('"error"');
    expect(text).not.toContain('[DONE]');
    await mounted.gateway.close();
    expect(records).toMatchObject([{ outcome: 'incomplete' }]);
  });

  it('a reader who does not read holds at most 16 MB of a flood (R5)', async () => {
    const flood = await startFlood();
    const taken = bytesReadFrom(new URL(flood.url).port);
    const mounted = await start({
      ...QUICK,
      models: {
        chat: [{ model: 'openai/flood', baseUrl: flood.url, apiKey: 'sk-flood', price: { input: 1, output: 1 } }],
      },
    });
    onTestFinished(() => mounted.close());
    const client = new AbortController();
    const answer = await mounted.post({ model: 'chat', stream: true, messages: MESSAGES }, { signal: client.signal });
    expect(answer.status).toBe(200);
    await flood.standsStill();
    expect(taken()).toBeGreaterThan(0);
    expect(taken() / 1e6).toBeLessThan(16);
    client.abort();
    await flood.ended;
  });

  it('a form arrives with its file whole (R11)', async () => {
    const { mounted, provider } = await open(start, 'well');
    const file = new File([new Uint8Array(70_000).fill(13)], 'sound.wav', { type: 'audio/wav' });
    const { text } = await mounted.openai().audio.transcriptions.create({ model: 'chat', file });
    expect(text).toBe('A recording called sound.wav of 70000 bytes.');
    expect(provider.log.requests.at(-1)?.model).toBe('well');
  });
});

async function open(start: (config: MountConfig) => Promise<Mounted>, model: string) {
  const provider = await startFakeProvider();
  const records: UsageRecord[] = [];
  const mounted = await start({
    ...QUICK,
    retries: { maxRetries: 0 },
    models: { chat: [WIRES.openai(provider, model)] },
    onUsage: (record) => void records.push(record),
  });
  onTestFinished(async () => {
    await mounted.close();
    await provider.close();
  });
  return { provider, mounted, records };
}

/** A vendor that sends 400 MB as fast as it may. */
async function startFlood() {
  const piece = Buffer.from(
    `data: ${JSON.stringify({ id: 'f', object: 'chat.completion.chunk', created: 1, model: 'flood', choices: [{ index: 0, delta: { content: 'x'.repeat(60_000) }, finish_reason: null }] })}\n\n`,
  );
  let sent = 0;
  let end: () => void = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const server = createServer((req, res) => {
    req.resume();
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    res.once('close', end);
    const pour = () => {
      while (sent < 400e6 && !res.destroyed) {
        sent += piece.length;
        if (!res.write(piece)) return;
      }
    };
    res.on('drain', pour);
    pour();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    ended,
    /** When nothing more is taken. */
    async standsStill(): Promise<void> {
      for (let before = -1; before !== sent; ) {
        before = sent;
        await new Promise((resolve) => setTimeout(resolve, 60));
      }
    },
  };
}
