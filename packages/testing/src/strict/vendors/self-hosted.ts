import { isObject } from '../../answers/json-object.js';
import { ANSWER, CALL, messages, RESULT, SYSTEM, systemFirst, USER } from '../checks/chat-order.js';
import { noField, noValue, onlyFields, rule } from '../checks/fields.js';
import { vllmError } from '../error-bodies.js';
import { both, withField, withTop } from '../examples.js';
import { bracketed, objectsOf, words } from '../json-places.js';
import { plainChat } from '../plain-requests.js';
import type { Complaint, StrictRule, StrictVendorDefinition } from '../strict-rule.js';
import {
  argumentsAreJson,
  bounds,
  choiceNeedsTools,
  choices,
  formats,
  knownParts,
  noEmptyTools,
  noNamedChoice,
  optionsNeedStream,
} from './chat-groups.js';

const bad = (message: string, param?: string): Complaint => ({ message, ...(param === undefined ? {} : { param }) });

const VLLM = 'vllm-project/vllm, entrypoints/openai/chat_completion/protocol.py';
const QWEN = 'Qwen/Qwen3.5-27B';

/** A template that takes a system message at the beginning alone: Qwen's of 3.5 and later. */
const strictTemplate: StrictRule = systemFirst(() => bad('System message must be at the beginning.'), {
  source: 'huggingface.co/Qwen/Qwen3.5-27B/blob/main/chat_template.jinja; github.com/vllm-project/vllm/issues/41114',
});

