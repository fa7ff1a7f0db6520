import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { UsageRecord } from '@portico/core';
import { buildApp } from '@portico/example-express';
import { type FakeProvider, type FakeProviderOptions, startFakeProvider } from '@portico/testing';
import OpenAI from 'openai';

/** The example on a free port, with a fake provider behind it. */
export interface RunningExample {
  readonly origin: string;
  readonly provider: FakeProvider;
  /** Signs in as one of the demo users and answers the cookie. */
  signIn(user: string): Promise<string>;
  /** The official client as the page makes it; the cookie is what a browser would send along by itself. */
  clientWith(cookie: string): OpenAI;
  /** The first record in the ledger that fits, past or future. */
  waitForRecord(fits: (record: UsageRecord) => boolean): Promise<UsageRecord>;
  close(): Promise<void>;
}

/** Starts the example; `options` are for the fake provider. */
export async function startExpressExample(options: FakeProviderOptions = {}): Promise<RunningExample> {
  const provider = await startFakeProvider(options);
  const { app, ledger, close } = await buildApp({ fakeProvider: provider });
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    origin,
    provider,
    async signIn(user) {
      const answer = await fetch(`${origin}/api/session`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ user }),
      });
      return answer.headers
        .getSetCookie()
        .map((cookie) => cookie.split(';')[0])
        .join('; ');
    },
    clientWith: (cookie) =>
      new OpenAI({ baseURL: `${origin}/llm/v1`, apiKey: 'session', maxRetries: 0, defaultHeaders: { cookie } }),
    waitForRecord: (fits) =>
      new Promise((resolve) => {
        const look = (record: UsageRecord) => {
          if (!fits(record)) return;
          stopWatching();
          resolve(record);
        };
        const stopWatching = ledger.watch(look);
        for (const record of ledger.records.values()) look(record);
      }),
    async close() {
      await close();
      server.closeAllConnections();
      server.close();
      await provider.close();
    },
  };
}
