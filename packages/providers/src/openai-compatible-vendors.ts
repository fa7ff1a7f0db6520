import type { UpstreamOperationName } from '@portico/core';
import { adaptDatabricksRequest } from './databricks/adapt-request.js';
import { adaptDeepSeekRequest } from './deepseek/adapt-request.js';
import { adaptMistralRequest } from './mistral/adapt-request.js';
import { adaptMoonshotRequest } from './moonshot/adapt-request.js';
import type { OpenAiCompatibleVendor } from './openai-compatible.js';
import { adaptPerplexityRequest } from './perplexity/adapt-request.js';
import type { WireRules } from './shared/pass-through.js';
import { adaptTogetherRequest } from './together/adapt-request.js';

/** Parameters that only OpenAI supports. */
const OPENAI_ONLY = [
  'audio',
  'metadata',
  'modalities',
  'moderation',
  'prediction',
  'prompt_cache_key',
  'prompt_cache_options',
  'prompt_cache_retention',
  'safety_identifier',
  'service_tier',
  'store',
  'verbosity',
  'web_search_options',
];

const LOG_PROBABILITIES = ['logit_bias', 'logprobs', 'top_logprobs'];
const PENALTIES = ['frequency_penalty', 'presence_penalty'];

/** The rules for a vendor about which nothing else is known. */
export const STANDARD_RULES = {
  developerRole: false,
  nulls: false,
  foreignFields: ['thinking_blocks'],
  cacheMarks: false,
  unsupported: OPENAI_ONLY,
} as const satisfies WireRules;

/** The same for vendors that have the output limit under its older name. */
export const LEGACY_MAX_TOKENS_RULES = {
  ...STANDARD_RULES,
  renames: { max_completion_tokens: 'max_tokens' },
} as const satisfies WireRules;

/** Servers whose newer versions have another field for reasoning than the older ones. */
const SELF_HOSTED = { ...STANDARD_RULES, reasoningField: 'reasoning', systemFirst: true } as const satisfies WireRules;

/** Servers that run the chat templates of models, which often accept one system message, at the beginning. */
const TEMPLATES = { ...STANDARD_RULES, systemFirst: true } as const satisfies WireRules;

/** Routers to other vendors, which support everything that OpenAI does. */
const ROUTER_RULES = { foreignFields: ['thinking_blocks'] } as const satisfies WireRules;

/** Any model of the host's: requests are not changed. */
const NO_RULES = {} as const satisfies WireRules;

/** AI21's models at any host. */
export const AI21 = {
  ...LEGACY_MAX_TOKENS_RULES,
  jsonSchema: false,
  unsupported: [...OPENAI_ONLY, ...PENALTIES, 'logit_bias', 'seed'],
} as const satisfies WireRules;

/** Mistral's models at any host. */
export const MISTRAL = {
  ...LEGACY_MAX_TOKENS_RULES,
  renames: { max_completion_tokens: 'max_tokens', seed: 'random_seed' },
  embeddingRenames: { dimensions: 'output_dimension' },
  names: false,
  toolChoiceRequired: 'any',
  toolCallIds: 'nine characters',
  userAfterTool: false,
  // Unknown fields are rejected, and this one is unknown; usage is sent anyway.
  usage: 'unasked',
  contentParts: true,
  finishReasons: { model_length: 'length' },
  unsupported: [
    ...allBut(OPENAI_ONLY, 'metadata', 'prediction', 'prompt_cache_key', 'service_tier'),
    ...LOG_PROBABILITIES,
    'function_call',
    'functions',
    'user',
  ],
} as const satisfies WireRules;

const ZAI = {
  ...LEGACY_MAX_TOKENS_RULES,
  unsupported: [...OPENAI_ONLY, ...LOG_PROBABILITIES, ...PENALTIES, 'n', 'seed'],
  finishReasons: { sensitive: 'content_filter', model_context_window_exceeded: 'length' },
} as const satisfies WireRules;

const ZAI_ERRORS = {
  '1000': 'unauthorized_upstream',
  '1001': 'unauthorized_upstream',
  '1002': 'unauthorized_upstream',
  '1003': 'unauthorized_upstream',
  '1004': 'unauthorized_upstream',
  '1113': 'quota_exhausted',
  '1261': 'context_too_long',
  '1301': 'content_filtered',
  '1302': 'rate_limited',
  '1303': 'rate_limited',
  '1305': 'overloaded',
} as const;