/** What vLLM refuses, whatever model it serves, and what the templates of common models do. */
const vllmChat: readonly StrictRule[] = [
  rule(
    'two systems',
    'two system messages at the beginning',
    { source: 'github.com/suitenumerique/conversations/issues/197; github.com/Noineri/vibe_tavern/issues/44' },
    {
      refused: messages(SYSTEM, SYSTEM, USER),
      accepted: messages(SYSTEM, USER),
      check: ({ body }) =>
        objectsOf(body.messages)[1]?.role === 'system' ? bad('System message must be at the beginning.') : undefined,
    },
  ),
  strictTemplate,
  noValue(
    'messages[role=developer]',
    () => true,
    '`developer` messages',
    () => bad('Unexpected message role.'),
    {
      source: 'huggingface.co/Qwen/Qwen3.5-27B/blob/main/chat_template.jinja: system, user, assistant and tool',
      refused: messages({ role: 'developer', content: 'x' }, USER),
      accepted: messages(SYSTEM, USER),
    },
  ),
  choiceNeedsTools(
    () => bad('When using `tool_choice`, `tools` must be set.', 'tool_choice'),
    'github.com/BerriAI/litellm/issues/6228',
  ),
  noEmptyTools(
    () =>
      bad('`tools` must not be an empty array. Either provide at least one tool or omit the field entirely.', 'tools'),
    'github.com/vllm-project/vllm/pull/40311',
  ),
  choices(
    'auto none required',
    ({ value }) =>
      bad(
        `Invalid value for \`tool_choice\`: ${String(value)}! Only named tools, "none", "auto" or "required" are supported.`,
        'tool_choice',
      ),
    VLLM,
  ),
  optionsNeedStream(() => bad('Stream options can only be defined when `stream=True`.', 'stream_options'), VLLM),
  noValue(
    'tool_choice',
    (choice, { body }) =>
      isObject(choice) &&
      isObject(choice.function) &&
      !objectsOf(body.tools).some(
        (tool) => isObject(tool.function) && isObject(choice.function) && tool.function.name === choice.function.name,
      ),
    '`tool_choice` of a tool that is not offered',
    () => bad('The tool specified in `tool_choice` does not match any of the specified `tools`', 'tool_choice'),
    {
      tag: 'offered',
      source: VLLM,
      refused: withTop({ tool_choice: { type: 'function', function: { name: 'another' } } }),
      accepted: withTop({ tool_choice: { type: 'function', function: { name: 'weather' } } }),
    },
  ),
  argumentsAreJson(
    () => bad('Expecting value: line 1 column 1 (char 0)'),
    'tool arguments are parsed in entrypoints/chat_utils.py',
  ),
  rule(
    'top_logprobs without logprobs',
    '`top_logprobs` without `logprobs`',
    { source: VLLM },
    {
      refused: withTop({ top_logprobs: 2 }),
      accepted: withTop({ top_logprobs: 2, logprobs: true }),
      check: ({ body }) =>
        typeof body.top_logprobs === 'number' && body.top_logprobs > 0 && body.logprobs !== true
          ? bad('when using `top_logprobs`, `logprobs` must be set to true.', 'top_logprobs')
          : undefined,
    },
  ),
  ...bounds(
    { temperature: [0, 2], presence_penalty: [-2, 2], frequency_penalty: [-2, 2] },
    ({ path, value }) => bad(`${path[0]} must be in its range, got ${String(value)}.`, String(path[0])),
    'vllm-project/vllm, sampling_params.py',
  ),
  noValue(
    'top_p',
    (value) => typeof value === 'number' && (value <= 0 || value > 1),
    '`top_p` that is not in (0, 1]',
    ({ value }) => bad(`top_p must be in (0, 1], got ${String(value)}.`, 'top_p'),
    {
      source: 'vllm-project/vllm, sampling_params.py',
      refused: withTop({ top_p: 0 }),
      accepted: withTop({ top_p: 1 }),
    },
  ),
  knownParts(
    'text image_url image_embeds audio_url input_audio video_url image_pil refusal thinking file',
    ({ value }) => bad(`Unknown part type: ${String(value)}`),
    'vllm-project/vllm, entrypoints/chat_utils.py',
  ),
  formats(
    'text json_object json_schema structural_tag',
    ({ value }) =>
      bad(
        `response_format.type: Input should be 'text', 'json_object', 'json_schema' or 'structural_tag', got ${String(value)}`,
      ),
    VLLM,
  ),
  noValue(
    'n',
    (value, { body }) => value === 0 || (typeof value === 'number' && value > 1 && body.temperature === 0),
    'no answers, or several at temperature 0',
    () => bad('n must be 1 when using greedy sampling.', 'n'),
    {
      source: 'vllm-project/vllm, sampling_params.py',
      refused: withTop({ n: 2, temperature: 0 }),
      accepted: withTop({ n: 2, temperature: 1 }),
    },
  ),
  rule(
    'two constraints',
    'two ways at once to constrain the answer',
    { source: VLLM },
    {
      refused: withTop({ guided_json: {}, guided_regex: 'x' }),
      accepted: withTop({ guided_json: {} }),
      check: ({ body }) =>
        words('guided_json guided_regex guided_choice guided_grammar').filter((name) => body[name] != null).length > 1
          ? bad('You can only use one kind of constraints for structured outputs (json, regex or choice).')
          : undefined,
    },
  ),
];

/** vLLM, serving a model whose template is strict. */
export const vllm: StrictVendorDefinition = {
  name: 'hosted_vllm',
  title: 'vLLM',
  model: QWEN,
  errorBody: vllmError,
  wires: { chat: { path: '/v1/chat/completions', plain: plainChat(QWEN, { pictures: true }), rules: vllmChat } },
};

const SGLANG = 'sgl-project/sglang, entrypoints/openai/protocol.py';

