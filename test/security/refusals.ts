/** What a caller set, and how a vendor refuses it. */
export interface Refusal {
  /** Which deployments: the reference of the model. */
  readonly model: string;
  readonly path: Endpoint;
  readonly sets: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly status: number;
  readonly says: unknown;
  /**
   * Where the vendor describes the refusal. The sentences are written after it and are not recorded, but for those of an
   * issue, which quotes them.
   */
  readonly source: string;
  /** Whether it may be the deployment's own fault as well: then others are asked, and nothing is learned all the same. */
  readonly unclear?: true;
}

export type Endpoint =
  | 'chat/completions'
  | 'responses'
  | 'messages'
  | 'completions'
  | 'embeddings'
  | 'images/generations'
  | 'images/edits'
  | 'audio/speech'
  | 'audio/transcriptions';

const OPENAI = 'openai/gpt-4o-mini';
const GROQ = 'groq/llama-3.3-70b-versatile';
const AZURE = 'azure/gpt-4o-mini';
const ANTHROPIC = 'anthropic/claude-sonnet-4-5';
const GEMINI = 'gemini/gemini-2.5-flash';
const COHERE = 'cohere/command-a-03-2025';
const MISTRAL = 'mistral/mistral-small-latest';
const OPENROUTER = 'openrouter/openai/gpt-4o-mini';

const openai = (message: string, more: object = {}) => ({
  error: { message, type: 'invalid_request_error', param: null, code: null, ...more },
});
const anthropic = (message: string, type = 'not_found_error') => ({ type: 'error', error: { type, message } });
const google = (code: number, status: string, message: string) => ({ error: { code, message, status } });

const OPENAI_DOCS = 'https://platform.openai.com/docs/guides/error-codes';
const FLEX = 'https://platform.openai.com/docs/guides/flex-processing';
const GROQ_DOCS = 'https://console.groq.com/docs/flex-processing';