const MINIMAX_ERRORS = {
  '1002': 'rate_limited',
  '1004': 'unauthorized_upstream',
  '1008': 'quota_exhausted',
  '1026': 'content_filtered',
  '1027': 'content_filtered',
  '1039': 'rate_limited',
} as const;

const NO_REQUIRED_TOOL = { toolChoiceRequired: false } as const satisfies WireRules;

const FREE = { needsKey: false } as const;

const OPERATIONS = {
  chat: ['chat.completions'],
  'chat completions': ['chat.completions', 'completions'],
  'chat embeddings': ['chat.completions', 'embeddings'],
  'chat completions embeddings': ['chat.completions', 'completions', 'embeddings'],
  completions: ['completions'],
  embeddings: ['embeddings'],
  'no text': [],
} as const;

type Operations = keyof typeof OPERATIONS;

const KINDS = {
  messages: ['messages'],
  responses: ['responses'],
  moderations: ['moderations'],
  images: ['images.generations'],
  edits: ['images.edits'],
  speech: ['audio.speech'],
  transcripts: ['audio.transcriptions', 'audio.translations'],
  rerank: ['rerank'],
} as const satisfies Record<string, readonly UpstreamOperationName[]>;

/**
 * Operations of vendors besides those in their row, with OpenAI's API or, for `messages`, Anthropic's. Not included:
 * operations with another API (rerank of NVIDIA and DeepInfra, speech of Mistral, audio and images of MiniMax), and
 * APIs that a vendor offers only for some of its models (Responses at Cloudflare, Databricks, Hugging Face and
 * Perplexity) or in some server versions (Messages at vLLM, Ollama and llama.cpp): through chat, all their models
 * have them.
 */
const EXTRA_OPERATIONS: Readonly<Record<string, readonly (keyof typeof KINDS)[]>> = {
  '302ai': ['images'],
  aihubmix: ['images'],
  aiml: ['images', 'speech', 'transcripts'],
  bytez: ['responses'],
  cometapi: ['images'],
  custom_openai: ['moderations', 'images', 'edits', 'speech', 'transcripts', 'rerank'],
  dashscope: ['responses'],
  deepinfra: ['images', 'speech', 'transcripts'],
  deepseek: ['messages', 'responses'],
  fireworks_ai: ['messages', 'responses', 'rerank'],
  gmi: ['responses'],
  groq: ['responses', 'speech', 'transcripts'],
  heroku: ['messages', 'images'],
  hosted_vllm: ['speech', 'transcripts', 'rerank'],
  infinity: ['rerank'],
  jina_ai: ['rerank'],
  lemonfox: ['images', 'speech', 'transcripts'],
  lepton: ['speech', 'transcripts'],
  litellm_proxy: ['responses', 'moderations', 'images', 'edits', 'speech', 'transcripts', 'rerank'],
  llamacpp: ['responses', 'rerank'],
  lm_studio: ['responses'],
  meta: ['responses'],
  minimax: ['messages'],
  mistral: ['transcripts'],
  moonshot: ['messages'],
  morph: ['rerank'],
  nebius: ['images'],
  novita: ['rerank'],
  nscale: ['images'],
  ollama: ['speech', 'transcripts'],
  openai_like: ['moderations', 'images', 'edits', 'speech', 'transcripts', 'rerank'],
  openrouter: ['messages', 'responses', 'speech', 'transcripts', 'rerank'],
  ovhcloud: ['speech', 'transcripts'],
  poe: ['responses'],
  portkey: ['responses', 'images', 'speech', 'transcripts'],
  qianfan: ['rerank'],
  recraft: ['images'],
  sambanova: ['speech', 'transcripts'],
  scaleway: ['speech', 'transcripts'],
  siliconflow: ['images', 'speech', 'transcripts', 'rerank'],
  stepfun: ['speech', 'transcripts'],
  together_ai: ['images', 'speech', 'transcripts', 'rerank'],
  veniceai: ['images', 'speech', 'transcripts'],
  vercel_ai_gateway: ['messages', 'responses'],
  volcengine: ['responses', 'images'],
  voyage: ['rerank'],
  xai: ['responses', 'images'],
  xinference: ['images', 'rerank'],
  zai: ['messages', 'images'],
  zhipu: ['images', 'speech', 'transcripts', 'rerank'],
};