/** SGLang. */
export const sglang: StrictVendorDefinition = {
  name: 'sglang',
  title: 'SGLang',
  model: QWEN,
  errorBody: ({ message, param, status = 400 }) => ({
    object: 'error',
    message,
    type: 'BadRequestError',
    param: param ?? null,
    code: status,
  }),
  wires: {
    chat: {
      path: '/v1/chat/completions',
      plain: plainChat(QWEN, { pictures: true }),
      rules: [
        strictTemplate,
        noValue(
          'messages[role=system|user|tool].content',
          (content) => content === null,
          'null content, but of the assistant',
          ({ path }) => bad(`${path.join('.')}: Input should be a valid string`),
          {
            source: 'github.com/sgl-project/sglang/issues/4236',
            refused: withField('messages[role=user].content', null),
          },
        ),
        noValue(
          'tool_choice',
          (choice, { body }) =>
            (choice === 'required' || isObject(choice)) && !(Array.isArray(body.tools) && body.tools.length > 0),
          'a forced tool without tools',
          () => bad('Tools cannot be empty if tool choice is set to required.'),
          {
            source: 'sgl-project/sglang, entrypoints/openai/serving_chat.py',
            refused: both(messages(USER), withTop({ tools: undefined, tool_choice: 'required' })),
            accepted: withTop({ tool_choice: 'required' }),
          },
        ),
        noValue(
          'tool_choice',
          (choice, { body }) =>
            isObject(choice) &&
            isObject(choice.function) &&
            !objectsOf(body.tools).some(
              (tool) =>
                isObject(tool.function) && isObject(choice.function) && tool.function.name === choice.function.name,
            ),
          '`tool_choice` of a tool that is not offered',
          () => bad("Tool 'another' not found in tools list."),
          {
            tag: 'offered',
            source: 'sgl-project/sglang, entrypoints/openai/serving_chat.py; github.com/sgl-project/sglang/pull/6582',
            refused: withTop({ tool_choice: { type: 'function', function: { name: 'another' } } }),
            accepted: withTop({ tool_choice: { type: 'function', function: { name: 'weather' } } }),
          },
        ),
        choices('auto none required', () => bad("tool_choice: Input should be 'auto', 'required' or 'none'"), SGLANG),
        argumentsAreJson(
          () => bad('Expecting value: line 1 column 1 (char 0)'),
          'sgl-project/sglang, entrypoints/openai/serving_chat.py: arguments of history are parsed',
        ),
        knownParts(
          'text image_url video_url audio_url input_audio',
          ({ path }) => bad(`${path.join('.')}: Input tag does not match any of the expected tags`),
          SGLANG,
        ),
        formats(
          'text json_object json_schema structural_tag',
          () => bad("response_format.type: Input should be 'text', 'json_object' or 'json_schema'"),
          SGLANG,
        ),
        ...bounds(
          { temperature: [0, 1_000], frequency_penalty: [-2, 2], presence_penalty: [-2, 2] },
          ({ path, value }) => bad(`${path[0]} must be in its range, got ${String(value)}.`),
          'sgl-project/sglang, sampling/sampling_params.py',
        ),
        noValue(
          'top_p',
          (value) => typeof value === 'number' && (value <= 0 || value > 1),
          '`top_p` that is not in (0, 1]',
          ({ value }) => bad(`top_p must be in (0, 1], got ${String(value)}.`),
          {
            source: 'sgl-project/sglang, sampling/sampling_params.py',
            refused: withTop({ top_p: 0 }),
            accepted: withTop({ top_p: 1 }),
          },
        ),
        noValue(
          'messages',
          (list) => Array.isArray(list) && list.length === 0,
          'no messages',
          () => bad('Messages cannot be empty.'),
          {
            tag: 'empty',
            source: 'sgl-project/sglang, entrypoints/openai/serving_chat.py',
            refused: withTop({ messages: [] }),
          },
        ),
        onlyFields(
          'stream_options',
          ['include_usage', 'continuous_usage_stats'],
          ({ path }) => bad(`${bracketed(path)}: Extra inputs are not permitted`),
          {
            source: SGLANG,
            refused: withTop({ stream: true, stream_options: { include_obfuscation: true } }),
            accepted: withTop({ stream: true, stream_options: { include_usage: true } }),
          },
        ),
      ],
    },
  },
};

const LLAMACPP = 'ggml-org/llama.cpp, tools/server';
const GGUF = 'Qwen3.5-9B';

