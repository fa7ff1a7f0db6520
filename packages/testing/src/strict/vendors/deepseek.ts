import { isObject } from '../../answers/json-object.js';
import { ANSWER, CALL, messages, RESULT, USER } from '../checks/chat-order.js';
import { noValue, rule } from '../checks/fields.js';
import { openAiError } from '../error-bodies.js';
import { withField, withTop } from '../examples.js';
import { objectsOf } from '../json-places.js';
import { plainChat, plainMessages } from '../plain-requests.js';
import type { Complaint, ReadRequest, StrictVendorDefinition } from '../strict-rule.js';
import {
  assistantSpeaks,
  atMostTools,
  bounds,
  callsAndResults,
  callsWithout,
  formats,
  hasMessages,
  jsonIsSaid,
  knownRoles,
  noEmptyTools,
  optionsNeedStream,
  stops,
  toolNames,
} from './chat-groups.js';

const PAGE = 'api-docs.deepseek.com/api/create-chat-completion';
const MODEL = 'deepseek-v4-flash';

const bad = (message: string): Complaint => ({ message, code: 'invalid_request_error' });
const serde = (message: string): Complaint =>
  bad(`Failed to deserialize the JSON body into the target type: ${message} at line 1 column 1`);

/** Whether a request lets the model think: the models of V4 do unless told not to. */
function thinks({ body, model }: ReadRequest): boolean {
  if (isObject(body.thinking)) return body.thinking.type !== 'disabled';
  return /v4|reasoner/.test(model);
}

const THOUGHTFUL = { ...CALL, reasoning_content: 'I need the weather.' };

