import { isObject } from '../../answers/json-object.js';
import { noField, noValue, onlyFields, type Say } from '../checks/fields.js';
import { anthropicError, byWire, openAiError } from '../error-bodies.js';
import { both, withField, withTop } from '../examples.js';
import { bracketed } from '../json-places.js';
import { plainChat, plainMessages } from '../plain-requests.js';
import type { Complaint, StrictVendorDefinition } from '../strict-rule.js';
import {
  argumentsAreJson,
  bounds,
  callsAndResults,
  choices,
  formats,
  hasMessages,
  knownFields,
  knownParts,
  knownRoles,
  stops,
  textOnly,
  unsupportedFields,
} from './chat-groups.js';
import { marksOf } from './messages-rules.js';

const extra: Say = ({ path, value }) => ({
  message: `Extra inputs are not permitted, field: '${bracketed(path)}', value: ${JSON.stringify(value)}`,
  code: 'invalid_request_error',
});
const bad = (message: string, param?: string): Complaint => ({ message, ...(param === undefined ? {} : { param }) });

const FIREWORKS = 'docs.fireworks.ai/api-reference/post-chatcompletions';
const FIREWORKS_MODEL = 'accounts/fireworks/models/qwen3-235b-a22b';

/** Fireworks. */
export const fireworks: StrictVendorDefinition = {
  name: 'fireworks_ai',
  title: 'Fireworks',
  model: FIREWORKS_MODEL,
  errorBody: byWire(openAiError, anthropicError),
  wires: {
    chat: {
      path: '/inference/v1/chat/completions',
      plain: plainChat(FIREWORKS_MODEL, { pictures: true }),
      rules: [
        noField('vl_high_resolution_images', true, extra, { source: 'github.com/web-infra-dev/midscene/issues/1322' }),
        noField('tools[].eager_input_streaming', true, extra, { source: 'github.com/anomalyco/opencode/issues/24696' }),
        ...knownFields(
          {
            body: `messages model tools tool_choice max_tokens max_completion_tokens prompt_truncate_len temperature top_p
              top_k frequency_penalty presence_penalty repetition_penalty mirostat_lr mirostat_target n ignore_eos stop
              response_format stream stream_options context_length_exceeded_behavior user logprobs top_logprobs logit_bias
              seed min_p typical_p echo echo_last parallel_tool_calls reasoning_effort reasoning_history thinking
              raw_output perf_metrics_in_response prediction service_tier metadata prompt_cache_key
              prompt_cache_isolation_key safe_tokenization return_token_ids functions function_call speculation`,
            system: 'role content name',
            user: 'role content name',
            assistant: 'role content name tool_calls reasoning_content function_call refusal',
            tool: 'role content tool_call_id name',
            call: 'id type function index',
            calledFunction: 'name arguments',
            offered: 'type function',
            offeredFunction: 'name description parameters strict',
          },
          extra,
          `${FIREWORKS}; unknown fields answer 400, github.com/FlowiseAI/Flowise/issues/2866`,
        ),
        knownRoles(
          'system developer user assistant tool function',
          ({ path }) => bad(`Input should be 'system', 'user', 'assistant' or 'tool', field: '${bracketed(path)}'`),
          FIREWORKS,
        ),
        formats(
          'text json_object json_schema grammar',
          () => bad("Input should be 'text', 'json_object', 'json_schema' or 'grammar', field: 'response_format.type'"),
          FIREWORKS,
        ),
        choices(
          'auto none any required',
          () => bad("Input should be 'auto', 'none', 'any' or 'required', field: 'tool_choice'"),
          FIREWORKS,
        ),
        ...callsAndResults(
          { stray: () => bad("Message with role 'tool' must follow a message with 'tool_calls'") },
          FIREWORKS,
        ),
        ...bounds(
          { temperature: [0, 2], top_p: [0, 1], top_k: [0, 100], n: [1, 128], top_logprobs: [0, 5] },
          ({ path }) => bad(`Input should be in its range, field: '${path[0]}'`),
          FIREWORKS,
        ),
        stops(
          4,
          () => bad("List should have at most 4 items after validation, field: 'stop'"),
          `${FIREWORKS}, stop: up to 4 sequences`,
        ),
        hasMessages(() => bad("List should have at least 1 item after validation, field: 'messages'"), FIREWORKS),
      ],
    },
    messages: {
      path: '/inference/v1/messages',
      plain: plainMessages(FIREWORKS_MODEL),
      rules: [
        noTtl('the report T09 of this project’s outside tests; docs.fireworks.ai/api-reference/anthropic-messages'),
        noField('tools[].eager_input_streaming', true, extra, { source: 'github.com/anomalyco/opencode/issues/24696' }),
        noField('context_management', { edits: [] }, extra, {
          source: 'docs.fireworks.ai/api-reference/anthropic-messages',
        }),
      ],
    },
  },
};