/** Things that the caller names and that are not there. */
const NAMED: readonly Refusal[] = [
  {
    model: OPENAI,
    path: 'responses',
    sets: { conversation: 'conv_none' },
    status: 404,
    says: openai("Conversation with id 'conv_none' not found."),
    source: OPENAI_DOCS,
  },
  {
    model: OPENAI,
    path: 'responses',
    sets: { prompt: { id: 'pmpt_none', version: '2' } },
    status: 404,
    says: openai("Prompt with id 'pmpt_none' not found.", { param: 'prompt' }),
    source: OPENAI_DOCS,
  },
  {
    model: OPENAI,
    path: 'responses',
    sets: { tools: [{ type: 'file_search', vector_store_ids: ['vs_none'] }] },
    status: 404,
    says: openai("Vector store with id 'vs_none' not found."),
    source: OPENAI_DOCS,
  },
  {
    model: OPENAI,
    path: 'responses',
    sets: { input: [{ type: 'reasoning', id: 'rs_none', summary: [] }, 'MARK'] },
    status: 404,
    says: openai("Item with id 'rs_none' not found. Items are not persisted when `store` is set to false."),
    source: 'can1357/oh-my-pi#41',
  },
  {
    model: OPENAI,
    path: 'responses',
    sets: { tools: [{ type: 'code_interpreter', container: 'cntr_none' }] },
    status: 404,
    says: openai('Container with id cntr_none not found.'),
    source: OPENAI_DOCS,
  },
  {
    model: OPENAI,
    path: 'responses',
    sets: { tools: [{ type: 'image_generation', model: 'gpt-image-none' }] },
    status: 404,
    says: openai("The model 'gpt-image-none' does not exist.", { code: 'model_not_found' }),
    source: OPENAI_DOCS,
  },
  {
    // The name of a thing may be chosen to look like that of the model.
    model: OPENAI,
    path: 'responses',
    sets: { conversation: 'The model gpt-4o-mini does not exist' },
    status: 404,
    says: openai("Conversation with id 'The model gpt-4o-mini does not exist' not found."),
    source: OPENAI_DOCS,
  },
  {
    model: OPENAI,
    path: 'chat/completions',
    sets: { messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: 'file-none' } }] }] },
    status: 404,
    says: openai('No such File object: file-none', { param: 'file_id' }),
    source: OPENAI_DOCS,
  },
  {
    model: OPENAI,
    path: 'chat/completions',
    sets: { messages: [{ role: 'assistant', content: '', audio: { id: 'audio_none' } }] },
    status: 404,
    says: openai("Audio with id 'audio_none' not found."),
    source: OPENAI_DOCS,
  },
  {
    model: OPENAI,
    path: 'audio/speech',
    sets: { voice: { id: 'voice_none' } },
    status: 404,
    says: openai("Voice with id 'voice_none' not found."),
    source: OPENAI_DOCS,
  },
  {
    model: AZURE,
    path: 'responses',
    sets: { conversation: { id: 'conv_none' } },
    status: 404,
    says: { error: { code: 'not_found', message: "Conversation with id 'conv_none' not found." } },
    source: 'https://learn.microsoft.com/azure/ai-foundry/openai/how-to/responses',
  },
  {
    model: AZURE,
    path: 'chat/completions',
    sets: { data_sources: [{ type: 'azure_search', parameters: { index_name: 'none' } }] },
    status: 404,
    says: { error: { code: '404', message: "Index with the name 'none' in service was not found." } },
    source: 'https://learn.microsoft.com/azure/ai-foundry/openai/references/azure-search',
  },
  {
    model: ANTHROPIC,
    path: 'messages',
    sets: { container: 'container_none' },
    status: 404,
    says: anthropic('Container container_none not found'),
    source: 'https://docs.claude.com/en/api/errors',
  },
  {
    model: ANTHROPIC,
    path: 'messages',
    sets: {
      messages: [{ role: 'user', content: [{ type: 'document', source: { type: 'file', file_id: 'file_none' } }] }],
    },
    status: 404,
    says: anthropic('The requested resource could not be found: file_none'),
    source: 'https://docs.claude.com/en/api/errors',
  },
  {
    model: GROQ,
    path: 'audio/speech',
    sets: { voice: 'none' },
    status: 404,
    says: openai('Voice `none` was not found.'),
    source: 'https://console.groq.com/docs/errors',
  },
  {
    model: MISTRAL,
    path: 'chat/completions',
    sets: { messages: [{ role: 'user', content: [{ type: 'document_url', document_url: 'https://none.example/a' }] }] },
    status: 404,
    says: { detail: 'Document could not be fetched.' },
    source: 'https://docs.mistral.ai/capabilities/document_ai',
  },
  {
    model: OPENROUTER,
    path: 'chat/completions',
    sets: { provider: { only: ['none'] } },
    status: 404,
    says: { error: { code: 404, message: 'No allowed providers are available for the selected model.' } },
    source: 'https://openrouter.ai/docs/guides/routing/provider-selection',
  },
  {
    model: COHERE,
    path: 'chat/completions',
    sets: {
      messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://none.example/a' } }] }],
    },
    status: 404,
    says: { message: 'image not found' },
    source: 'https://docs.cohere.com/reference/errors',
  },
  {
    model: GEMINI,
    path: 'chat/completions',
    sets: {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'MARK' },
            { type: 'file', file: { file_id: 'https://generativelanguage.googleapis.com/v1beta/files/none' } },
          ],
        },
      ],
    },
    status: 403,
    says: google(403, 'PERMISSION_DENIED', 'You do not have permission to access the File none or it may not exist.'),
    source: 'https://ai.google.dev/gemini-api/docs/files',
  },
];

/** Tiers that the caller asks for and that have no room. */
const TIERS: readonly Refusal[] = [
  {
    model: GROQ,
    path: 'chat/completions',
    sets: { service_tier: 'flex' },
    status: 498,
    says: { error: { message: 'Flex tier capacity exceeded.', type: 'capacity_exceeded', code: 'capacity_exceeded' } },
    source: GROQ_DOCS,
  },
  {
    model: OPENAI,
    path: 'chat/completions',
    sets: { service_tier: 'flex' },
    status: 429,
    says: openai('Resource Unavailable', { code: 'resource_unavailable' }),
    source: FLEX,
  },
  {
    model: OPENAI,
    path: 'responses',
    sets: { service_tier: 'flex' },
    status: 429,
    says: openai('Resource Unavailable', { code: 'resource_unavailable' }),
    source: FLEX,
  },
  {
    model: OPENAI,
    path: 'responses',
    sets: { service_tier: 'flex' },
    status: 408,
    says: openai('Request timed out.', { code: 'timeout' }),
    source: FLEX,
    unclear: true,
  },
  {
    model: OPENAI,
    path: 'chat/completions',
    sets: { service_tier: 'priority' },
    status: 429,
    says: openai('Rate limit reached for gpt-4o-mini.', { code: 'rate_limit_exceeded' }),
    source: OPENAI_DOCS,
    unclear: true,
  },
  {
    model: ANTHROPIC,
    path: 'messages',
    sets: { speed: 'fast' },
    status: 429,
    says: anthropic("This request would exceed your organization's fast mode rate limit.", 'rate_limit_error'),
    source: 'https://docs.claude.com/en/build-with-claude/fast-mode',
  },
  {
    model: ANTHROPIC,
    path: 'messages',
    sets: {},
    headers: { 'anthropic-beta': 'context-1m-2025-08-07' },
    status: 429,
    says: anthropic('Extra usage is required for long context requests.', 'rate_limit_error'),
    source: 'https://docs.claude.com/en/api/rate-limits',
    unclear: true,
  },
];

