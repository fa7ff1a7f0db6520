import type { Provider } from '@portico/core/provider';
import { anthropic } from './anthropic/index.js';
import { azure } from './azure.js';
import { azureAi } from './azure-ai.js';
import { bedrock, bedrockMantle } from './bedrock/index.js';
import { cloudflare } from './cloudflare/index.js';
import { cohere } from './cohere/index.js';
import { databricks } from './databricks/index.js';
import { gemini } from './gemini/index.js';
import { huggingface } from './huggingface/index.js';
import { ollama } from './ollama/index.js';
import { openai } from './openai.js';
import { openAiCompatible } from './openai-compatible.js';
import { openAiCompatibleVendors } from './openai-compatible-vendors.js';
import { replicate } from './replicate/index.js';
import { sagemaker } from './sagemaker.js';
import { snowflake } from './snowflake/index.js';
import { vertex } from './vertex/index.js';
import { watsonx } from './watsonx/index.js';

export { anthropic } from './anthropic/index.js';
export { azure } from './azure.js';
export { azureAi } from './azure-ai.js';
export { bedrock, bedrockMantle } from './bedrock/index.js';
export { cloudflare } from './cloudflare/index.js';
export { cohere } from './cohere/index.js';
export { databricks } from './databricks/index.js';
export { defineProvider, type VendorDefinition } from './define-provider.js';
export { gemini } from './gemini/index.js';
export { huggingface } from './huggingface/index.js';
export { ollama } from './ollama/index.js';
export { openai } from './openai.js';
export { type OpenAiCompatibleVendor, openAiCompatible } from './openai-compatible.js';
export { openAiCompatibleVendors } from './openai-compatible-vendors.js';
export { replicate } from './replicate/index.js';
export { sagemaker } from './sagemaker.js';
export type { ModelFamily, WireRules } from './shared/pass-through.js';
export { snowflake } from './snowflake/index.js';
export { vertex } from './vertex/index.js';
export { watsonx } from './watsonx/index.js';

/** Every provider of this package. */
export function allProviders(): readonly Provider[] {
  return [
    openai,
    azure,
    azureAi,
    anthropic,
    bedrock,
    bedrockMantle,
    sagemaker,
    gemini,
    vertex,
    cohere,
    ollama,
    cloudflare,
    databricks,
    huggingface,
    replicate,
    snowflake,
    watsonx,
    ...openAiCompatibleVendors.map(openAiCompatible),
  ];
}
