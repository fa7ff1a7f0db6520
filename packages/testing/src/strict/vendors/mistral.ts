import { isObject } from '../../answers/json-object.js';
import {
  ANSWER,
  CALL,
  callsNeedResults,
  lastRole,
  messages,
  noOrder,
  notAfter,
  RESULT,
  resultsNeedCalls,
  SYSTEM,
  saysNothing,
  USER,
} from '../checks/chat-order.js';
import { mustMatch, noField, noValue, onlyFields, onlyValues, rule, type Say } from '../checks/fields.js';
import { withTop } from '../examples.js';
import { words } from '../json-places.js';
import { plainChat } from '../plain-requests.js';
import type { Complaint, StrictRule, StrictVendorDefinition } from '../strict-rule.js';
import { bounds, hasMessages, knownFields, knownParts, knownRoles } from './chat-groups.js';

const SPEC = 'mistralai/platform-docs-public openapi.yaml';
const VALIDATOR = 'mistralai/mistral-common, protocol/instruct/validator.py';
const MODEL = 'mistral-large-latest';

/** Mistral lists what is extra as pydantic does, with the role between a message and its field. */
const extraForbidden: Say = ({ path, value }, { body }) => {
  const message: unknown = Array.isArray(body.messages) ? body.messages[Number(path[1])] : undefined;
  const loc =
    path[0] === 'messages' && isObject(message) ? [...path.slice(0, 2), message.role, ...path.slice(2)] : path;
  return {
    message: JSON.stringify([
      { type: 'extra_forbidden', loc: ['body', ...loc], msg: 'Extra inputs are not permitted', input: value },
    ]),
    status: 422,
  };
};

const invalid = (message: string): Complaint => ({ message, status: 422 });
const orderFault = (message: string): Complaint => ({ message, type: 'invalid_request_message_order', code: '3230' });

const order: readonly StrictRule[] = [
  notAfter('user', 'tool', () => orderFault("Unexpected role 'user' after role 'tool'"), {
    source: 'github.com/avante-corp/avante.nvim/issues/2562; github.com/datapizza-labs/datapizza-ai/issues/98',
    refused: messages(USER, CALL, RESULT, USER),
    accepted: messages(USER, CALL, RESULT, ANSWER, USER),
  }),
  notAfter('tool', 'user', () => orderFault("Unexpected role 'tool' after role 'user'"), {
    source: 'github.com/charmbracelet/crush/issues/279',
    refused: messages(USER, RESULT),
    accepted: messages(USER, CALL, RESULT),
  }),
  notAfter('tool', 'system', () => orderFault("Unexpected role 'tool' after role 'system'"), {
    source: VALIDATOR,
    refused: messages(SYSTEM, RESULT),
    accepted: messages(SYSTEM, USER, CALL, RESULT),
  }),
  notAfter('system', 'tool', () => orderFault("Unexpected role 'system' after role 'tool'"), {
    source: 'github.com/mistralai/mistral-common/issues/169, lines 263 and 264 of the validator',
    refused: messages(USER, CALL, RESULT, SYSTEM, USER),
    accepted: messages(SYSTEM, USER, CALL, RESULT),
  }),
  notAfter('assistant', 'assistant', () => orderFault("Unexpected role 'assistant' after role 'assistant'"), {
    source: VALIDATOR,
    refused: messages(USER, ANSWER, ANSWER, USER),
    accepted: messages(USER, ANSWER, USER),
  }),
  lastRole(
    ['user', 'tool'],
    (role) => orderFault(`Expected last role User or Tool (or Assistant with prefix True) for serving but got ${role}`),
    {
      source: 'github.com/0xPlaygrounds/rig/pull/1130',
      when: ({ body }) =>
        !(
          Array.isArray(body.messages) &&
          isObject(body.messages.at(-1)) &&
          (body.messages.at(-1) as Record<string, unknown>).prefix === true
        ),
      accepted: messages(USER, { ...ANSWER, prefix: true }),
    },
  ),
  noOrder(
    'assistant says nothing',
    'an assistant’s message with neither content nor calls',
    (message) => saysNothing(message),
    () => ({
      message: 'Assistant message must have either content or tool_calls, but not none.',
      type: 'invalid_request_assistant_message',
      code: '3240',
    }),
    {
      source: 'reported wording; no thread was read',
      refused: messages(USER, { role: 'assistant', content: '' }, USER),
      accepted: messages(USER, ANSWER, USER),
    },
  ),
  resultsNeedCalls(
    () => ({
      message: 'Not the same number of function calls and responses',
      type: 'invalid_request_error',
      code: '3230',
    }),
    { source: VALIDATOR, refused: messages(USER, CALL, { ...RESULT, tool_call_id: 'z1B2c3D4e' }) },
  ),
  callsNeedResults(
    () => ({
      message: 'Not the same number of function calls and responses',
      type: 'invalid_request_error',
      code: '3230',
    }),
    { source: VALIDATOR },
  ),
];