/** DeepSeek. */
export const deepSeek: StrictVendorDefinition = {
  name: 'deepseek',
  title: 'DeepSeek',
  model: MODEL,
  errorBody: openAiError,
  wires: {
    chat: {
      path: '/chat/completions',
      plain: plainChat(MODEL, { parts: false, call: { reasoning_content: 'I need the weather.' } }),
      rules: [
        knownRoles(
          'system user assistant tool',
          ({ path, value }) =>
            serde(
              `messages[${path[1]}].role: unknown variant \`${String(value)}\`, expected one of \`system\`, \`user\`, \`assistant\`, \`tool\``,
            ),
          `${PAGE}, messages`,
        ),
        noValue(
          'messages[].content[].type',
          (type, { model }) => type !== 'text' && !(type === 'image_url' && /vision|v4\.1|^deepseek-flash/.test(model)),
          'parts other than texts, but for pictures at models that see',
          ({ path, value }) => serde(`messages[${path[1]}]: unknown variant \`${String(value)}\`, expected \`text\``),
          {
            source: 'recorded: deepseek/error-400--deepseek-v4-flash-671971; github.com/rikkahub/rikkahub/issues/1433',
            refused: messages({
              role: 'user',
              content: [{ type: 'image_url', image_url: { url: 'https://example.com/a.png' } }],
            }),
            accepted: messages({ role: 'user', content: [{ type: 'text', text: 'x' }] }),
          },
        ),
        ...callsAndResults(
          {
            stray: () => bad("Messages with role 'tool' must be a response to a preceding message with 'tool_calls'"),
            open: (ids) => bad(`No tool output found for tool call ${ids[0]}.`),
          },
          'recorded: deepseek/error-400--deepseek-v4-flash-224893; github.com/FoundationAgents/OpenManus/issues/23',
          THOUGHTFUL,
        ),
        rule(
          'thoughts of calls',
          'while thinking, a call of a tool without the `reasoning_content` it came with',
          { source: `api-docs.deepseek.com/guides/thinking_mode, tool calls` },
          {
            refused: messages(USER, CALL, RESULT),
            accepted: messages(USER, THOUGHTFUL, RESULT),
            check: (request) =>
              thinks(request) && callsWithout(request.body, 'reasoning_content') >= 0
                ? bad('The `reasoning_content` in the thinking mode must be passed back to the API.')
                : undefined,
          },
        ),
        noValue(
          'tool_choice',
          (choice) => choice === 'required' || isObject(choice),
          'a forced tool while thinking',
          () => bad('Thinking mode does not support this tool_choice'),
          {
            source: 'recorded: deepseek/error-400--deepseek-v4-flash-9d1410',
            when: thinks,
            refused: withTop({ tool_choice: 'required' }),
            accepted: withTop({ tool_choice: 'required', thinking: { type: 'disabled' } }),
          },
        ),
        noValue(
          'messages[role=assistant].reasoning_content',
          () => true,
          'thoughts in the history of `deepseek-reasoner` of R1',
          () =>
            bad(
              'The reasoning_content is an intermediate result for display purposes only and will not be included in the context for inference. Please remove the reasoning_content from your message to reduce network traffic.',
            ),
          {
            source: 'api-docs.deepseek.com/guides/reasoning_model_api, 0528 and before',
            when: ({ model }) => /deepseek-r1|reasoner-0528/.test(model),
            refused: withTop(
              { messages: [USER, { ...ANSWER, reasoning_content: 'Hm' }, USER] },
              { model: 'deepseek-r1' },
            ),
            accepted: withTop({ messages: [USER, ANSWER, USER] }, { model: 'deepseek-r1' }),
          },
        ),
        formats(
          'text json_object',
          ({ value }) => bad(`This response_format type is unavailable now: ${String(value)}`),
          `${PAGE}, response_format`,
        ),
        jsonIsSaid(
          () => bad("Prompt must contain the word 'json' in some form to use 'response_format' of type 'json_object'."),
          'api-docs.deepseek.com/guides/json_mode',
        ),
        assistantSpeaks(
          () => bad('Invalid assistant message: content or tool_calls must be set'),
          `${PAGE}, assistant message; the wording is not verified`,
        ),
        optionsNeedStream(
          () => bad('The `stream_options` parameter is only allowed when `stream` is enabled.'),
          `${PAGE}, stream_options: can only be set when stream is true`,
        ),
        noEmptyTools(() => bad("[] is too short - 'tools'"), 'reported wording; no thread was read'),
        atMostTools(128, () => bad('Too many tools: the maximum is 128'), `${PAGE}, tools: a max of 128 functions`),
        toolNames(
          /^[a-zA-Z0-9_-]{1,64}$/,
          'a.b',
          ({ path }) =>
            bad(
              `Invalid 'tools[${path[1]}].function.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`,
            ),
          `${PAGE}, tools.function.name`,
        ),
        hasMessages(() => bad('Empty input messages'), `${PAGE}, messages: at least 1`),
        ...bounds(
          {
            temperature: [0, 2],
            top_p: [0, 1],
            frequency_penalty: [-2, 2],
            presence_penalty: [-2, 2],
            top_logprobs: [0, 20],
            max_tokens: [1, 393_216],
          },
          ({ path }) => bad(`Invalid ${path[0]} value, out of its range`),
          `${PAGE}, ranges`,
        ),
        stops(16, () => bad('Invalid stop value: at most 16 sequences'), `${PAGE}, stop: up to 16 sequences`),
        noValue(
          'messages[role=tool].content',
          (content) => content === null,
          'a tool’s null content',
          ({ path }) => serde(`messages[${path[1]}]: invalid type: null, expected a string`),
          {
            source: `${PAGE}, tool message: content is required`,
            refused: withField('messages[role=tool].content', null),
          },
        ),
      ],
    },
    messages: {
      path: '/anthropic/v1/messages',
      plain: plainMessages(MODEL, false),
      rules: [
        noValue(
          'messages[].content[].type',
          (type, { model }) =>
            ![
              'text',
              'tool_use',
              'tool_result',
              'thinking',
              'server_tool_use',
              'web_search_tool_result',
              'redacted_thinking',
            ].includes(String(type)) && !(type === 'image' && /vision|v4\.1|^deepseek-flash/.test(model)),
          'blocks other than texts, thoughts and tools',
          ({ path, value }) =>
            serde(
              `messages[${path[1]}].content: unknown variant \`${String(value)}\`, expected one of \`text\`, \`tool_use\`, \`tool_result\`, \`thinking\``,
            ),
          {
            source: 'github.com/deepseek-ai/DeepSeek-V3/issues/1026',
            refused: withTop({ messages: [{ role: 'user', content: [{ type: 'image', source: {} }] }] }),
            accepted: withTop({ messages: [{ role: 'user', content: [{ type: 'text', text: 'x' }] }] }),
          },
        ),
        rule(
          'thoughts of uses',
          'while thinking, a use of a tool without the thoughts it came with',
          { source: 'github.com/NousResearch/hermes-agent/issues/22313' },
          {
            refused: withTop({ thinking: { type: 'enabled', budget_tokens: 1024 } }),
            accepted: withTop({ thinking: { type: 'disabled' } }),
            check: ({ body }) => {
              const isOn = isObject(body.thinking) && body.thinking.type === 'enabled';
              const bare = objectsOf(body.messages).some(
                ({ role, content }) =>
                  role === 'assistant' &&
                  objectsOf(content).some(({ type }) => type === 'tool_use') &&
                  !objectsOf(content).some(({ type }) => type === 'thinking'),
              );
              return isOn && bare
                ? bad('The `content[].thinking` in the thinking mode must be passed back to the API.')
                : undefined;
            },
          },
        ),
      ],
    },
  },
};
