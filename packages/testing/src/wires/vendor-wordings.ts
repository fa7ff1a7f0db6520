/** An error body in one vendor's own wording and format; the status is always 400. */
export interface VendorWording {
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** How vendors report that the context is too long. From recorded answers and the vendors' published errors. */
export const CONTEXT_TOO_LONG: Readonly<Record<string, VendorWording>> = {
  openai: openai(
    "This model's maximum context length is 128000 tokens. However, your messages resulted in 140012 tokens. Please reduce the length of the messages.",
    { param: 'messages', code: 'context_length_exceeded' },
  ),
  'openai-window': openai(
    'Your input exceeds the context window of this model. Please adjust your input and try again.',
    { param: 'input', code: 'context_length_exceeded' },
  ),
  'openai-configured-limit': openai(
    'Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 280012 tokens. Please reduce the length of the messages.',
    { param: 'messages', code: 'context_length_exceeded' },
  ),
  azure: openai(
    "This model's maximum context length is 8192 tokens. However, your messages resulted in 9021 tokens. Please reduce the length of the messages.",
    { param: 'messages', code: 'context_length_exceeded' },
  ),
  anthropic: anthropic('prompt is too long: 208310 tokens > 200000 maximum'),
  'anthropic-max-tokens': anthropic(
    'input length and `max_tokens` exceed context limit: 190000 + 21333 > 200000, decrease input length or `max_tokens` and try again',
  ),
  gemini: {
    body: {
      error: {
        code: 400,
        message: 'The input token count (1250074) exceeds the maximum number of tokens allowed (1048576).',
        status: 'INVALID_ARGUMENT',
      },
    },
  },
  bedrock: bedrock('Input is too long for requested model.'),
  'bedrock-nova': bedrock(
    'The model returned the following errors: Input Tokens Exceeded: Number of input tokens exceeds maximum length. Please update the input to try again.',
  ),
  mistral: {
    body: {
      object: 'error',
      message: 'Prompt contains 40001 tokens and 0 draft tokens, too large for model with 32768 maximum context length',
      type: 'invalid_request_error',
      param: null,
      code: '3051',
    },
  },
  cohere: {
    body: {
      error_type: 'TOO_MANY_TOKENS',
      id: '00000000-0000-4000-8000-000000000000',
      message:
        'too many tokens: size limit exceeded by 25836 tokens. Try using shorter or fewer inputs. The limit for this model is 288000 tokens.',
    },
  },
  groq: openai('Please reduce the length of the messages or completion.', {
    param: 'messages',
    code: 'context_length_exceeded',
  }),
  cerebras: {
    body: {
      message: 'Please reduce the length of the messages or completion. Current length is 9021 while limit is 8192',
      type: 'invalid_request_error',
      param: 'messages',
      code: 'context_length_exceeded',
    },
  },
  xai: {
    body: {
      code: 'Client specified an invalid argument',
      error: "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
    },
  },
  ollama: openai('prompt too long; exceeded max context length by 1119046 tokens (ref: 00000000)'),
  llamacpp: {
    body: {
      error: {
        code: 400,
        message: 'the request exceeds the available context size, try increasing it',
        type: 'exceed_context_size_error',
        n_prompt_tokens: 9021,
        n_ctx: 8192,
      },
    },
  },
  vllm: {
    body: {
      object: 'error',
      message:
        "This model's maximum context length is 4096 tokens. However, you requested 5012 tokens (4500 in the messages, 512 in the completion). Please reduce the length of the messages or completion.",
      type: 'BadRequestError',
      param: null,
      code: 400,
    },
  },
  openrouter: {
    body: {
      error: {
        message:
          "This endpoint's maximum context length is 200000 tokens. However, you requested about 2500021 tokens (2500021 of text input). Please reduce the length of either one, or use the context-compression plugin to compress your prompt automatically.",
        code: 400,
        metadata: { provider_name: null },
      },
    },
  },
  perplexity: {
    body: {
      error: { message: 'The total length of all messages is too long.', type: 'too_many_prompt_tokens', code: 400 },
    },
  },
};

/** How vendors report that the content violates their policy. */
export const CONTENT_AGAINST_POLICY: Readonly<Record<string, VendorWording>> = {
  openai: openai(
    'Invalid prompt: your prompt was flagged as potentially violating our usage policy. Please try again with a different prompt.',
    { code: 'invalid_prompt' },
  ),
  'openai-safety': openai('Your request was rejected as a result of our safety system.', {
    code: 'moderation_blocked',
  }),
  azure: {
    body: {
      error: {
        message: "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
        type: null,
        param: 'prompt',
        code: 'content_filter',
        status: 400,
        innererror: {
          code: 'ResponsibleAIPolicyViolation',
          content_filter_result: {
            hate: { filtered: false, severity: 'safe' },
            jailbreak: { filtered: true, detected: true },
          },
        },
      },
    },
  },
  anthropic: anthropic('Output blocked by content filtering policy'),
  deepseek: openai('Content Exists Risk', { code: 'invalid_request_error' }),
  moonshot: {
    body: {
      error: { message: 'The request was rejected because it was considered high risk', type: 'content_filter' },
    },
  },
  alibaba: {
    body: {
      error: {
        message: 'Input data may contain inappropriate content.',
        type: 'data_inspection_failed',
        param: null,
        code: 'data_inspection_failed',
      },
    },
  },
};

function openai(message: string, { param = null, code = null }: { param?: string | null; code?: string | null } = {}) {
  return { body: { error: { message, type: 'invalid_request_error', param, code } } };
}

function anthropic(message: string): VendorWording {
  return { body: { type: 'error', error: { type: 'invalid_request_error', message }, request_id: 'req_fake' } };
}

function bedrock(message: string): VendorWording {
  return { body: { message }, headers: { 'x-amzn-errortype': 'ValidationException' } };
}