const ID = /^[a-zA-Z0-9]{9}$/;
const badId = (value: unknown): Complaint => ({
  message: `Tool call id was ${String(value)} but must be a-z, A-Z, 0-9, with a length of 9.`,
  type: 'invalid_function_call',
  code: '3280',
});

const tools: readonly StrictRule[] = [
  mustMatch('messages[].tool_calls[].id', ID, 'call_1', ({ value }) => badId(value), {
    source: 'github.com/langchain-ai/langchain/issues/24668; github.com/zed-industries/zed/issues/53034',
  }),
  mustMatch('messages[role=tool].tool_call_id', ID, 'call_1', ({ value }) => badId(value), {
    source: 'github.com/langchain-ai/langchain/issues/24668',
  }),
  mustMatch(
    'tools[].function.name',
    /^[a-zA-Z0-9_-]{1,64}$/,
    'a.b',
    ({ value }) => ({
      message: `Function name was ${String(value)} but must be a-z, A-Z, 0-9, or contain underscores and dashes, with a maximum length of 64.`,
      type: 'invalid_request_error',
      code: '3001',
    }),
    { source: VALIDATOR },
  ),
  onlyValues(
    'tool_choice',
    ['auto', 'none', 'any', 'required'],
    () => invalid('tool_choice: Input should be auto, none, any or required'),
    { source: `${SPEC}, ToolChoiceEnum`, when: ({ body }) => typeof body.tool_choice === 'string' },
  ),
  noValue(
    'tools[].function',
    (tool) => isObject(tool) && tool.parameters === undefined,
    'a function without parameters',
    ({ path }) =>
      invalid(JSON.stringify([{ type: 'missing', loc: ['body', ...path, 'parameters'], msg: 'Field required' }])),
    {
      source: `${SPEC}, Function: parameters is required`,
      tag: 'parameters',
      refused: withTop({ tools: [{ type: 'function', function: { name: 'weather' } }] }),
    },
  ),
];

const LEFT_OUT = {
  max_completion_tokens: 100,
  store: true,
  stream_options: { include_usage: true },
  user: 'x',
  logprobs: true,
  top_logprobs: 2,
  logit_bias: {},
  seed: 1,
  functions: [],
  verbosity: 'low',
  modalities: ['text'],
  safety_identifier: 'x',
  web_search_options: {},
  reasoning: {},
};

const SEEN: Readonly<Record<string, string>> = {
  max_completion_tokens: 'github.com/editor-code-assistant/eca/issues/231',
  store: 'github.com/Gitlawb/openclaude/issues/739',
};

