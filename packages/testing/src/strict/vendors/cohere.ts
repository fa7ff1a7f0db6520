import { isObject } from '../../answers/json-object.js';
import { CALL, callsNeedResults, messages, RESULT, resultsNeedCalls, SYSTEM, USER } from '../checks/chat-order.js';
import {
  atMost,
  inRange,
  noField,
  notEmpty,
  noValue,
  onlyFields,
  onlyValues,
  rule,
  type Say,
} from '../checks/fields.js';
import { messageOnly } from '../error-bodies.js';
import { withTop } from '../examples.js';
import { words } from '../json-places.js';
import { plainChat } from '../plain-requests.js';
import type { Complaint, StrictVendorDefinition } from '../strict-rule.js';

const SDK = 'cohere-ai/cohere-typescript, V2ChatRequest';
const PAGE = 'docs.cohere.com/reference/chat';
const MODEL = 'command-a-03-2025';

const unknownField: Say = ({ path }) => ({
  message: `unknown field: parameter '${String(path.at(-1))}' is not a valid field. For proper usage, please refer to https://docs.cohere.com/reference/chat`,
  status: 422,
});
const invalid = (message: string): Complaint => ({ message: `invalid request: ${message}` });

/** Cohere. */
export const cohere: StrictVendorDefinition = {
  name: 'cohere',
  title: 'Cohere',
  model: MODEL,
  errorBody: messageOnly,
  wires: {
    'cohere-chat': {
      path: '/v2/chat',
      plain: plainChat(MODEL, { pictures: true }),
      rules: [
        noField('tools[].function.strict', true, unknownField, {
          source: 'github.com/OpenRouterTeam/openrouter-examples/issues/71',
        }),
        noField('messages[].tool_calls[].index', 0, unknownField, {
          source: 'github.com/BerriAI/litellm/issues/24031',
        }),
        ...words(
          'top_p top_k stop n user metadata parallel_tool_calls store service_tier stream_options max_completion_tokens logit_bias',
        ).map((name) =>
          noField(name, 'x', unknownField, {
            source: `${SDK} has no such field; unknown fields answer 422, github.com/agno-agi/agno/issues/3503`,
          }),
        ),
        onlyFields(
          '',
          words(
            'model messages stream tools strict_tools documents citation_options response_format safety_mode max_tokens stop_sequences temperature seed frequency_penalty presence_penalty k p logprobs tool_choice thinking priority raw_prompting return_prompt',
          ),
          unknownField,
          { source: SDK },
        ),
        onlyFields('messages[role=user|system]', ['role', 'content'], unknownField, {
          source: `${SDK}, UserMessageV2 and SystemMessageV2`,
        }),
        onlyFields('messages[role=assistant]', words('role content tool_calls tool_plan citations'), unknownField, {
          source: `${SDK}, AssistantMessage`,
        }),
        onlyFields('messages[role=tool]', words('role content tool_call_id'), unknownField, {
          source: 'github.com/cohere-ai/notebooks/issues/226',
        }),
        onlyFields('tools[].function', words('name description parameters'), unknownField, {
          source: 'github.com/agno-agi/agno/issues/3503',
        }),
        onlyFields('messages[].tool_calls[]', words('id type function'), unknownField, {
          source: `${SDK}, ToolCallV2`,
        }),
        onlyFields('messages[].content[type=text]', words('type text'), unknownField, {
          source: `${SDK}, TextContent`,
        }),
        onlyFields('response_format', words('type json_schema'), unknownField, {
          source: `${SDK}, ResponseFormatV2`,
          refused: withTop({
            tools: undefined,
            messages: [USER],
            response_format: { type: 'json_object', schema: {} },
          }),
          accepted: withTop({ tools: undefined, messages: [USER], response_format: { type: 'json_object' } }),
        }),
        onlyValues(
          'messages[].role',
          words('system user assistant tool'),
          () => invalid('all elements in messages must have a valid role'),
          {
            source: SDK,
            refused: messages({ role: 'developer', content: 'x' }, USER),
            accepted: messages(SYSTEM, USER),
          },
        ),
        onlyValues(
          'response_format.type',
          ['text', 'json_object'],
          () => invalid('response_format type must be one of text, json_object'),
          {
            source: `${SDK}, ResponseFormatV2`,
            refused: withTop({ response_format: { type: 'json_schema' } }),
            accepted: withTop({ response_format: { type: 'text' } }),
          },
        ),
        onlyValues('tool_choice', ['REQUIRED', 'NONE'], () => invalid('tool_choice must be one of REQUIRED, NONE'), {
          source: `${SDK}, tool_choice`,
          refused: withTop({ tool_choice: 'auto' }),
        }),
        resultsNeedCalls((id) => invalid(`tool call id not found in previous tool calls: ${id}`), {
          source: 'docs.cohere.com/docs/tool-use-overview',
        }),
        callsNeedResults(() => invalid('all tool calls must have a corresponding tool result'), {
          source: 'docs.cohere.com/docs/tool-use-overview',
        }),
        notEmpty('messages', [], () => invalid('all elements in messages must have a role'), { source: SDK }),
        notEmpty('tools', [], () => invalid('tools must not be empty'), {
          source: 'cohere-ai/cohere-typescript issues; docs.cohere.com/reference/chat, tools',
        }),
        noValue(
          'messages[]',
          (message) =>
            isObject(message) && message.role !== 'assistant' && (message.content === '' || message.content === null),
          'empty messages, but the assistant’s',
          () => invalid('message must be at least 1 token long or tool results must be specified.'),
          {
            tag: 'empty',
            source: 'github.com/kwaroran/Risuai/issues/504',
            refused: messages({ role: 'user', content: '' }),
            accepted: messages(USER),
          },
        ),
        noValue(
          'messages[role=assistant]',
          (message) => isObject(message) && message.content === '' && message.tool_calls === undefined,
          'an assistant’s message with neither content nor calls',
          () => invalid('assistant message must have content or tool_calls'),
          {
            tag: 'speaks',
            source: `${SDK}, AssistantMessage`,
            refused: messages(USER, { role: 'assistant', content: '' }, USER),
            accepted: messages(USER, CALL, RESULT),
          },
        ),
        onlyValues(
          'messages[role=user].content[].type',
          ['text', 'image_url'],
          () => invalid('content type must be text or image_url'),
          {
            source: `${SDK}, Content`,
            refused: messages({ role: 'user', content: [{ type: 'file', file: {} }] }),
            accepted: messages({ role: 'user', content: [{ type: 'text', text: 'x' }] }),
          },
        ),
        rule(
          'JSON with tools',
          'JSON mode together with tools or documents',
          { source: `${PAGE}, response_format: not supported with documents or tools` },
          {
            refused: withTop({ response_format: { type: 'json_object' } }),
            accepted: withTop({ tools: undefined, messages: [USER], response_format: { type: 'json_object' } }),
            check: ({ body }) =>
              isObject(body.response_format) &&
              body.response_format.type === 'json_object' &&
              (Array.isArray(body.tools) || Array.isArray(body.documents))
                ? invalid('response_format is not supported with RAG or tool use')
                : undefined,
          },
        ),
        atMost('stop_sequences', 5, 'x', () => invalid('stop_sequences: at most 5'), {
          source: `${PAGE}, stop_sequences: up to 5 strings`,
        }),
        inRange('temperature', 0, 1, () => invalid('temperature must be between 0 and 1.0 inclusive.'), {
          source: `${PAGE}, temperature`,
        }),
        inRange('p', 0.01, 0.99, () => invalid('p must be between 0.01 and 0.99 inclusive.'), {
          source: `${PAGE}, p: min value of 0.01, max value of 0.99`,
        }),
        inRange('k', 0, 500, () => invalid('k must be between 0 and 500 inclusive.'), {
          source: `${PAGE}, k: max value of 500`,
        }),
        inRange('frequency_penalty', 0, 1, () => invalid('frequency_penalty must be between 0 and 1 inclusive.'), {
          source: `${PAGE}, frequency_penalty: min value of 0.0, max value of 1.0`,
        }),
        inRange('presence_penalty', 0, 1, () => invalid('presence_penalty must be between 0 and 1 inclusive.'), {
          source: `${PAGE}, presence_penalty: min value of 0.0, max value of 1.0`,
        }),
        noField(
          'tool_choice',
          'REQUIRED',
          () => invalid('tool_choice is only supported with command-r7b and newer models'),
          {
            source: `${PAGE}, tool_choice: only compatible with models Command-r7b and newer`,
            tag: 'older models',
            when: ({ model }) => /command-r(-plus)?-0[48]/.test(model),
            refused: withTop({ tool_choice: 'REQUIRED' }, { model: 'command-r-08-2024' }),
            accepted: withTop({ tool_choice: 'REQUIRED' }),
          },
        ),
      ],
    },
  },
};