/** Refuses lifetimes of marks. */
export function noTtl(source: string) {
  return noValue(
    '',
    (body) => marksOf(body).some(({ ttl }) => ttl !== undefined),
    'lifetimes of marks for the cache',
    (_place, { body }) =>
      bad(`\`cache_control.ttl: ${String(marksOf(body).find(({ ttl }) => ttl !== undefined)?.ttl)}\` is not supported`),
    {
      source,
      tag: 'ttl',
      refused: withTop({ system: [{ type: 'text', text: 'x', cache_control: { type: 'ephemeral', ttl: '1h' } }] }),
      accepted: withTop({ system: [{ type: 'text', text: 'x', cache_control: { type: 'ephemeral' } }] }),
    },
  );
}

const TOGETHER = 'togethercomputer/openapi openapi.yaml, ChatCompletionRequest';
const TOGETHER_MODEL = 'Qwen/Qwen3-235B-A22B';

/** Together. */
export const together: StrictVendorDefinition = {
  name: 'together_ai',
  title: 'Together',
  model: TOGETHER_MODEL,
  errorBody: openAiError,
  status: 400,
  wires: {
    chat: {
      path: '/v1/chat/completions',
      plain: plainChat(TOGETHER_MODEL, { pictures: true }),
      rules: [
        noValue(
          'logprobs',
          (value) => typeof value === 'boolean',
          '`logprobs` that is true or false',
          () => bad('Input validation error: logprobs: Expected number, received boolean', 'logprobs'),
          {
            source: `${TOGETHER}: logprobs is an integer from 0 to 20`,
            refused: withTop({ logprobs: true }),
            accepted: withTop({ logprobs: 1 }),
          },
        ),
        noField(
          'max_completion_tokens',
          100,
          () => bad("Unknown parameter: 'max_completion_tokens'", 'max_completion_tokens'),
          { source: `${TOGETHER}: max_tokens` },
        ),
        ...unsupportedFields(
          { top_logprobs: 2, service_tier: 'auto', store: true, web_search_options: {} },
          ({ path }) => bad(`Unknown parameter: '${path[0]}'`, String(path[0])),
          `${TOGETHER}: no such property`,
        ),
        knownRoles(
          'system user assistant tool function',
          ({ path, value }) =>
            bad(
              `Input validation error: ${bracketed(path)}: Input should be 'system', 'user', 'assistant' or 'tool', received '${String(value)}'`,
              bracketed(path),
            ),
          'github.com/togethercomputer/together-python/issues/113; ChatCompletionMessageParam of the description',
        ),
        knownParts(
          'text image_url video_url audio_url input_audio',
          ({ path, value }) =>
            bad(`Input validation error: ${bracketed(path)}: unknown part '${String(value)}'`, bracketed(path)),
          'togethercomputer/openapi openapi.yaml, ChatCompletionUserMessageContentMultimodal',
        ),
        textOnly(
          'system|assistant|tool',
          ({ path }) =>
            bad(`Input validation error: ${bracketed(path)}: Expected string, received array`, bracketed(path)),
          'togethercomputer/openapi openapi.yaml, content of system, assistant and tool messages is a string',
        ),
        choices('auto none required', () => bad('Input validation error: tool_choice', 'tool_choice'), TOGETHER),
        ...callsAndResults(
          { stray: () => bad('Tool message must follow a tool call', 'messages') },
          'togethercomputer/openapi openapi.yaml, ChatCompletionToolMessageParam',
        ),
        ...bounds(
          { temperature: [0, 2], top_p: [0, 1], n: [1, 128], presence_penalty: [-2, 2], frequency_penalty: [-2, 2] },
          ({ path }) => bad(`Input validation error: ${path[0]} is out of range`, String(path[0])),
          TOGETHER,
        ),
        noValue(
          'stop',
          (value) => typeof value === 'string',
          '`stop` that is a text',
          () => bad('Input validation error: stop: Expected array, received string', 'stop'),
          {
            source: `${TOGETHER}: stop is an array`,
            refused: withTop({ stop: 'x' }),
            accepted: withTop({ stop: ['x'] }),
          },
        ),
        formats(
          'text json_object json_schema regex',
          () => bad('Input validation error: response_format.type', 'response_format'),
          'docs.together.ai/docs/json-mode',
        ),
        hasMessages(() => bad('Input validation error: messages must not be empty', 'messages'), TOGETHER),
      ],
    },
  },
};

const NIM = 'docs.api.nvidia.com/nim/reference';
const NIM_MODEL = 'meta/llama-3.3-70b-instruct';
const nimUnsupported: Say = ({ path }) => ({ message: `Validation: Unsupported parameter(s): ${path[0]}` });