/** llama.cpp's server, started with --jinja. */
export const llamaCpp: StrictVendorDefinition = {
  name: 'llamacpp',
  title: 'llama.cpp',
  model: GGUF,
  errorBody: ({ message, status = 400 }) => ({
    error: { code: status, message, type: status >= 500 ? 'server_error' : 'invalid_request_error' },
  }),
  wires: {
    chat: {
      path: '/v1/chat/completions',
      plain: plainChat(GGUF, { pictures: true }),
      rules: [
        systemFirst(() => ({ message: 'Jinja Exception: System message must be at the beginning.', status: 500 }), {
          source: 'github.com/ggml-org/llama.cpp/issues/27367',
        }),
        noValue(
          'messages',
          (list) =>
            Array.isArray(list) &&
            isObject(list.at(-1)) &&
            (list.at(-1) as Record<string, unknown>).role === 'assistant',
          'a last message of the assistant, at models that think',
          () => bad('Assistant response prefill is incompatible with enable_thinking.'),
          {
            source: 'github.com/ggml-org/llama.cpp/issues/20861',
            tag: 'prefill',
            when: ({ body }) =>
              !(isObject(body.chat_template_kwargs) && body.chat_template_kwargs.enable_thinking === false),
            refused: messages(USER, ANSWER),
            accepted: messages(USER, ANSWER, USER),
          },
        ),
        noValue(
          'messages[].content[].type',
          (type) =>
            !['text', 'media_marker', 'image_url', 'input_audio', 'video_url', 'input_video'].includes(String(type)),
          'parts other than texts, pictures and sounds',
          () => bad('unsupported content[].type'),
          {
            source: 'recorded: llamacpp/error-400--qwen3-vl-2b-instruct-q8-0-22b6c9',
            refused: messages({ role: 'user', content: [{ type: 'file', file: {} }] }),
            accepted: messages({ role: 'user', content: [{ type: 'text', text: 'x' }] }),
          },
        ),
        noValue(
          'temperature',
          (value) => typeof value === 'string',
          'numbers written as texts',
          () => bad("Field 'temperature': [json.exception.type_error.302] type must be number, but is string"),
          {
            source: 'recorded: llamacpp/error-400--qwen3-1-7b-q4-k-m-2e3510',
            refused: withTop({ temperature: '1' }),
            accepted: withTop({ temperature: 1 }),
          },
        ),
        noValue(
          'messages[]',
          (message) =>
            isObject(message) &&
            message.role !== 'assistant' &&
            (message.content === undefined || message.content === null),
          'messages without content, but the assistant’s',
          () => bad("Expected 'content' to be a string or an array"),
          {
            tag: 'content',
            source: `${LLAMACPP}/server-common.cpp`,
            refused: withField('messages[role=user].content', null),
          },
        ),
        noValue(
          'tool_choice',
          isObject,
          '`tool_choice` that names a tool',
          () => bad('Invalid tool_choice: must be a string'),
          {
            tag: 'named',
            source: `common/chat.cpp: tool_choice is auto, none or required`,
            refused: withTop({ tool_choice: { type: 'function', function: { name: 'weather' } } }),
            accepted: withTop({ tool_choice: 'auto' }),
          },
        ),
        choices(
          'auto none required',
          ({ value }) => bad(`Invalid tool_choice: ${String(value)}`),
          'ggml-org/llama.cpp, common/chat.cpp',
        ),
        noField('grammar', 'root ::= "x"', () => bad('Cannot use custom grammar constraints with tools.'), {
          source: `${LLAMACPP}/server-common.cpp; github.com/ggml-org/llama.cpp/pull/13174`,
          when: ({ body }) => Array.isArray(body.tools) && body.tools.length > 0,
          accepted: both(messages(USER), withTop({ tools: undefined, grammar: 'root ::= "x"' })),
        }),
        rule(
          'two constraints',
          '`json_schema` beside `grammar`',
          { source: `${LLAMACPP}/server-common.cpp` },
          {
            refused: both(messages(USER), withTop({ tools: undefined, json_schema: {}, grammar: 'x' })),
            accepted: both(messages(USER), withTop({ tools: undefined, json_schema: {} })),
            check: ({ body }) =>
              body.json_schema != null && typeof body.grammar === 'string' && body.grammar !== ''
                ? bad('Cannot use both json_schema and grammar')
                : undefined,
          },
        ),
        noValue(
          'response_format.type',
          (type) => !['text', 'json_object', 'json_schema', ''].includes(String(type)),
          'other forms of answers',
          ({ value }) => bad(`response_format type must be one of "text" or "json_object", but got: ${String(value)}`),
          {
            source: `${LLAMACPP}/server-common.cpp`,
            refused: withTop({ response_format: { type: 'regex' } }),
            accepted: withTop({ response_format: { type: 'text' } }),
          },
        ),
        noValue(
          'messages[role=assistant]',
          (message) =>
            isObject(message) &&
            typeof message.content === 'string' &&
            message.content !== '' &&
            typeof message.reasoning_content === 'string' &&
            objectsOf(message.tool_calls).length > 0,
          'content, thoughts and calls in one message, at gpt-oss',
          () => ({
            message:
              'Cannot pass both content and thinking in an assistant message with tool calls! Put the analysis message in one or the other, but not both.',
            status: 500,
          }),
          {
            tag: 'gpt-oss',
            source: 'github.com/ggml-org/llama.cpp/issues/17040',
            when: ({ model }) => /gpt-oss/.test(model),
            refused: withTop(
              { messages: [USER, { ...CALL, content: 'x', reasoning_content: 'Hm' }, RESULT] },
              { model: 'gpt-oss-20b' },
            ),
            accepted: withTop(
              { messages: [USER, { ...CALL, content: '', reasoning_content: 'Hm' }, RESULT] },
              { model: 'gpt-oss-20b' },
            ),
          },
        ),
      ],
    },
  },
};

