import { isObject } from '../../answers/json-object.js';
import { chatTool } from '../checks/chat-tools.js';
import { noField, noValue, rule, type Say } from '../checks/fields.js';
import { withField, withTop } from '../examples.js';
import { bracketed } from '../json-places.js';
import { plainChat } from '../plain-requests.js';
import type { Complaint, ReadRequest, StrictVendorDefinition } from '../strict-rule.js';
import {
  bounds,
  callsAndResults,
  choiceNeedsTools,
  formats,
  knownFields,
  knownParts,
  knownRoles,
  noMarks,
  stops,
  unsupportedFields,
} from './chat-groups.js';

const SDK = 'Cerebras/cerebras-cloud-sdk-node, ChatCompletionCreateParams';
const MEASURED = 'github.com/proxysoul/Empryo/pull/209, measured there';
const MODEL = 'gpt-oss-120b';

const unsupported = (where: string): Complaint => ({
  message: `${where}: property '${where}' is unsupported`,
  param: 'validation_error',
  code: 'wrong_api_format',
});

/** Cerebras names the role between the message and its property. */
const property: Say = ({ path }, request) => {
  if (path[0] !== 'messages') return unsupported(`body.${path.join('.')}`);
  return unsupported([...path.slice(0, 2), roleOf(request, Number(path[1])), ...path.slice(2)].join('.'));
};

function roleOf({ body }: ReadRequest, at: number): string {
  const message: unknown = Array.isArray(body.messages) ? body.messages[at] : undefined;
  return isObject(message) ? String(message.role) : 'user';
}

const wrong = (message: string, param: string) => (): Complaint => ({ message, param, code: 'wrong_api_format' });

