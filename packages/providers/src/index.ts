import type { Provider } from '@portico/core';
import { anthropic } from './anthropic/index.js';
import { azure } from './azure.js';
import { azureAi } from './azure-ai.js';
import { cohere } from './cohere/index.js';
import { gemini } from './gemini/index.js';
import { ollama } from './ollama/index.js';
import { openai } from './openai.js';
import { openAiCompatible } from './openai-compatible.js';
import { openAiCompatibleVendors } from './openai-compatible-vendors.js';
import { vertex } from './vertex/index.js';

export { anthropic } from './anthropic/index.js';
export { azure } from './azure.js';
export { azureAi } from './azure-ai.js';
export { cohere } from './cohere/index.js';
export { gemini } from './gemini/index.js';
export { ollama } from './ollama/index.js';
export { openai } from './openai.js';
export { type OpenAiCompatibleVendor, openAiCompatible } from './openai-compatible.js';
export { openAiCompatibleVendors } from './openai-compatible-vendors.js';
export type { ModelFamily, WireRules } from './shared/pass-through.js';
export { vertex } from './vertex/index.js';

/** Every provider of this package. */
export function allProviders(): readonly Provider[] {
  return [
    openai,
    azure,
    azureAi,
    anthropic,
    gemini,
    vertex,
    cohere,
    ollama,
    ...openAiCompatibleVendors.map(openAiCompatible),
  ];
}
