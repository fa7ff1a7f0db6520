import type { Dialect } from './dialect.js';

/** An error answer before it is sent. */
interface FailureReply {
  readonly status: number;
  readonly body: unknown;
}

/** Formats an error as the vendor does. */
export function failureReply(name: FailureName, dialect: Dialect, model = 'the model'): FailureReply {
  const failure: Failure = FAILURES[name];
  if (dialect === 'anthropic') {
    const { status = failure.status, type, message } = failure.anthropic;
    return { status, body: { type: 'error', error: { type, message: named(message, model) }, request_id: 'req_fake' } };
  }
  if (dialect === 'azure' && failure.azure !== undefined) {
    return { status: failure.status, body: { error: failure.azure } };
  }
  const { message, type, param = null, code } = failure.openai;
  return { status: failure.status, body: { error: { message: named(message, model), type, param, code } } };
}

/** The errors that the providers document; sources: OpenAI's, Azure's and Anthropic's published error lists. */
export type FailureName = keyof typeof FAILURES;

function named(message: string, model: string): string {
  return message.replaceAll('{model}', model);
}

interface Failure {
  readonly status: number;
  readonly openai: {
    readonly message: string;
    readonly type: string;
    readonly param?: string;
    readonly code: string | null;
  };
  readonly anthropic: { readonly status?: number; readonly type: string; readonly message: string };
  /** Where Azure differs from OpenAI. */
  readonly azure?: Readonly<Record<string, unknown>>;
}

const FAILURES = {
  malformed: {
    status: 400,
    openai: {
      message:
        "Invalid type for 'messages[0].content': expected one of a string or array of objects, but got an integer instead.",
      type: 'invalid_request_error',
      param: 'messages[0].content',
      code: 'invalid_type',
    },
    anthropic: { type: 'invalid_request_error', message: 'messages.0.content: Input should be a valid string' },
  },
  context: {
    status: 400,
    openai: {
      message:
        "This model's maximum context length is 128000 tokens. However, your messages resulted in 140012 tokens. Please reduce the length of the messages.",
      type: 'invalid_request_error',
      param: 'messages',
      code: 'context_length_exceeded',
    },
    anthropic: { type: 'invalid_request_error', message: 'prompt is too long: 208310 tokens > 200000 maximum' },
  },
  'content-filter': {
    status: 400,
    openai: {
      message:
        'Invalid prompt: your prompt was flagged as potentially violating our usage policy. Please try again with a different prompt.',
      type: 'invalid_request_error',
      code: 'invalid_prompt',
    },
    anthropic: { type: 'invalid_request_error', message: 'Output blocked by content filtering policy' },
    azure: {
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
          self_harm: { filtered: false, severity: 'safe' },
          sexual: { filtered: false, severity: 'safe' },
          violence: { filtered: false, severity: 'safe' },
        },
      },
    },
  },
  unauthorized: {
    status: 401,
    openai: { message: 'Incorrect API key provided.', type: 'invalid_request_error', code: 'invalid_api_key' },
    anthropic: { type: 'authentication_error', message: 'invalid x-api-key' },
    azure: {
      code: '401',
      message:
        'Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active subscription and use a correct regional API endpoint for your resource.',
    },
  },
  forbidden: {
    status: 403,
    openai: {
      message: 'Country, region, or territory not supported',
      type: 'request_forbidden',
      code: 'unsupported_country_region_territory',
    },
    anthropic: {
      type: 'permission_error',
      message: 'Your API key does not have permission to use the specified resource.',
    },
    azure: { code: '403', message: 'Access denied due to Virtual Network/Firewall rules.' },
  },
  'not-found': {
    status: 404,
    openai: {
      message: 'The model `{model}` does not exist or you do not have access to it.',
      type: 'invalid_request_error',
      code: 'model_not_found',
    },
    anthropic: { type: 'not_found_error', message: 'model: {model}' },
    azure: {
      code: 'DeploymentNotFound',
      message:
        'The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, please wait a moment and try again.',
    },
  },
  'request-timeout': {
    status: 408,
    openai: { message: 'Request timed out.', type: 'timeout_error', code: 'timeout' },
    anthropic: { type: 'timeout_error', message: 'Request timed out.' },
  },
  conflict: {
    status: 409,
    openai: { message: 'The resource was updated by another request.', type: 'conflict_error', code: 'conflict' },
    anthropic: { type: 'conflict_error', message: 'The resource was updated by another request.' },
  },
  'too-early': {
    status: 425,
    openai: { message: 'Too early: please send the request again.', type: 'server_error', code: 'too_early' },
    anthropic: { type: 'api_error', message: 'Too early: please send the request again.' },
  },
  'too-large': {
    status: 413,
    openai: { message: 'Request body is too large.', type: 'invalid_request_error', code: 'request_too_large' },
    anthropic: { type: 'request_too_large', message: 'Request exceeds the maximum size' },
  },
  unprocessable: {
    status: 422,
    openai: {
      message: 'The request could not be processed.',
      type: 'invalid_request_error',
      code: 'unprocessable_entity',
    },
    anthropic: { type: 'invalid_request_error', message: 'The request could not be processed.' },
  },
  'rate-limit': {
    status: 429,
    openai: {
      message: 'Rate limit reached for {model} on requests per min (RPM): Limit 3, Used 3, Requested 1.',
      type: 'requests',
      code: 'rate_limit_exceeded',
    },
    anthropic: {
      type: 'rate_limit_error',
      message: 'This request would exceed the rate limit for your organization of 50,000 input tokens per minute.',
    },
    azure: {
      code: '429',
      message:
        'Requests to the ChatCompletions_Create Operation have exceeded token rate limit of your current pricing tier.',
    },
  },
  quota: {
    status: 429,
    openai: {
      message: 'You exceeded your current quota, please check your plan and billing details.',
      type: 'insufficient_quota',
      code: 'insufficient_quota',
    },
    // Anthropic has no 429 for this: missing credit is a 400.
    anthropic: {
      status: 400,
      type: 'invalid_request_error',
      message:
        'Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.',
    },
  },
  'server-error': {
    status: 500,
    openai: {
      message: 'The server had an error while processing your request. Sorry about that!',
      type: 'server_error',
      code: null,
    },
    anthropic: { type: 'api_error', message: 'Internal server error' },
  },
  overloaded: {
    status: 503,
    openai: {
      message: 'That model is currently overloaded with other requests. You can retry your request.',
      type: 'server_error',
      code: 'overloaded',
    },
    anthropic: { status: 529, type: 'overloaded_error', message: 'Overloaded' },
  },
  'gateway-timeout': {
    status: 504,
    openai: { message: 'The request timed out upstream.', type: 'timeout_error', code: 'timeout' },
    anthropic: { type: 'timeout_error', message: 'Request timed out.' },
  },
} as const satisfies Record<string, Failure>;