/** Vendors of these that store responses. */
const STORES_RESPONSES: ReadonlySet<string> = new Set([
  'dashscope',
  'fireworks_ai',
  'litellm_proxy',
  'lm_studio',
  'volcengine',
  'xai',
]);

/** Vendors of these that serve Claude through its own API. */
const CLAUDES_MARKS: ReadonlySet<string> = new Set(['heroku', 'openrouter', 'vercel_ai_gateway']);

/**
 * Every vendor with OpenAI's API, by the prefix that users of LiteLLM know. Vendors with an API of their own
 * (Segmind, Triton), or whose OpenAI API has fewer features than their own (Anthropic, Cohere, Gemini), are not here.
 * Nor is GitHub Copilot, to which only a person with a browser can sign in.
 */
export const openAiCompatibleVendors: readonly OpenAiCompatibleVendor[] = [
  // Servers of the host's own, and any other.
  row('custom_openai', undefined, [], 'chat completions embeddings', NO_RULES, FREE),
  row('openai_like', undefined, [], 'chat completions embeddings', NO_RULES, FREE),
  row('litellm_proxy', undefined, ['LITELLM_PROXY_API_KEY'], 'chat completions embeddings', NO_RULES, FREE),
  row('hosted_vllm', undefined, ['HOSTED_VLLM_API_KEY'], 'chat completions embeddings', SELF_HOSTED, FREE),
  row(
    'docker_model_runner',
    'http://localhost:22088/engines/llama.cpp/v1',
    ['DOCKER_MODEL_RUNNER_API_KEY'],
    'chat embeddings',
    TEMPLATES,
    FREE,
  ),
  row('infinity', 'http://localhost:8080', ['INFINITY_API_KEY'], 'embeddings', STANDARD_RULES, FREE),
  row('lemonade', 'http://localhost:8000/api/v1', [], 'chat completions embeddings', TEMPLATES, FREE),
  row('llamacpp', 'http://127.0.0.1:8080/v1', [], 'chat completions embeddings', TEMPLATES, FREE),
  row('llamafile', 'http://127.0.0.1:8080/v1', [], 'chat completions', TEMPLATES, FREE),
  row('lm_studio', 'http://localhost:1234/v1', ['LM_STUDIO_API_KEY'], 'chat completions embeddings', SELF_HOSTED, FREE),
  row('oobabooga', 'http://localhost:5000/v1', [], 'chat completions', TEMPLATES, FREE),
  row('ragflow', 'http://localhost:9380/api/v1/chats_openai/{chatId}', ['RAGFLOW_API_KEY'], 'chat', STANDARD_RULES),
  row('xinference', 'http://127.0.0.1:9997/v1', ['XINFERENCE_API_KEY'], 'chat embeddings', TEMPLATES, FREE),

  // Routers.
  row('aihubmix', 'https://aihubmix.com/v1', ['AIHUBMIX_API_KEY'], 'chat embeddings', ROUTER_RULES),
  row('cometapi', 'https://api.cometapi.com/v1', ['COMETAPI_API_KEY'], 'chat embeddings', ROUTER_RULES),
  row('edenai', 'https://api.edenai.run/v3', ['EDENAI_API_KEY'], 'chat embeddings', ROUTER_RULES),
  row('helicone', 'https://ai-gateway.helicone.ai', ['HELICONE_API_KEY'], 'chat', ROUTER_RULES),
  row('openrouter', 'https://openrouter.ai/api/v1', ['OPENROUTER_API_KEY'], 'chat completions embeddings', {
    ...ROUTER_RULES,
    reasoningField: 'reasoning',
    errorsInAnswers: true,
  }),
  row('portkey', 'https://api.portkey.ai/v1', ['PORTKEY_API_KEY'], 'chat embeddings', ROUTER_RULES, {
    keyHeader: 'x-portkey-api-key',
  }),
  row('requesty', 'https://router.requesty.ai/v1', ['REQUESTY_API_KEY'], 'chat embeddings', ROUTER_RULES),
  row(
    'vercel_ai_gateway',
    'https://ai-gateway.vercel.sh/v1',
    ['VERCEL_AI_GATEWAY_API_KEY', 'VERCEL_OIDC_TOKEN'],
    'chat embeddings',
    { ...ROUTER_RULES, reasoningField: 'reasoning' },
  ),

  // Vendors.
  row('302ai', 'https://api.302.ai/v1', ['AI302_API_KEY'], 'chat embeddings', STANDARD_RULES),
  row('abliteration', 'https://api.abliteration.ai/v1', ['ABLITERATION_API_KEY'], 'chat', STANDARD_RULES),
  row('ai21', 'https://api.ai21.com/studio/v1', ['AI21_API_KEY'], 'chat', AI21),
  row('ai21_chat', 'https://api.ai21.com/studio/v1', ['AI21_API_KEY'], 'chat', AI21),
  row('aiml', 'https://api.aimlapi.com/v1', ['AIML_API_KEY'], 'chat embeddings', STANDARD_RULES),
  row('amazon_nova', 'https://api.nova.amazon.com/v1', ['AMAZON_NOVA_API_KEY'], 'chat', STANDARD_RULES),
  row(
    'anyscale',
    'https://api.endpoints.anyscale.com/v1',
    ['ANYSCALE_API_KEY'],
    'chat completions embeddings',
    STANDARD_RULES,
  ),
  row('apertis', 'https://api.stima.tech/v1', ['STIMA_API_KEY'], 'chat', LEGACY_MAX_TOKENS_RULES),
  row('assemblyai', 'https://llm-gateway.assemblyai.com/v1', ['ASSEMBLYAI_API_KEY'], 'chat', STANDARD_RULES, {
    keyHeader: 'authorization',
  }),
  row('baseten', 'https://inference.baseten.co/v1', ['BASETEN_API_KEY'], 'chat completions', LEGACY_MAX_TOKENS_RULES),
  row('bytez', 'https://api.bytez.com/models/v2/openai/v1', ['BYTEZ_API_KEY'], 'chat completions', STANDARD_RULES),
  row('cerebras', 'https://api.cerebras.ai/v1', ['CEREBRAS_API_KEY'], 'chat completions', {
    ...STANDARD_RULES,
    reasoningField: 'reasoning',
    unsupported: [...allBut(OPENAI_ONLY, 'prediction'), ...PENALTIES, 'logit_bias', 'parallel_tool_calls'],
  }),
  row(
    'charity_engine',
    'https://api.charityengine.services/remotejobs/v2/inference',
    ['CHARITY_ENGINE_API_KEY'],
    'chat',
    LEGACY_MAX_TOKENS_RULES,
  ),
  row('chutes', 'https://llm.chutes.ai/v1', ['CHUTES_API_KEY'], 'chat', LEGACY_MAX_TOKENS_RULES),
  row(
    'clarifai',
    'https://api.clarifai.com/v2/ext/openai/v1',
    ['CLARIFAI_API_KEY', 'CLARIFAI_PAT'],
    'chat',
    STANDARD_RULES,
  ),
  row('codestral', 'https://codestral.mistral.ai/v1', ['CODESTRAL_API_KEY'], 'chat', MISTRAL, {
    priceCatalogue: 'mistral',
    edits: [adaptMistralRequest],
  }),
  row('compactifai', 'https://api.compactif.ai/v1', ['COMPACTIFAI_API_KEY'], 'chat', STANDARD_RULES),
  row(
    'crusoe',
    'https://managed-inference-api-proxy.crusoecloud.com/v1',
    ['CRUSOE_API_KEY'],
    'chat',
    LEGACY_MAX_TOKENS_RULES,
  ),
  row(
    'dashscope',
    'https://dashscope-intl.aliyuncs.com/compatible-mode/v1',
    ['DASHSCOPE_API_KEY', 'ALIBABA_API_KEY'],
    'chat completions embeddings',
    {
      ...STANDARD_RULES,
      cacheMarks: true,
      families: [{ prefix: 'qwen3', rules: { ...NO_REQUIRED_TOOL, strict: false } }],
    },
  ),
  row('datarobot', undefined, ['DATAROBOT_API_TOKEN', 'DATAROBOT_API_KEY'], 'chat', STANDARD_RULES),
  row('deepinfra', 'https://api.deepinfra.com/v1/openai', ['DEEPINFRA_API_KEY'], 'chat completions embeddings', {
    ...LEGACY_MAX_TOKENS_RULES,
    ...NO_REQUIRED_TOOL,
  }),
  row(
    'deepseek',
    'https://api.deepseek.com',
    ['DEEPSEEK_API_KEY'],
    'chat completions',
    {
      ...LEGACY_MAX_TOKENS_RULES,
      textParts: false,
      jsonSchema: false,
      families: [
        { prefix: 'deepseek-reasoner', rules: NO_REQUIRED_TOOL },
        { prefix: 'deepseek-v4', rules: NO_REQUIRED_TOOL },
      ],
    },
    {
      edits: [adaptDeepSeekRequest],
      elsewhere: { completions: '/beta/completions', messages: '/anthropic/v1/messages' },
    },
  ),
  row('empower', 'https://app.empower.dev/api/v1', ['EMPOWER_API_KEY'], 'chat', LEGACY_MAX_TOKENS_RULES),
  row('featherless_ai', 'https://api.featherless.ai/v1', ['FEATHERLESS_AI_API_KEY'], 'chat completions embeddings', {
    ...LEGACY_MAX_TOKENS_RULES,
    ...NO_REQUIRED_TOOL,
  }),
  row(
    'fireworks_ai',
    'https://api.fireworks.ai/inference/v1',
    ['FIREWORKS_API_KEY', 'FIREWORKS_AI_API_KEY'],
    'chat completions embeddings',
    {
      ...LEGACY_MAX_TOKENS_RULES,
      modelPrefix: 'accounts/fireworks/models/',
      toolChoiceRequired: 'any',
      usage: 'unasked',
    },
    { priceCatalogue: 'fireworks' },
  ),
  row(
    'friendliai',
    'https://api.friendli.ai/serverless/v1',
    ['FRIENDLIAI_API_KEY', 'FRIENDLI_TOKEN'],
    'chat completions',
    LEGACY_MAX_TOKENS_RULES,
  ),
  row('galadriel', 'https://api.galadriel.com/v1', ['GALADRIEL_API_KEY'], 'chat', LEGACY_MAX_TOKENS_RULES),
  row(
    'github',
    'https://models.github.ai/inference',
    ['GITHUB_API_KEY', 'GITHUB_TOKEN'],
    'chat embeddings',
    STANDARD_RULES,
  ),
  row('gmi', 'https://api.gmi-serving.com/v1', ['GMI_API_KEY'], 'chat', STANDARD_RULES),
  row('gradient_ai', 'https://inference.do-ai.run/v1', ['GRADIENT_AI_API_KEY'], 'chat', STANDARD_RULES),
  row('groq', 'https://api.groq.com/openai/v1', ['GROQ_API_KEY'], 'chat', {
    ...STANDARD_RULES,
    reasoningField: 'reasoning',
    unsupported: allBut(OPENAI_ONLY, 'service_tier'),
  }),
  row('heroku', 'https://us.inference.heroku.com/v1', ['HEROKU_API_KEY'], 'chat embeddings', STANDARD_RULES),
  row(
    'hunyuan',
    'https://api.hunyuan.cloud.tencent.com/v1',
    ['HUNYUAN_API_KEY'],
    'chat embeddings',
    LEGACY_MAX_TOKENS_RULES,
  ),
  row(
    'hyperbolic',
    'https://api.hyperbolic.xyz/v1',
    ['HYPERBOLIC_API_KEY'],
    'chat completions',
    LEGACY_MAX_TOKENS_RULES,
  ),
  row(
    'inception',
    'https://api.inceptionlabs.ai/v1',
    ['INCEPTION_API_KEY'],
    'chat completions',
    LEGACY_MAX_TOKENS_RULES,
  ),
  row('inference_net', 'https://api.inference.net/v1', ['INFERENCE_NET_API_KEY'], 'chat', LEGACY_MAX_TOKENS_RULES),
  row(
    'io_intelligence',
    'https://api.intelligence.io.solutions/api/v1',
    ['IOINTELLIGENCE_API_KEY'],
    'chat embeddings',
    LEGACY_MAX_TOKENS_RULES,
  ),
  row('jina_ai', 'https://api.jina.ai/v1', ['JINA_AI_API_KEY'], 'embeddings', STANDARD_RULES),
  row('kluster', 'https://api.kluster.ai/v1', ['KLUSTER_API_KEY'], 'chat', LEGACY_MAX_TOKENS_RULES),
  row('krutrim', 'https://cloud.olakrutrim.com/v1', ['KRUTRIM_API_KEY'], 'chat', LEGACY_MAX_TOKENS_RULES),
  row('lambda_ai', 'https://api.lambda.ai/v1', ['LAMBDA_API_KEY'], 'chat completions', LEGACY_MAX_TOKENS_RULES),
  row('lemonfox', 'https://api.lemonfox.ai/v1', ['LEMONFOX_API_KEY'], 'chat', LEGACY_MAX_TOKENS_RULES),
  row('lepton', 'https://{model}.lepton.run/api/v1', ['LEPTON_API_KEY'], 'chat completions', LEGACY_MAX_TOKENS_RULES),
  row('lingyi', 'https://api.lingyiwanwu.com/v1', ['LINGYI_API_KEY'], 'chat', LEGACY_MAX_TOKENS_RULES),
  row('llamagate', 'https://api.llamagate.dev/v1', ['LLAMAGATE_API_KEY'], 'chat embeddings', LEGACY_MAX_TOKENS_RULES),
  row('matterai', 'https://api.matterai.so/v1', ['MATTERAI_API_KEY'], 'chat', LEGACY_MAX_TOKENS_RULES),
  row('meta', 'https://api.meta.ai/v1', ['MODEL_API_KEY'], 'chat', STANDARD_RULES),
  row('meta_llama', 'https://api.llama.com/compat/v1', ['LLAMA_API_KEY'], 'chat completions', STANDARD_RULES),
  row(
    'minimax',
    'https://api.minimax.io/v1',
    ['MINIMAX_API_KEY'],
    'chat',
    { ...STANDARD_RULES, errorsInAnswers: true, systemFirst: true },
    { errorCodes: MINIMAX_ERRORS, elsewhere: { messages: '/anthropic/v1/messages' } },
  ),
  row('mistral', 'https://api.mistral.ai/v1', ['MISTRAL_API_KEY'], 'chat embeddings', MISTRAL, {
    edits: [adaptMistralRequest],
  }),
  row('monsterapi', 'https://llm.monsterapi.ai/v1', ['MONSTER_API_KEY'], 'chat', LEGACY_MAX_TOKENS_RULES),
  row(
    'moonshot',
    'https://api.moonshot.ai/v1',
    ['MOONSHOT_API_KEY', 'MOONSHOTAI_API_KEY'],
    'chat',
    {
      ...LEGACY_MAX_TOKENS_RULES,
      ...NO_REQUIRED_TOOL,
      textParts: false,
      unsupported: [...OPENAI_ONLY, 'functions', 'function_call'],
    },
    {
      priceCatalogue: 'moonshotai',
      edits: [adaptMoonshotRequest],
      elsewhere: { messages: '/anthropic/v1/messages' },
    },
  ),
  row('morph', 'https://api.morphllm.com/v1', ['MORPH_API_KEY'], 'chat embeddings', STANDARD_RULES),
  row('nano-gpt', 'https://nano-gpt.com/api/v1', ['NANOGPT_API_KEY'], 'chat', LEGACY_MAX_TOKENS_RULES),
  row('ncompass', 'https://api.ncompass.tech/v1', ['NCOMPASS_API_KEY'], 'chat', LEGACY_MAX_TOKENS_RULES),
  row('nebius', 'https://api.studio.nebius.ai/v1', ['NEBIUS_API_KEY'], 'chat completions embeddings', STANDARD_RULES),
  row('nomic', 'https://api-atlas.nomic.ai/v1', ['NOMIC_API_KEY'], 'embeddings', STANDARD_RULES),
  row(
    'novita',
    'https://api.novita.ai/v3/openai',
    ['NOVITA_API_KEY'],
    'chat completions embeddings',
    LEGACY_MAX_TOKENS_RULES,
  ),
  row('nscale', 'https://inference.api.nscale.com/v1', ['NSCALE_API_KEY'], 'chat embeddings', LEGACY_MAX_TOKENS_RULES),
  row('nvidia_nim', 'https://integrate.api.nvidia.com/v1', ['NVIDIA_NIM_API_KEY'], 'chat completions embeddings', {
    ...LEGACY_MAX_TOKENS_RULES,
    families: [{ prefix: 'mistralai/', rules: { userAfterTool: false } }],
  }),
  row(
    'ovhcloud',
    'https://oai.endpoints.kepler.ai.cloud.ovh.net/v1',
    ['OVHCLOUD_API_KEY'],
    'chat embeddings',
    STANDARD_RULES,
  ),
  row(
    'perplexity',
    'https://api.perplexity.ai',
    ['PERPLEXITYAI_API_KEY', 'PERPLEXITY_API_KEY'],
    'chat embeddings',
    {
      ...STANDARD_RULES,
      sources: true,
      systemFirst: true,
      unsupported: [
        ...allBut(OPENAI_ONLY, 'web_search_options'),
        ...LOG_PROBABILITIES,
        'n',
        'parallel_tool_calls',
        'seed',
        'stop',
        'tool_choice',
        'tools',
      ],
    },
    { edits: [adaptPerplexityRequest] },
  ),
  row('poe', 'https://api.poe.com/v1', ['POE_API_KEY'], 'chat', LEGACY_MAX_TOKENS_RULES),
  row(
    'predibase',
    'https://serving.app.predibase.com/{tenant}/deployments/v2/llms/{model}/v1',
    ['PREDIBASE_API_KEY'],
    'chat completions',
    STANDARD_RULES,
  ),
  row('publicai', 'https://api.publicai.co/v1', ['PUBLICAI_API_KEY'], 'chat', {
    ...LEGACY_MAX_TOKENS_RULES,
    textParts: false,
  }),
  row('qianfan', 'https://qianfan.baidubce.com/v2', ['QIANFAN_API_KEY'], 'chat embeddings', LEGACY_MAX_TOKENS_RULES),
  row('recraft', 'https://external.api.recraft.ai/v1', ['RECRAFT_API_KEY'], 'no text', NO_RULES),
  row('reka', 'https://api.reka.ai/v1', ['REKA_API_KEY'], 'chat', LEGACY_MAX_TOKENS_RULES, { keyHeader: 'x-api-key' }),
  row('salad_cloud', 'https://ai.salad.cloud/v1', ['SALAD_CLOUD_API_KEY'], 'chat', LEGACY_MAX_TOKENS_RULES),
  row('sambanova', 'https://api.sambanova.ai/v1', ['SAMBANOVA_API_KEY'], 'chat embeddings', {
    ...LEGACY_MAX_TOKENS_RULES,
    unsupported: [...OPENAI_ONLY, ...LOG_PROBABILITIES, ...PENALTIES, 'n', 'seed'],
  }),
  row('sarvam', 'https://api.sarvam.ai/v1', ['SARVAM_API_KEY'], 'chat', LEGACY_MAX_TOKENS_RULES, {
    keyHeader: 'api-subscription-key',
  }),
  row('scaleway', 'https://api.scaleway.ai/v1', ['SCW_SECRET_KEY'], 'chat embeddings', STANDARD_RULES),
  row(
    'siliconflow',
    'https://api.siliconflow.cn/v1',
    ['SILICONFLOW_API_KEY'],
    'chat embeddings',
    LEGACY_MAX_TOKENS_RULES,
  ),
  row('stepfun', 'https://api.stepfun.com/v1', ['STEPFUN_API_KEY'], 'chat', LEGACY_MAX_TOKENS_RULES),
  row(
    'synthetic',
    'https://api.synthetic.new/openai/v1',
    ['SYNTHETIC_API_KEY'],
    'chat embeddings',
    LEGACY_MAX_TOKENS_RULES,
  ),
  row('text-completion-openai', 'https://api.openai.com/v1', ['OPENAI_API_KEY'], 'completions', NO_RULES, {
    priceCatalogue: 'openai',
  }),
  row(
    'together_ai',
    'https://api.together.ai/v1',
    ['TOGETHERAI_API_KEY', 'TOGETHER_API_KEY', 'TOGETHER_AI_API_KEY'],
    'chat completions embeddings',
    { ...LEGACY_MAX_TOKENS_RULES, reasoningField: 'reasoning', finishReasons: { eos: 'stop' } },
    { priceCatalogue: 'together', edits: [adaptTogetherRequest] },
  ),
  row('upstage', 'https://api.upstage.ai/v1/solar', ['UPSTAGE_API_KEY'], 'chat embeddings', LEGACY_MAX_TOKENS_RULES),
  row('v0', 'https://api.v0.dev/v1', ['V0_API_KEY'], 'chat', STANDARD_RULES),
  row('veniceai', 'https://api.venice.ai/api/v1', ['VENICE_AI_API_KEY'], 'chat embeddings', STANDARD_RULES),
  row(
    'volcengine',
    'https://ark.cn-beijing.volces.com/api/v3',
    ['VOLCENGINE_API_KEY', 'ARK_API_KEY'],
    'chat embeddings',
    STANDARD_RULES,
  ),
  row(
    'voyage',
    'https://api.voyageai.com/v1',
    ['VOYAGE_API_KEY'],
    'embeddings',
    {
      embeddingRenames: { dimensions: 'output_dimension' },
      defaults: { encoding_format: 'float' },
      unsupported: ['user'],
    },
    { priceCatalogue: 'voyageai', rerank: { topN: 'top_k' } },
  ),
  row('wandb', 'https://api.inference.wandb.ai/v1', ['WANDB_API_KEY'], 'chat', STANDARD_RULES),
  row(
    'xai',
    'https://api.x.ai/v1',
    ['XAI_API_KEY'],
    'chat',
    {
      ...LEGACY_MAX_TOKENS_RULES,
      strict: false,
      names: false,
      emptyFields: true,
      reasoningBeside: true,
      families: ['grok-3-mini', 'grok-4', 'grok-code-fast'].map((prefix) => ({
        prefix,
        rules: { unsupported: [...PENALTIES, 'stop'] },
      })),
    },
    { priceCatalogue: 'x-ai' },
  ),
  row('xiaomi_mimo', 'https://api.xiaomimimo.com/v1', ['XIAOMI_MIMO_API_KEY'], 'chat', LEGACY_MAX_TOKENS_RULES),
  row('zai', 'https://api.z.ai/api/paas/v4', ['ZAI_API_KEY'], 'chat', ZAI, {
    errorCodes: ZAI_ERRORS,
    elsewhere: { messages: '/api/anthropic/v1/messages' },
  }),
  row('zhipu', 'https://open.bigmodel.cn/api/paas/v4', ['ZHIPU_API_KEY', 'ZHIPUAI_API_KEY'], 'chat embeddings', ZAI, {
    errorCodes: ZAI_ERRORS,
  }),
];

