import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createGateway, type Gateway, GatewayError } from '@portico/core';
import type { Transport } from '@portico/core/provider';
import { allProviders } from '@portico/providers';
import { readCase } from '@portico/testing';
import { describe, expect, it } from 'vitest';
import { wireByWire } from './answering-gateway.js';
import { fixtures, WITHOUT_FIXTURES } from './fixtures.js';
import { differencesOf, type Loose, MEANINGS } from './meaning.js';

/** Where clients of each dialect ask. */
const CLIENTS: Readonly<Record<string, string>> = {
  'chat-completions': '/v1/chat/completions',
  responses: '/v1/responses',
  anthropic: '/v1/messages',
};

/** Who is asked in each dialect, on that wire alone. */
const UPSTREAMS: Readonly<Record<string, string>> = {
  'chat-completions': 'openai@chat',
  responses: 'openai@responses',
  anthropic: 'anthropic@messages',
  google: 'gemini@generate',
};

const ROADS = Object.keys(CLIENTS).flatMap((from) =>
  Object.keys(UPSTREAMS).flatMap((to) => (from === to ? [] : [[from, to] as const])),
);

/** Why what is sent differs from what a person wrote for the same question. `*` is any. */
interface Reason {
  readonly from: string;
  readonly to: string;
  readonly pair: string;
  readonly path: string;
  readonly why: string;
}

describe('questions that were recorded in several dialects', () => {
  if (fixtures === undefined) return it.skip(WITHOUT_FIXTURES, () => {});
  const folder = fixtures;
  const pairs = JSON.parse(readFileSync(join(folder, 'pairs.json'), 'utf8')) as Record<string, Record<string, Asked[]>>;
  const reasons = JSON.parse(readFileSync(join(import.meta.dirname, 'pair-differences.json'), 'utf8')) as Reason[];
  const used = new Set<Reason>();

  it.each(ROADS)('asked in %s and sent in %s mean what their author wrote there', async (from, to) => {
    const unlisted: string[] = [];
    let compared = 0;
    for (const [pair, asked] of Object.entries(pairs)) {
      for (const turn of [1, 2]) {
        const one = asked[from]?.find((each) => each.turn === turn);
        const other = asked[to]?.find((each) => each.turn === turn);
        if (one === undefined || other === undefined) continue;
        compared += 1;
        const written = readCase(folder, other.id);
        const sent = await sentFor(from, to, readCase(folder, one.id).request.body as object, written.model);
        const found: [string, string][] =
          sent instanceof GatewayError
            ? [['refused', sent.message]]
            : differencesOf(MEANINGS[to]?.(sent), MEANINGS[to]?.(written.request.body));
        for (const [path, sides] of found) {
          const why = reasons.find((reason) => fits(reason, { from, to, pair, path }));
          if (why === undefined) unlisted.push(`${pair} ${turn} ${path}: ${sides}`);
          else used.add(why);
        }
      }
    }
    expect(compared).toBeGreaterThan(20);
    expect(unlisted.join('\n')).toBe('');
  });

  it('have no reason for a difference that is not there', () => {
    expect(reasons.filter((reason) => !used.has(reason))).toEqual([]);
  });
});

interface Asked {
  readonly id: string;
  readonly turn: number;
}

function fits(reason: Reason, found: Omit<Reason, 'why'>): boolean {
  return (['from', 'to', 'pair', 'path'] as const).every((name) => {
    const wanted = reason[name];
    return wanted.endsWith('*') ? found[name].startsWith(wanted.slice(0, -1)) : wanted === found[name];
  });
}

/** What reaches an upstream of the one dialect for a request in the other; the refusal where nothing does. */
async function sentFor(from: string, to: string, body: object, model: string): Promise<Loose> {
  let sent: Loose;
  const transport: Transport = {
    async send(request) {
      sent = JSON.parse(request.body as string);
      throw new GatewayError('upstream_error', 'what was sent is all that matters here');
    },
    close: async () => {},
  };
  const gateway: Gateway = createGateway(
    {
      vendorIds: 'allow',
      models: { m: [{ model: `${UPSTREAMS[to]}/${model}`, apiKey: 'sk-pairs', dropUnsupported: true }] },
      anonymous: { id: 'tester' },
      retries: { maxRetries: 0 },
    },
    { providers: allProviders().flatMap(wireByWire), transport, environment: {} },
  );
  const answer = await gateway.handle({
    method: 'POST',
    path: CLIENTS[from] as string,
    header: () => undefined,
    ip: undefined,
    authority: undefined,
    host: {},
    body: { kind: 'parsed', value: { ...body, model: 'm', stream: false } },
    onClientGone() {},
  });
  return sent ?? new GatewayError('invalid_input', answer?.kind === 'whole' ? String(answer.body) : 'nothing was sent');
}
