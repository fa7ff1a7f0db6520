import type { UsageRecord } from '@portico/core';
import { llmGateway } from '@portico/express';
import { allProviders } from '@portico/providers';
import type { CaseLine, ReplayProvider } from '@portico/testing';
import express from 'express';
import OpenAI from 'openai';

/** Vendors that recordings know by another name than configurations do. */
const PREFIXES: Readonly<Record<string, string>> = {
  alibaba: 'dashscope',
  lmstudio: 'lm_studio',
  'bedrock-mantle': 'bedrock_mantle',
  'bedrock-openai': 'bedrock_mantle',
  together: 'together_ai',
  venice: 'veniceai',
};

/** Wires of one vendor's own, by its name in recordings, and the configuration prefix that speaks them. */
const NATIVE: Readonly<Record<string, string>> = {
  cohere: 'cohere',
  gemini: 'gemini',
  ollama: 'ollama',
  vertex: 'vertex_ai',
};

/** Recorded dialects that are no copy of OpenAI's. */
const NATIVE_APIS: ReadonlySet<string> = new Set([
  'chat2',
  'embed',
  'embed2',
  'generate',
  'ollama-chat',
  'ollama-embed',
  'ollama-generate',
  'predict',
]);

/** Vendors whose own wire is another; what was recorded of them on this one is plain OpenAI. */
const OWN_WIRES: ReadonlySet<string> = new Set(['anthropic', 'bedrock', 'cohere', 'gemini', 'vertex_ai']);

const known = new Set(
  allProviders()
    .map(({ name }) => name)
    .filter((name) => !OWN_WIRES.has(name)),
);

/** The configuration prefix for a recorded vendor; what has no row of its own speaks plain OpenAI or Anthropic. */
export function prefixOf(line: CaseLine): string {
  if (isNative(line)) return NATIVE[line.provider] as string; // those of NATIVE_APIS are of one of these vendors
  if (line.api === 'messages') return 'anthropic';
  const prefix = PREFIXES[line.provider] ?? line.provider;
  if (known.has(prefix)) return prefix;
  return line.api === 'responses' ? 'openai' : 'custom_openai';
}

/** What some vendors must be told beside a key. */
export const OPTIONS: Readonly<Record<string, Record<string, string>>> = {
  bedrock: { region: 'us-east-1' },
  bedrock_mantle: { region: 'us-east-1' },
  watsonx: { token: 'recorded', projectId: 'recorded' },
};

/** Told in its vendor's own wire. */
export function isNative({ api, provider }: CaseLine): boolean {
  if (api === 'embeddings') return provider === 'ollama';
  if (api === 'rerank' || api === 'transcription') return provider === 'cohere';
  return NATIVE_APIS.has(api) || (api === 'messages' && provider === 'vertex');
}

export interface RecordedGateway {
  readonly openai: OpenAI;
  /** The usage record of a case's latest call. */
  recordOf(id: string): UsageRecord | undefined;
  close(): Promise<void>;
}

/** An Express app whose gateway has one model group per recorded case, named by its id. */
export async function startRecordedGateway(
  lines: readonly CaseLine[],
  replay: ReplayProvider,
  prefix: (line: CaseLine) => string,
): Promise<RecordedGateway> {
  const records = new Map<string, UsageRecord>();
  const models = Object.fromEntries(
    lines.map((line) => [
      line.id,
      [
        {
          model: `${prefix(line)}/${line.model || 'unnamed'}`,
          // Some recordings ask for a dearer service tier.
          capabilities: { priorityTier: true },
          baseUrl: `${replay.caseUrl(line.id)}${line.api === 'messages' || isNative(line) ? '' : '/openai/v1'}`,
          apiKey: 'sk-recorded-traffic',
          dropUnsupported: true,
          options: OPTIONS[prefix(line)] ?? {},
        },
      ],
    ]),
  );
  const gateway = llmGateway({
    models,
    // Recorded requests name what was stored where they were recorded.
    vendorIds: 'allow',
    logger: false,
    anonymous: { id: 'tester' },
    retries: { maxRetries: 0 },
    cooldowns: { cooldownMs: 0, quotaCooldownMs: 0 },
    observers: [{ callEnded: (record) => void records.set(record.requestedModel, record) }],
  });
  const app = express();
  app.use('/llm', gateway);
  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  return {
    openai: new OpenAI({ baseURL: `http://127.0.0.1:${port}/llm/v1`, apiKey: 'unused', maxRetries: 0 }),
    recordOf: (id) => records.get(id),
    async close() {
      await gateway.close({ graceMs: 1_000 });
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