function row(
  name: string,
  baseUrl: string | undefined,
  keyVariables: readonly string[],
  operations: Operations,
  rules: WireRules,
  rest: Partial<OpenAiCompatibleVendor> = {},
): OpenAiCompatibleVendor {
  const beside = (EXTRA_OPERATIONS[name] ?? []).flatMap((kind) => KINDS[kind]);
  return {
    name,
    baseUrl,
    keyVariables,
    operations: [...OPERATIONS[operations], ...beside],
    rules,
    ...(STORES_RESPONSES.has(name) && { keepsResponses: true }),
    ...(CLAUDES_MARKS.has(name) && { claudesMarks: true }),
    ...rest,
  };
}

function allBut(names: readonly string[], ...kept: readonly string[]): readonly string[] {
  return names.filter((name) => !kept.includes(name));
}

/** Vendors whose row describes the API, and whose folder handles authentication or URLs. */
export const codecsOfOtherApis = {
  cloudflare: row(
    'cloudflare',
    'https://api.cloudflare.com/client/v4/accounts/{accountId}/ai/v1',
    ['CLOUDFLARE_API_KEY'],
    'chat embeddings',
    { ...STANDARD_RULES, contentParts: true },
    { errorCodes: { '3040': 'overloaded', '7009': 'overloaded', '10000': 'unauthorized_upstream' } },
  ),
  databricks: row(
    'databricks',
    undefined,
    ['DATABRICKS_API_KEY'],
    'chat completions embeddings',
    {
      ...STANDARD_RULES,
      cacheMarks: true,
      foreignFields: [],
      strict: false,
      contentParts: true,
      // Every chunk contains the usage so far, and older endpoints rejected the option.
      usage: 'unasked',
      unsupported: [...OPENAI_ONLY, 'parallel_tool_calls'],
    },
    { needsKey: false, edits: [adaptDatabricksRequest] },
  ),
  huggingface: row(
    'huggingface',
    'https://router.huggingface.co/v1',
    ['HF_TOKEN', 'HUGGINGFACE_API_KEY'],
    'chat embeddings',
    {
      ...STANDARD_RULES,
      reasoningField: 'reasoning',
    },
  ),
  ollama: row(
    'ollama',
    'http://localhost:11434/v1',
    ['OLLAMA_API_KEY'],
    'chat completions embeddings',
    { ...STANDARD_RULES, reasoningField: 'reasoning', unsupported: [...OPENAI_ONLY, 'tool_choice'] },
    FREE,
  ),
  snowflake: row(
    'snowflake',
    'https://{account}.snowflakecomputing.com/api/v2/cortex/v1',
    ['SNOWFLAKE_JWT', 'SNOWFLAKE_PAT'],
    'chat embeddings',
    {
      ...STANDARD_RULES,
      strict: false,
      emptyFields: true,
    },
    { needsKey: false },
  ),
};