/** Mistral. */
export const mistral: StrictVendorDefinition = {
  name: 'mistral',
  title: 'Mistral',
  model: MODEL,
  errorBody: ({ message, type = 'invalid_request_error', param, code, status }) => {
    if (status === 422)
      return message.startsWith('[')
        ? { detail: JSON.parse(message) as unknown }
        : { object: 'error', message: { detail: message }, type, param: null, code: null };
    return { object: 'error', message, type, param: param ?? null, code: code ?? null };
  },
  wires: {
    chat: {
      path: '/v1/chat/completions',
      plain: plainChat(MODEL, { pictures: true }),
      rules: [
        ...Object.entries(LEFT_OUT).map(([name, sample]) =>
          noField(name, sample, extraForbidden, {
            source: SEEN[name] ?? `${SPEC}, ChatCompletionRequest: additionalProperties is false`,
          }),
        ),
        noField('messages[role=user].name', 'x', extraForbidden, {
          source: 'github.com/nomtek/mistralai_client_dart/issues/44',
        }),
        noField('messages[role=assistant].reasoning_content', 'Hm', extraForbidden, {
          source: `${SPEC}, AssistantMessage: additionalProperties is false`,
        }),
        ...knownFields(
          {
            body: `model temperature top_p max_tokens stream stop random_seed metadata messages response_format tools
              tool_choice presence_penalty frequency_penalty n prediction parallel_tool_calls prompt_mode reasoning_effort
              guardrails prompt_cache_key safe_prompt service_tier document_image_limit document_page_limit`,
            system: 'role content',
            user: 'role content',
            assistant: 'role content tool_calls prefix',
            tool: 'role content tool_call_id name',
            text: 'type text',
            image: 'type image_url',
            call: 'id type function index',
            calledFunction: 'name arguments',
            offered: 'type function',
            offeredFunction: 'name description strict parameters',
          },
          extraForbidden,
          `${SPEC}, additionalProperties is false`,
        ),
        onlyFields('response_format', ['type', 'json_schema'], extraForbidden, {
          source: `${SPEC}, ResponseFormat`,
          refused: withTop({ response_format: { type: 'json_object', schema: {} } }),
          accepted: withTop({ response_format: { type: 'json_object' } }),
        }),
        onlyValues(
          'response_format.type',
          ['text', 'json_object', 'json_schema'],
          () => invalid('response_format.type: Input should be text, json_object or json_schema'),
          {
            source: `${SPEC}, ResponseFormats`,
            refused: withTop({ response_format: { type: 'regex' } }),
            accepted: withTop({ response_format: { type: 'text' } }),
          },
        ),
        knownRoles(
          'system user assistant tool',
          ({ path, value }) =>
            invalid(
              JSON.stringify([
                {
                  type: 'union_tag_invalid',
                  loc: ['body', ...path.slice(0, 2)],
                  msg: `Input tag '${String(value)}' found using 'role' does not match any of the expected tags: 'assistant', 'system', 'tool', 'user'`,
                },
              ]),
            ),
          `${SPEC}, messages`,
        ),
        knownParts(
          'text image_url document_url file input_audio reference thinking',
          ({ path, value }) =>
            invalid(
              JSON.stringify([
                {
                  type: 'union_tag_invalid',
                  loc: ['body', ...path.slice(0, 4)],
                  msg: `Input tag '${String(value)}' found using 'type' does not match any of the expected tags`,
                },
              ]),
            ),
          `${SPEC}, ContentChunk`,
        ),
        ...tools,
        ...order,
        hasMessages(() => orderFault('Conversation must have at least one message'), VALIDATOR),
        ...bounds(
          { temperature: [0, 1.5], top_p: [0, 1], presence_penalty: [-2, 2], frequency_penalty: [-2, 2] },
          ({ path }) =>
            invalid(
              JSON.stringify([{ type: 'less_than_equal', loc: ['body', ...path], msg: 'Input is out of range' }]),
            ),
          `${SPEC}, ChatCompletionRequest: bounds`,
        ),
        rule(
          'greedy with top_p',
          '`top_p` other than 1 at temperature 0',
          { source: 'docs.mistral.ai/api' },
          {
            refused: withTop({ temperature: 0, top_p: 0.5 }),
            accepted: withTop({ temperature: 0, top_p: 1 }),
            check: ({ body }) =>
              body.temperature === 0 && typeof body.top_p === 'number' && body.top_p !== 1
                ? {
                    message: 'top_p must be 1 when using greedy sampling.',
                    type: 'invalid_request_invalid_args',
                    code: '3051',
                  }
                : undefined,
          },
        ),
        onlyValues('prompt_mode', ['reasoning'], () => invalid('prompt_mode: Input should be reasoning'), {
          source: `${SPEC}, MistralPromptMode`,
        }),
      ],
    },
    embeddings: {
      path: '/v1/embeddings',
      plain: { model: 'mistral-embed', input: ['Hello'] },
      rules: [
        noField('dimensions', 256, extraForbidden, { source: `${SPEC}, EmbeddingRequest: output_dimension` }),
        noField('user', 'x', extraForbidden, { source: `${SPEC}, EmbeddingRequest: additionalProperties is false` }),
        onlyFields('', words('model metadata input output_dimension output_dtype encoding_format'), extraForbidden, {
          source: `${SPEC}, EmbeddingRequest: additionalProperties is false`,
        }),
      ],
    },
  },
};