/** NVIDIA's hosted NIM. */
export const nim: StrictVendorDefinition = {
  name: 'nvidia_nim',
  title: 'NVIDIA NIM',
  model: NIM_MODEL,
  errorBody: ({ message, status = 400 }) => ({ message, type: 'Bad Request', code: status }),
  wires: {
    chat: {
      path: '/v1/chat/completions',
      plain: plainChat(NIM_MODEL, { parts: false }),
      rules: [
        noField('reasoning', { enabled: false }, nimUnsupported, {
          source: 'github.com/NousResearch/hermes-agent/pull/77973',
        }),
        noField('reasoning_budget', 1000, nimUnsupported, {
          source: 'github.com/Alishahryar1/free-claude-code/issues/127',
        }),
        noField('thinking', { type: 'enabled' }, nimUnsupported, {
          source: 'github.com/CherryHQ/cherry-studio/pull/13846',
        }),
        ...unsupportedFields(
          {
            store: true,
            service_tier: 'auto',
            verbosity: 'low',
            prediction: {},
            web_search_options: {},
            prompt_cache_key: 'x',
            safety_identifier: 'x',
            modalities: ['text'],
            metadata: { a: 'b' },
          },
          nimUnsupported,
          `${NIM}: request bodies of chat models have no such property`,
        ),
        noField(
          'chat_template_kwargs',
          { enable_thinking: false },
          () => bad('chat_template is not supported for Mistral tokenizers.'),
          {
            source: 'github.com/Alishahryar1/free-claude-code/issues/89',
            when: ({ model }) => /mistral/.test(model),
            tag: 'Mistral',
            refused: withTop({ chat_template_kwargs: {} }, { model: 'mistralai/mistral-small-4-119b-2603' }),
            accepted: withTop({ chat_template_kwargs: {} }),
          },
        ),
        noValue(
          'messages',
          (list) =>
            Array.isArray(list) &&
            list.some(
              (message: unknown, at) =>
                isObject(message) &&
                message.role === 'user' &&
                isObject(list[at - 1]) &&
                (list[at - 1] as Record<string, unknown>).role === 'tool',
            ),
          'a user right behind a tool, at Mistral’s models',
          () => bad("Unexpected role 'user' after role 'tool'"),
          {
            source: 'github.com/NousResearch/hermes-agent/issues/20154',
            when: ({ model }) => /mistral/.test(model),
            tag: 'Mistral',
            refused: both(withField('messages[]', { role: 'user', content: 'x' }), (body) => ({
              body,
              model: 'mistralai/mistral-small-4-119b-2603',
            })),
            accepted: withField('messages[]', { role: 'user', content: 'x' }),
          },
        ),
        knownRoles(
          'system user assistant tool',
          () => bad("Input should be 'system', 'user', 'assistant' or 'tool'"),
          NIM,
        ),
        noValue(
          'tool_choice',
          (value) => value === 'auto',
          '`tool_choice` auto, at models served without a parser of tools',
          () => bad('"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'),
          {
            source: 'github.com/hidenobunagai/nvidia-nim-provider/issues/2',
            tag: 'no parser',
            when: ({ model }) => /mixtral|nemotron-70b|gemma/.test(model),
            refused: withTop({ tool_choice: 'auto' }, { model: 'mistralai/mixtral-8x22b-instruct-v0.1' }),
            accepted: withTop({ tool_choice: 'auto' }),
          },
        ),
        ...bounds(
          { temperature: [0, 2], top_p: [0, 1], frequency_penalty: [-2, 2], presence_penalty: [-2, 2] },
          ({ path }) => bad(`Input should be in its range: ${path[0]}`),
          NIM,
        ),
      ],
    },
  },
};

const SAMBA = 'docs.sambanova.ai/docs/en/api-reference/endpoints/chat';
const SAMBA_MODEL = 'DeepSeek-V3.1';

