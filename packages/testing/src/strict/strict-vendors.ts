import type { StrictVendorDefinition } from './strict-rule.js';
import { anthropic } from './vendors/anthropic.js';
import { azure } from './vendors/azure.js';
import { bedrock } from './vendors/bedrock.js';
import { cerebras } from './vendors/cerebras.js';
import { cohere } from './vendors/cohere.js';
import { deepSeek } from './vendors/deepseek.js';
import { gemini } from './vendors/gemini.js';
import { groq } from './vendors/groq.js';
import { fireworks, nim, openRouter, sambaNova, together } from './vendors/hosts-of-open-models.js';
import { mistral } from './vendors/mistral.js';
import { dashScope, kimi, miniMax, perplexity, zai } from './vendors/more-vendors.js';
import { ollama } from './vendors/ollama.js';
import { openAi } from './vendors/openai.js';
import { llamaCpp, lmStudio, sglang, vllm } from './vendors/self-hosted.js';
import { vertex } from './vendors/vertex.js';
import { xai } from './vendors/xai.js';

/** Every vendor there are rules of, by the name its configurations know it by. */
export const VENDORS: readonly StrictVendorDefinition[] = [
  openAi,
  azure,
  anthropic,
  bedrock,
  gemini,
  vertex,
  cohere,
  mistral,
  groq,
  cerebras,
  deepSeek,
  xai,
  together,
  fireworks,
  openRouter,
  perplexity,
  sambaNova,
  nim,
  kimi,
  miniMax,
  zai,
  dashScope,
  vllm,
  sglang,
  llamaCpp,
  lmStudio,
  ollama,
];
