import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { secret, type UpstreamOperationName } from '@portico/core';
import type { Connection, Provider, RelayedOperationName } from '@portico/core/provider';
import { expect, it } from 'vitest';
import { allProviders, openAiCompatibleVendors } from '../src/index.js';
import { settings } from './connection-settings.js';
import { readEvents } from './read-stream.js';

const path = fileURLToPath(new URL('../README.md', import.meta.url));
const rootPath = fileURLToPath(new URL('../../../README.md', import.meta.url));

it('lists the vendors that there are (`vitest -u` writes the table anew)', async () => {
  const readme = readFileSync(path, 'utf8');
  const [before, , after] = readme.split(/^(?<=<!-- vendors -->\n)([\s\S]*?)(?=<!-- \/vendors -->$)/m);
  await expect(`${before}${table()}${after}`).toMatchFileSnapshot(path);
});

it('counts them in the front of the house (`vitest -u` counts anew)', async () => {
  const readme = readFileSync(rootPath, 'utf8');
  const [before, , after] = readme.split(/(?<=<!-- vendors -->)(.*?)(?=<!-- \/vendors -->)/);
  const all = allProviders();
  const counted = `${all.length} vendors, ${all.filter(hasOwnWire).length} of them with their own API format`;
  await expect(`${before}${counted}${after}`).toMatchFileSnapshot(rootPath);
});

/** Its chat makes nothing of what a stream in OpenAI's wire is made of. */
function hasOwnWire({ codecs }: Provider): boolean {
  const chat = codecs['chat.completions'];
  if (chat === undefined) return false;
  const chunk = { id: 'c', choices: [{ index: 0, delta: { content: 'word' }, finish_reason: null }] };
  return !readEvents(chat, [chunk]).texts.some((text) => text.includes('word'));
}

function table(): string {
  const rows = allProviders().map((provider) => {
    const { name, keyVariables, needsKey } = provider;
    const codecs = { ...provider.codecs, ...codecsOfClaude(provider) };
    const relays = relaysOf(provider);
    const operations = [
      ...LETTERS.flatMap(([operation, letter]) => {
        if (codecs[operation]) return letter;
        return BRIDGED.has(operation) && codecs['chat.completions'] ? letter.toLowerCase() : [];
      }),
      ...RELAYED.flatMap(([operation, letter]) => (relays[operation] === undefined ? [] : letter)),
    ];
    const variables = keyVariables.map((variable) => `\`${variable}\``).join(', ');
    const credential = needsKey || variables === '' ? variables : `[${variables}]`;
    return `| \`${name}\` | ${operations.join(' ')} | ${credential} | ${addressOf(name)} |\n`;
  });
  return `| Prefix | Operations | Credential | Address |\n|---|---|---|---|\n${rows.join('')}`;
}

/** What Claude can be asked where it has a wire of its own beside the vendor's other models. */
function codecsOfClaude(provider: Provider): Provider['codecs'] {
  if (!HOSTS_OF_CLAUDE.has(provider.name)) return {};
  const baseUrl = provider.name === 'azure_ai' ? 'https://acme.services.ai.azure.com' : undefined;
  const options = provider.name === 'vertex_ai' ? { project: 'acme' } : {};
  const connected = provider.connect(settings({ model: 'claude-sonnet-4-5', apiKey: secret('k'), baseUrl, options }));
  return connected.codecs ?? {};
}

const HOSTS_OF_CLAUDE: ReadonlySet<string> = new Set(['azure_ai', 'vertex_ai']);

const LETTERS: readonly (readonly [UpstreamOperationName, string])[] = [
  ['chat.completions', 'C'],
  ['messages', 'M'],
  ['responses', 'P'],
  ['completions', 'L'],
  ['embeddings', 'E'],
  ['images.generations', 'I'],
  ['images.edits', 'D'],
  ['audio.speech', 'S'],
  ['audio.transcriptions', 'T'],
  ['audio.translations', 'N'],
  ['rerank', 'R'],
  ['moderations', 'X'],
];

const RELAYED: readonly (readonly [RelayedOperationName, string])[] = [
  ['files', 'F'],
  ['batches', 'B'],
  ['realtime', 'W'],
];

/** What is relayed as it is; only a connection knows. */
function relaysOf(provider: Provider): NonNullable<Connection['relays']> {
  try {
    return provider.connect(settings({ apiKey: secret('k'), baseUrl: 'https://here.example/v1' })).relays ?? {};
  } catch {
    // It must be told more, and none of those relays anything.
    return {};
  }
}

/** What chat answers for, where a vendor does not have it. */
const BRIDGED: ReadonlySet<UpstreamOperationName> = new Set(['messages', 'responses']);

const OWN_ADDRESSES: Readonly<Record<string, string>> = {
  openai: 'https://api.openai.com/v1',
  anthropic: 'https://api.anthropic.com',
  bedrock: 'https://bedrock-runtime.{region}.amazonaws.com',
  bedrock_mantle: 'https://bedrock-mantle.{region}.api.aws',
  cohere: 'https://api.cohere.com/v2',
  cloudflare: 'https://api.cloudflare.com/client/v4/accounts/{accountId}/ai/v1',
  huggingface: 'https://router.huggingface.co/v1',
  replicate: 'https://api.replicate.com/v1',
  snowflake: 'https://{account}.snowflakecomputing.com/api/v2/cortex/v1',
  watsonx: 'https://{region}.ml.cloud.ibm.com',
  ollama: 'http://localhost:11434',
  gemini: 'https://generativelanguage.googleapis.com/v1beta',
  sagemaker_chat: 'https://runtime.sagemaker.{region}.amazonaws.com',
  vertex_ai: 'https://{location}-aiplatform.googleapis.com/v1beta1',
};

function addressOf(name: string): string {
  const known = OWN_ADDRESSES[name] ?? openAiCompatibleVendors.find((vendor) => vendor.name === name)?.baseUrl;
  return known === undefined ? 'your `baseUrl`' : `\`${known}\``;
}
