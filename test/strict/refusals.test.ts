import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createGateway } from '@portico/core';
import { allProviders } from '@portico/providers';
import { fakeClock, listCases, type Refusal, readCase, strictVendor } from '@portico/testing';
import { describe, expect, it } from 'vitest';
import { fixtures, WITHOUT_FIXTURES } from '../recorded/fixtures.js';
import { DEPLOYMENTS, vendorOf } from './vendor-deployments.js';

const LIST = join(import.meta.dirname, 'refusals.json');

const PATHS: Readonly<Record<string, string>> = {
  chat: '/v1/chat/completions',
  responses: '/v1/responses',
  messages: '/v1/messages',
  embeddings: '/v1/embeddings',
  images: '/v1/images/generations',
  speech: '/v1/audio/speech',
};

/**
 * Every recorded request that its vendor took goes through the gateway to every vendor there are rules of. What a vendor
 * would refuse of what the gateway makes of it is listed in refusals.json: by client's wire, vendor, vendor's wire and rule,
 * with how many. The list gets shorter, never longer. `UPDATE_REFUSALS=1` writes it anew.
 */
describe('recorded requests, to vendors that refuse', () => {
  if (fixtures === undefined) return it.skip(WITHOUT_FIXTURES, () => {});
  const folder = fixtures;

  it('are refused where refusals.json says so, and nowhere else', async () => {
    const found = await sweep(folder);
    if (process.env.UPDATE_REFUSALS) writeFileSync(LIST, `${JSON.stringify(found, null, 2)}\n`);
    const listed = JSON.parse(readFileSync(LIST, 'utf8')) as Readonly<Record<string, number>>;
    expect(found).toEqual(listed);
  }, 600_000);
});

async function sweep(folder: string): Promise<Record<string, number>> {
  let refusal: Refusal | undefined;
  const gateway = createGateway(
    {
      vendorIds: 'allow',
      models: Object.fromEntries(DEPLOYMENTS),
      retries: { maxRetries: 0 },
      cooldowns: { cooldownMs: 0, quotaCooldownMs: 0, failuresInARow: 1e6 },
      clock: fakeClock(0),
    },
    {
      providers: allProviders(),
      environment: {},
      transport: {
        async send({ path, headers, body, attempt }) {
          if (typeof body === 'string') {
            refusal = strictVendor(vendorOf(attempt.deployment)).check({ path, headers, body: JSON.parse(body) });
          }
          return answered(refusal?.status ?? 400, refusal?.body ?? {});
        },
        async close() {},
      },
    },
  );
  const fetch = gateway.fetchAs({ id: 'sweep' });

  const found: Record<string, number> = {};
  for (const line of listCases(
    folder,
    ({ api, status, response_only }) => api in PATHS && status === 200 && !response_only,
  )) {
    const { request } = readCase(folder, line.id);
    if (request.body === undefined) continue;
    const headers = { 'content-type': 'application/json', ...headersOf(line.api, request.headers) };
    for (const id of DEPLOYMENTS.keys()) {
      refusal = undefined;
      const body = JSON.stringify({ ...(request.body as object), model: id, stream: line.stream || undefined });
      const answer = await fetch(`http://portico${PATHS[line.api]}`, { method: 'POST', headers, body });
      await answer.text();
      if (refusal === undefined) continue;
      const { vendor, wire, rule }: Refusal = refusal;
      const key = `${line.api} to ${vendor}, ${wire}: ${rule}`;
      found[key] = (found[key] ?? 0) + 1;
    }
  }
  return Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function headersOf(api: string, recorded: Readonly<Record<string, string>>): Record<string, string> {
  if (api !== 'messages') return {};
  const beta = recorded['anthropic-beta'];
  return { 'anthropic-version': '2023-06-01', ...(beta === undefined ? {} : { 'anthropic-beta': beta }) };
}

function answered(status: number, body: unknown) {
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  return {
    status,
    headers: { get: (name: string) => (name === 'content-type' ? 'application/json' : undefined) },
    body: {
      start(sink: { bytes(chunk: Uint8Array): void; end(): void }) {
        sink.bytes(bytes);
        sink.end();
      },
      pause() {},
      resume() {},
      cancel() {},
    },
  };
}
