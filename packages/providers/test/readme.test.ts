import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { UpstreamOperationName } from '@portico/core';
import { expect, it } from 'vitest';
import { allProviders, openAiCompatibleVendors } from '../src/index.js';

const path = fileURLToPath(new URL('../README.md', import.meta.url));

it('lists the vendors that there are (`vitest -u` writes the table anew)', async () => {
  const readme = readFileSync(path, 'utf8');
  const [before, , after] = readme.split(/^(?<=<!-- vendors -->\n)([\s\S]*?)(?=<!-- \/vendors -->$)/m);
  await expect(`${before}${table()}${after}`).toMatchFileSnapshot(path);
});

function table(): string {
  const rows = allProviders().map(({ name, codecs, keyVariables, needsKey }) => {
    const operations = LETTERS.filter(([operation]) => codecs[operation]).map(([, letter]) => letter);
    const variables = keyVariables.map((variable) => `\`${variable}\``).join(', ');
    const credential = needsKey || variables === '' ? variables : `[${variables}]`;
    return `| \`${name}\` | ${operations.join(' ')} | ${credential} | ${addressOf(name)} |\n`;
  });
  return `| Prefix | Operations | Credential | Address |\n|---|---|---|---|\n${rows.join('')}`;
}

const LETTERS: readonly (readonly [UpstreamOperationName, string])[] = [
  ['chat.completions', 'C'],
  ['responses', 'P'],
  ['completions', 'L'],
  ['embeddings', 'E'],
  ['images.generations', 'I'],
  ['audio.speech', 'S'],
  ['audio.transcriptions', 'T'],
  ['rerank', 'R'],
  ['moderations', 'X'],
];

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
