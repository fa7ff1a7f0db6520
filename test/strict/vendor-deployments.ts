import type { DeploymentConfig } from '@portico/core';

/** A vendor as the gateway is told of it, and whose rules then hold. */
interface AskedVendor {
  /** What a model's name begins with in the configuration. */
  readonly prefix: string;
  /** Whose rules hold, by its name in `STRICT_VENDORS`. */
  readonly strict: string;
  readonly models: readonly string[];
  readonly more?: Partial<Exclude<DeploymentConfig, string>>;
}

const VERTEX = { project: 'p', location: 'us-east5', tokenProvider: async () => 'token' };
const AZURE_BY_DATE = { baseUrl: 'https://r.openai.azure.com/openai?api-version=2024-10-21' };
const AZURE = { baseUrl: 'https://r.openai.azure.com' };
const SELF_HOSTED = { baseUrl: 'http://v.example/v1' };

// For each vendor the models whose rules differ from each other.
const ASKED: readonly AskedVendor[] = [
  { prefix: 'openai', strict: 'openai', models: ['gpt-4o-mini', 'gpt-5.1', 'o3'] },
  { prefix: 'azure', strict: 'azure', models: ['gpt-4o-mini'], more: AZURE_BY_DATE },
  { prefix: 'azure', strict: 'azure', models: ['o3'], more: AZURE },
  {
    prefix: 'anthropic',
    strict: 'anthropic',
    models: ['claude-sonnet-4-5', 'claude-opus-4-7', 'claude-3-5-haiku-latest'],
  },
  {
    prefix: 'bedrock',
    strict: 'bedrock',
    models: [
      'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
      'us.anthropic.claude-opus-4-7-v1',
      'us.amazon.nova-pro-v1:0',
      'meta.llama3-3-70b-instruct-v1:0',
    ],
    more: { options: { region: 'us-east-1' } },
  },
  { prefix: 'gemini', strict: 'gemini', models: ['gemini-2.5-flash', 'gemini-3-pro-preview'] },
  {
    prefix: 'vertex_ai',
    strict: 'vertex_ai',
    models: ['gemini-2.5-flash', 'claude-sonnet-4-5@20250929'],
    more: { options: VERTEX },
  },
  { prefix: 'cohere', strict: 'cohere', models: ['command-a-03-2025'] },
  { prefix: 'mistral', strict: 'mistral', models: ['mistral-large-latest'] },
  { prefix: 'groq', strict: 'groq', models: ['llama-3.3-70b-versatile', 'openai/gpt-oss-120b'] },
  { prefix: 'cerebras', strict: 'cerebras', models: ['gpt-oss-120b'] },
  { prefix: 'deepseek', strict: 'deepseek', models: ['deepseek-v4-flash'] },
  { prefix: 'xai', strict: 'xai', models: ['grok-4.3', 'grok-4-1-fast-reasoning'] },
  { prefix: 'together_ai', strict: 'together_ai', models: ['Qwen/Qwen3-235B-A22B'] },
  { prefix: 'fireworks_ai', strict: 'fireworks_ai', models: ['qwen3-235b-a22b'] },
  { prefix: 'openrouter', strict: 'openrouter', models: ['openai/gpt-4o-mini'] },
  { prefix: 'perplexity', strict: 'perplexity', models: ['sonar'] },
  { prefix: 'sambanova', strict: 'sambanova', models: ['DeepSeek-V3.1'] },
  {
    prefix: 'nvidia_nim',
    strict: 'nvidia_nim',
    models: ['meta/llama-3.3-70b-instruct', 'mistralai/mistral-small-4-119b-2603'],
  },
  { prefix: 'moonshot', strict: 'moonshot', models: ['kimi-k2.6'] },
  { prefix: 'minimax', strict: 'minimax', models: ['MiniMax-M2.7'] },
  { prefix: 'zai', strict: 'zai', models: ['glm-4.7'] },
  { prefix: 'dashscope', strict: 'dashscope', models: ['qwen3.6-plus'] },
  { prefix: 'hosted_vllm', strict: 'hosted_vllm', models: ['Qwen/Qwen3.5-27B'], more: SELF_HOSTED },
  { prefix: 'openai_like', strict: 'sglang', models: ['Qwen/Qwen3.5-27B'], more: SELF_HOSTED },
  { prefix: 'llamacpp', strict: 'llamacpp', models: ['Qwen3.5-9B'] },
  { prefix: 'lm_studio', strict: 'lm_studio', models: ['qwen3-8b'] },
  { prefix: 'ollama', strict: 'ollama', models: ['qwen3:8b'] },
];

/** A deployment of every vendor there are rules of, by the vendor's name and the model's. */
export const DEPLOYMENTS: ReadonlyMap<string, readonly DeploymentConfig[]> = new Map(
  ASKED.flatMap(({ prefix, strict, models, more = {} }) =>
    models.map((model): [string, DeploymentConfig[]] => {
      const id = `${strict}/${model}`;
      const key = prefix === 'vertex_ai' ? {} : { apiKey: prefix === 'bedrock' ? 'ABSKx' : 'sk-x' };
      return [id, [{ id, model: `${prefix}/${model}`, dropUnsupported: true, ...key, ...more }]];
    }),
  ),
);

/** The vendor whose rules hold for a deployment. */
export function vendorOf(id: string): string {
  return id.slice(0, id.indexOf('/'));
}