/** SambaNova. */
export const sambaNova: StrictVendorDefinition = {
  name: 'sambanova',
  title: 'SambaNova',
  model: SAMBA_MODEL,
  errorBody: openAiError,
  wires: {
    chat: {
      path: '/v1/chat/completions',
      plain: plainChat(SAMBA_MODEL, { parts: false }),
      rules: [
        textOnly(
          'system|user|assistant|tool',
          (_place, { model }) =>
            bad(
              `Unable to tokenize message with status code 400 for model ${model}: Invalid 'content' type. Expected one of: ['str'], got list.`,
            ),
          'github.com/musistudio/claude-code-router/issues/965',
        ),
        ...unsupportedFields(
          {
            logit_bias: {},
            logprobs: true,
            top_logprobs: 2,
            n: 2,
            presence_penalty: 0.5,
            frequency_penalty: 0.5,
            seed: 1,
          },
          ({ path }) => bad(`Parameter '${path[0]}' is not supported`, String(path[0])),
          `${SAMBA}, parameters that are not supported`,
        ),
        knownRoles(
          'system user assistant tool',
          ({ value }) => bad(`Invalid role: ${String(value)}`, 'messages'),
          SAMBA,
        ),
        choices('auto none required', () => bad('tool_choice: unknown value', 'tool_choice'), SAMBA),
        formats(
          'text json_object json_schema',
          () => bad('response_format.type: unknown value', 'response_format'),
          SAMBA,
        ),
        argumentsAreJson(() => bad('Invalid JSON in tool call arguments', 'messages'), SAMBA),
        ...callsAndResults({ stray: () => bad('Tool message without a preceding tool call', 'messages') }, SAMBA),
        ...bounds(
          { temperature: [0, 1], top_p: [0, 1], top_k: [1, 100] },
          ({ path }) => bad(`${path[0]} is out of range`, String(path[0])),
          SAMBA,
        ),
        onlyFields('stream_options', ['include_usage'], ({ path }) => bad(`Unknown parameter: ${bracketed(path)}`), {
          source: SAMBA,
          refused: withTop({ stream: true, stream_options: { other: true } }),
          accepted: withTop({ stream: true, stream_options: { include_usage: true } }),
        }),
      ],
    },
  },
};

const OPENROUTER = 'OpenRouterTeam/typescript-sdk, ChatGenerationParams';
const OPENROUTER_MODEL = 'openai/gpt-4o-mini';
const zod = (path: readonly (string | number)[], message: string): Complaint => ({
  message: JSON.stringify([{ code: 'invalid_union', path, message }]),
});

/** OpenRouter. */
export const openRouter: StrictVendorDefinition = {
  name: 'openrouter',
  title: 'OpenRouter',
  model: OPENROUTER_MODEL,
  errorBody: (complaint, wire) =>
    wire === 'messages'
      ? anthropicError(complaint, wire)
      : { error: { message: complaint.message, code: complaint.status ?? 400 }, user_id: 'user_strict' },
  wires: {
    chat: {
      path: '/api/v1/chat/completions',
      plain: plainChat(OPENROUTER_MODEL, { pictures: true }),
      rules: [
        noValue(
          '',
          (body) => isObject(body) && body.messages === undefined && body.prompt === undefined,
          'a request with neither messages nor a prompt',
          () => bad('Input required: specify "prompt" or "messages"'),
          {
            tag: 'messages',
            source: 'github.com/karthink/gptel/issues/480',
            refused: withTop({ messages: undefined }),
          },
        ),
        knownRoles('system developer user assistant tool', ({ path }) => zod(path, 'Invalid input'), OPENROUTER),
        knownParts(
          'text image_url input_audio file input_video video_url',
          ({ path }) => zod(path, 'Invalid input'),
          OPENROUTER,
        ),
        noValue(
          'messages[role=user].content',
          (content) => content === null,
          'a user’s message without content',
          ({ path }) => zod(path, 'Invalid input: expected string or array, received null'),
          {
            source: `${OPENROUTER}; the same union as github.com/openai/codex/issues/12114`,
            refused: withField('messages[role=user].content', null),
          },
        ),
        noValue(
          'messages[role=tool]',
          (message) => isObject(message) && typeof message.tool_call_id !== 'string',
          'results without the id of their call',
          ({ path }) => zod(path, 'Required'),
          { tag: 'id', source: OPENROUTER, refused: withField('messages[role=tool].tool_call_id', undefined) },
        ),
        noValue(
          'reasoning',
          (reasoning) => isObject(reasoning) && reasoning.effort != null && reasoning.max_tokens != null,
          'effort beside a budget of thoughts',
          () => bad('Only one of "reasoning.effort" and "reasoning.max_tokens" can be specified'),
          {
            source: 'openrouter.ai/docs/use-cases/reasoning-tokens',
            refused: withTop({ reasoning: { effort: 'low', max_tokens: 1000 } }),
            accepted: withTop({ reasoning: { effort: 'low' } }),
          },
        ),
        noValue(
          'reasoning_details',
          () => true,
          '`reasoning_details` outside a message',
          () => bad('Unrecognized key: reasoning_details'),
          { source: OPENROUTER, refused: withTop({ reasoning_details: [] }) },
        ),
        ...bounds(
          {
            temperature: [0, 2],
            top_p: [0, 1],
            frequency_penalty: [-2, 2],
            presence_penalty: [-2, 2],
            top_logprobs: [0, 20],
            top_k: [0, 1_000_000],
          },
          ({ path }) => zod(path, 'Number out of range'),
          'openrouter.ai/docs/api-reference/parameters',
        ),
        stops(4, ({ path }) => zod(path, 'Array must contain at most 4 element(s)'), OPENROUTER),
      ],
    },
  },
};