/** Endpoints that the caller asks at and that the model, or the server, does not have. */
const OPERATIONS: readonly Refusal[] = [
  {
    model: OPENAI,
    path: 'completions',
    sets: {},
    status: 404,
    says: openai(
      'This is a chat model and not supported in the v1/completions endpoint. Did you mean to use v1/chat/completions?',
      { param: 'model' },
    ),
    source: OPENAI_DOCS,
    unclear: true,
  },
  {
    model: OPENAI,
    path: 'embeddings',
    sets: {},
    status: 403,
    says: openai('You are not allowed to generate embeddings from this model'),
    source: OPENAI_DOCS,
    unclear: true,
  },
  {
    model: OPENAI,
    path: 'images/generations',
    sets: {},
    status: 404,
    says: { detail: 'Not Found' },
    source: 'https://fastapi.tiangolo.com, as vLLM answers',
    unclear: true,
  },
  {
    model: OPENAI,
    path: 'audio/speech',
    sets: {},
    status: 501,
    says: openai('This server does not support audio.'),
    source: 'https://github.com/ggml-org/llama.cpp/tree/master/tools/server',
    unclear: true,
  },
  {
    model: AZURE,
    path: 'embeddings',
    sets: {},
    status: 400,
    says: {
      error: {
        code: 'OperationNotSupported',
        message: 'The embeddings operation does not work with the specified model, gpt-4o-mini.',
      },
    },
    source: 'https://learn.microsoft.com/azure/ai-foundry/openai/reference',
    unclear: true,
  },
  {
    model: GEMINI,
    path: 'embeddings',
    sets: {},
    status: 404,
    says: google(
      404,
      'NOT_FOUND',
      'models/gemini-2.5-flash is not found for API version v1beta, or is not supported for embedContent.',
    ),
    source: 'https://ai.google.dev/gemini-api/docs/troubleshooting',
    unclear: true,
  },
];

/** What the caller has the upstream reach for, and breaks it. */
const BROKEN: readonly Refusal[] = [
  {
    model: OPENAI,
    path: 'responses',
    sets: { tools: [{ type: 'mcp', server_label: 'a', server_url: 'https://slow.example/mcp' }] },
    status: 504,
    says: openai('The server had an error while processing your request.', { type: 'server_error' }),
    source: OPENAI_DOCS,
    unclear: true,
  },
  {
    model: OPENAI,
    path: 'chat/completions',
    sets: {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'MARK' },
            { type: 'image_url', image_url: { url: 'https://slow.example/a.png' } },
          ],
        },
      ],
    },
    status: 500,
    says: openai('The server had an error while processing your request.', { type: 'server_error' }),
    source: OPENAI_DOCS,
    unclear: true,
  },
  {
    model: OPENAI,
    path: 'chat/completions',
    sets: { guided_regex: '((((' },
    status: 500,
    says: { object: 'error', message: 'Internal Server Error', type: 'InternalServerError', code: 500 },
    source: 'https://docs.vllm.ai/en/latest/features/structured_outputs.html',
    unclear: true,
  },
];

/** What is wrong with the request in the vendor's own words. */
const INVALID: readonly Refusal[] = [
  {
    model: OPENAI,
    path: 'images/edits',
    sets: { size: '1x1' },
    status: 400,
    says: openai("Invalid value: '1x1'.", { param: 'size' }),
    source: OPENAI_DOCS,
  },
  {
    model: OPENAI,
    path: 'chat/completions',
    sets: { reasoning_effort: 'high' },
    status: 400,
    says: openai('Unrecognized request argument supplied: reasoning_effort', { param: null }),
    source: OPENAI_DOCS,
  },
  {
    model: OPENAI,
    path: 'audio/transcriptions',
    sets: { language: 'xx' },
    status: 400,
    says: openai("Language 'xx' is not supported."),
    source: OPENAI_DOCS,
  },
  {
    model: OPENAI,
    path: 'embeddings',
    sets: { dimensions: 1 },
    status: 400,
    says: openai('This model does not support specifying dimensions.', { param: 'dimensions' }),
    source: OPENAI_DOCS,
  },
];

export const REFUSALS: readonly Refusal[] = [...NAMED, ...TIERS, ...OPERATIONS, ...BROKEN, ...INVALID];