const LM = 'lmstudio.ai/docs/app/api/structured-output';

/** LM Studio. */
export const lmStudio: StrictVendorDefinition = {
  name: 'lm_studio',
  title: 'LM Studio',
  model: 'qwen3-8b',
  errorBody: ({ message }) => ({ error: message }),
  wires: {
    chat: {
      path: '/v1/chat/completions',
      plain: plainChat('qwen3-8b', { pictures: true }),
      rules: [
        formats(
          'json_schema text',
          () => bad("'response_format.type' must be 'json_schema' or 'text'"),
          `${LM}; github.com/lmstudio-ai/lmstudio-bug-tracker/issues/189`,
        ),
        noNamedChoice(
          () => bad("Invalid tool_choice type: 'object'. Supported string values: none, auto, required"),
          'reported wording; no thread was read',
        ),
        choices(
          'auto none required',
          () => bad('Invalid tool_choice. Supported string values: none, auto, required'),
          'reported wording; no thread was read',
        ),
        knownParts(
          'text image_url',
          () =>
            bad("Invalid 'content': 'content' objects must have a 'type' field that is either 'text' or 'image_url'."),
          'reported wording; no thread was read',
        ),
        noValue(
          'messages[].content[type=image_url].image_url.url',
          (url) => typeof url === 'string' && !url.startsWith('data:'),
          'pictures by URL',
          () => bad("Invalid url. 'url' field must be a base64 encoded image."),
          {
            source: 'lmstudio.ai/docs/app/api/endpoints/openai',
            refused: withField('messages[].content[type=image_url].image_url.url', 'https://example.com/a.png'),
          },
        ),
        noValue(
          'messages',
          (list) => Array.isArray(list) && list.length === 0,
          'no messages',
          () => bad("'messages' array must not be empty"),
          { tag: 'empty', source: 'lmstudio.ai/docs/app/api/endpoints/openai', refused: withTop({ messages: [] }) },
        ),
      ],
    },
  },
};