/** Cerebras. */
export const cerebras: StrictVendorDefinition = {
  name: 'cerebras',
  title: 'Cerebras',
  model: MODEL,
  errorBody: ({ message, type = 'invalid_request_error', param, code }) => ({
    message,
    type,
    param: param ?? null,
    code: code ?? null,
  }),
  wires: {
    chat: {
      path: '/v1/chat/completions',
      plain: plainChat(MODEL),
      rules: [
        noField('messages[role=assistant].reasoning_content', 'Hm', property, {
          source: 'github.com/Kilo-Org/kilocode/issues/10375',
        }),
        ...noMarks(property, `${MEASURED}: unknown properties are refused`),
        noField('enable_thinking', true, property, { source: MEASURED }),
        noField('reasoning', { effort: 'low' }, property, { source: MEASURED }),
        noField('thinking', { type: 'enabled' }, property, { source: 'github.com/anomalyco/opencode/issues/6648' }),
        ...knownFields(
          {
            body: `messages model clear_thinking disable_reasoning frequency_penalty logit_bias logprobs
              max_completion_tokens max_tokens min_completion_tokens min_tokens n parallel_tool_calls prediction
              presence_penalty prompt_cache_key reasoning_effort reasoning_format response_format seed service_tier stop
              stream stream_options temperature tool_choice tools top_logprobs top_p user queue_threshold`,
            system: 'role content name',
            user: 'role content name',
            assistant: 'role content name tool_calls reasoning',
            tool: 'role content tool_call_id name',
            text: 'type text',
            call: 'id type function index',
            calledFunction: 'name arguments',
            offered: 'type function',
            offeredFunction: 'name description parameters strict',
          },
          property,
          SDK,
        ),
        ...unsupportedFields(
          { frequency_penalty: 0.5, presence_penalty: 0.5, logit_bias: {} },
          property,
          'inference-docs.cerebras.ai/resources/openai, text completion fields that answer 400',
        ),
        noValue(
          'parallel_tool_calls',
          (value) => value === false,
          '`parallel_tool_calls` of false',
          wrong('parallel_tool_calls=False is not supported by this model.', 'parallel_tool_calls'),
          {
            source: 'github.com/agno-agi/agno/issues/4508',
            refused: withTop({ parallel_tool_calls: false }),
            accepted: withTop({ parallel_tool_calls: true }),
          },
        ),
        rule(
          'mixed strictness',
          'tools of which some are strict',
          { source: 'github.com/RooCodeInc/Roo-Code/issues/10334' },
          {
            refused: withTop({
              tools: [
                chatTool('a'),
                { ...chatTool('weather'), function: { ...chatTool('weather').function, strict: true } },
              ],
            }),
            accepted: withTop({ tools: [chatTool('a'), chatTool('weather')] }),
            check: ({ body }) => {
              const marks = (Array.isArray(body.tools) ? body.tools : []).map(
                (tool: unknown) => isObject(tool) && isObject(tool.function) && tool.function.strict === true,
              );
              return new Set(marks).size > 1
                ? {
                    message:
                      "Tools with mixed values for 'strict' are not allowed. Please set all tools to 'strict: true' or 'strict: false'",
                    status: 422,
                  }
                : undefined;
            },
          },
        ),
        noValue(
          'messages[role=assistant].content',
          (content) => content === null,
          'an assistant’s null content without calls',
          wrong("'NoneType' object is not iterable", 'messages'),
          {
            source: 'github.com/livekit/agents/issues/2403',
            when: ({ body }) =>
              Array.isArray(body.messages) &&
              body.messages.some(
                (message: unknown) =>
                  isObject(message) &&
                  message.role === 'assistant' &&
                  message.content === null &&
                  message.tool_calls === undefined,
              ),
            refused: withTop({
              messages: [
                { role: 'user', content: 'x' },
                { role: 'assistant', content: null },
                { role: 'user', content: 'x' },
              ],
            }),
            accepted: withField('messages[role=assistant].content', null),
          },
        ),
        knownRoles('system developer user assistant tool', ({ path }) => unsupported(`${bracketed(path)}`), SDK),
        knownParts(
          'text',
          ({ path }) => unsupported(path.join('.')),
          'inference-docs.cerebras.ai/models: gpt-oss-120b takes texts',
        ),
        choiceNeedsTools(
          wrong('tool_choice can only be set if tools are provided', 'tool_choice'),
          'inference-docs.cerebras.ai/capabilities/tool-use',
        ),
        ...callsAndResults(
          {
            stray: () => ({
              message: 'Messages with role "tool" must be a response to a preceding message with tool_calls',
              param: 'messages',
              code: 'wrong_api_format',
            }),
          },
          'inference-docs.cerebras.ai/capabilities/tool-use',
        ),
        formats('text json_object json_schema', wrong('response_format.type is not known', 'response_format'), SDK),
        rule(
          'structured output with tools',
          'an answer by JSON schema together with tools',
          {
            source:
              'inference-docs.cerebras.ai/capabilities/structured-outputs: tools and response_format cannot be used in the same request',
          },
          {
            refused: withTop({ response_format: { type: 'json_schema', json_schema: { name: 'a', schema: {} } } }),
            accepted: withTop({
              response_format: { type: 'json_schema', json_schema: { name: 'a', schema: {} } },
              tools: undefined,
              messages: [{ role: 'user', content: 'Hi' }],
            }),
            check: ({ body }) =>
              isObject(body.response_format) &&
              body.response_format.type !== 'text' &&
              Array.isArray(body.tools) &&
              body.tools.length > 0
                ? {
                    message: '"tools" is incompatible with "response_format"',
                    param: 'response_format',
                    code: 'wrong_api_format',
                  }
                : undefined,
          },
        ),
        ...bounds(
          { temperature: [0, 2], top_p: [0, 1] },
          ({ path }) => ({ message: `${path[0]}: out of range`, param: 'validation_error', code: 'wrong_api_format' }),
          SDK,
        ),
        stops(4, wrong('stop: at most 4 sequences', 'stop'), `${SDK}: up to 4 sequences`),
      ],
    },
  },
};
