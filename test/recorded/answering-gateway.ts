import Anthropic from '@anthropic-ai/sdk';
import { createGateway, type UpstreamOperationName, type UsageRecord } from '@portico/core';
import type { ByteSink, Provider, Transport } from '@portico/core/provider';
import { allProviders } from '@portico/providers';
import { type CaseLine, fakeClock, readCase } from '@portico/testing';
import OpenAI from 'openai';
import { isNative, OPTIONS, prefixOf } from './recorded-gateway.js';

export interface AnsweringGateway {
  readonly openai: OpenAI;
  readonly anthropic: Anthropic;
  /** What was sent upstream for a case, latest first. */
  sentFor(id: string): { readonly path: string; readonly body: Record<string, unknown> } | undefined;
  /** The usage record of a case's latest call. */
  recordOf(id: string): UsageRecord | undefined;
}

/**
 * A gateway in this process with one model group per recorded case, named by its id, whose upstreams answer what was
 * recorded, on the recorded wire alone: without sockets, so that thousands of calls take seconds.
 */
export function answeringGateway(folder: string, lines: readonly CaseLine[]): AnsweringGateway {
  const records = new Map<string, UsageRecord>();
  const sent = new Map<string, { path: string; body: Record<string, unknown> }>();
  const gateway = createGateway(
    {
      vendorIds: 'allow',
      models: Object.fromEntries(
        lines.map((line) => [
          line.id,
          [
            {
              baseUrl: `http://upstream.example${isNative(line) || OWN_ENDPOINTS.has(line.api) ? '' : '/v1'}`,
              apiKey: 'sk-recorded',
              dropUnsupported: true,
              options: OPTIONS[vendorOf(line) ?? ''] ?? {},
              model: `${vendorOf(line)}@${line.api}/${line.model ?? 'unnamed'}`,
              id: line.id,
            },
          ],
        ]),
      ),
      retries: { maxRetries: 0 },
      cooldowns: { cooldownMs: 0, quotaCooldownMs: 0, failuresInARow: 1_000_000 },
      observers: [{ callEnded: (record) => void records.set(record.requestedModel, record) }],
      clock: fakeClock(0),
    },
    { providers: allProviders().flatMap(wireByWire), transport: recordedAnswers(folder, sent), environment: {} },
  );
  const own = { fetch: gateway.fetchAs({ id: 'tester' }), apiKey: 'unused', maxRetries: 0 };
  return {
    openai: new OpenAI({ ...own, baseURL: 'http://portico/v1' }),
    anthropic: new Anthropic({ ...own, baseURL: 'http://portico' }),
    sentFor: (id) => sent.get(id),
    recordOf: (id) => records.get(id),
  };
}

/** Endpoints that each vendor spells its own way, beside those that are replayed as its native ones. */
const OWN_ENDPOINTS: ReadonlySet<string> = new Set(['converse', 'count-tokens', 'invoke']);

const known = new Set(allProviders().map(({ name }) => name));

/** Who is asked for what was recorded; undefined where the gateway does not have that vendor. */
export function vendorOf(line: CaseLine): string | undefined {
  const own = line.provider === 'vertex' ? 'vertex_ai' : line.provider;
  const vendor = OWN_ENDPOINTS.has(line.api) ? own : prefixOf(line);
  return known.has(vendor) ? vendor : undefined;
}

/** What an upstream of each recorded wire can be asked: nothing but what it answers in that wire. */
export const WIRES: Readonly<Record<string, readonly UpstreamOperationName[]>> = {
  chat: ['chat.completions'],
  responses: ['responses'],
  messages: ['messages', 'chat.completions'],
  generate: ['chat.completions'],
  converse: ['chat.completions'],
  chat2: ['chat.completions'],
  'ollama-chat': ['chat.completions'],
  'responses-compact': ['responses.compact'],
  'count-tokens': ['messages.count_tokens', 'chat.completions'],
};

/** The vendor once for each wire that was recorded, having that alone: a client of another is then served by a bridge. */
export function wireByWire(provider: Provider): Provider[] {
  return Object.entries(WIRES).map(([wire, operations]) => {
    const only = <T>(all: Readonly<Partial<Record<UpstreamOperationName, T>>>) =>
      Object.fromEntries(Object.entries(all).filter(([name]) => (operations as readonly string[]).includes(name)));
    const connect: Provider['connect'] = (settings) => {
      const connection = provider.connect(settings);
      const { codecs } = connection;
      return { ...connection, paths: only(connection.paths), ...(codecs && { codecs: only(codecs) }) };
    };
    return { ...provider, name: `${provider.name}@${wire}`, codecs: only(provider.codecs), connect };
  });
}

/** Bytes a piece: uneven, so that events are cut in all places. */
const PIECE = 733;

function recordedAnswers(
  folder: string,
  sent: Map<string, { path: string; body: Record<string, unknown> }>,
): Transport {
  return {
    async send({ path, body, attempt }) {
      // None of what is asked here is a form.
      sent.set(attempt.deployment, { path, body: JSON.parse(body as string) as Record<string, unknown> });
      const { response } = readCase(folder, attempt.deployment);
      return {
        status: response.status,
        headers: { get: (name) => response.headers[name] },
        body: {
          start: (sink) => deliver(response.bytes, sink),
          pause() {},
          resume() {},
          cancel() {},
        },
      };
    },
    close: async () => {},
  };
}

function deliver(bytes: Uint8Array, sink: ByteSink): void {
  for (let at = 0; at < bytes.length; at += PIECE) sink.bytes(bytes.subarray(at, at + PIECE));
  sink.end();
}
