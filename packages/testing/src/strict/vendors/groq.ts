import { isObject } from '../../answers/json-object.js';
import { noField, noValue, onlyValues, rule, type Say } from '../checks/fields.js';
import { openAiError, shortError } from '../error-bodies.js';
import { withField, withTop } from '../examples.js';
import { type Place, words } from '../json-places.js';
import { plainChat, plainResponses } from '../plain-requests.js';
import type { StrictVendorDefinition } from '../strict-rule.js';
import {
  atMostTools,
  bounds,
  callsAndResults,
  choiceNeedsTools,
  formats,
  jsonIsSaid,
  knownFields,
  knownParts,
  knownRoles,
  noMarks,
  stops,
} from './chat-groups.js';
import { openAiResponses } from './openai-responses.js';

const SDK = 'groq/groq-typescript, chat.completions CompletionCreateParams';
const PAGE = 'console.groq.com/docs/openai, currently unsupported features';
const MODEL = 'llama-3.3-70b-versatile';

/** Groq names the message and the property, the latter twice. */
const property: Say = ({ path }, { body }) => {
  const field = String(path.at(-1));
  if (path[0] !== 'messages') return { message: `property '${field}' is unsupported` };
  const at = path.slice(0, -1).join('.');
  return {
    message: `'messages.${path[1]}' : for 'role:${roleAt(body, path)}' the following must be satisfied[('${at}' : property '${field}' is unsupported)]`,
  };
};

function roleAt(body: Readonly<Record<string, unknown>>, path: Place['path']): string {
  const message = Array.isArray(body.messages) ? (body.messages as unknown[])[Number(path[1])] : undefined;
  return isObject(message) ? String(message.role) : 'user';
}

const say = (message: string) => () => ({ message });

/** Groq. */
export const groq: StrictVendorDefinition = {
  name: 'groq',
  title: 'Groq',
  model: MODEL,
  errorBody: (complaint, wire) => (wire === 'responses' ? openAiError : shortError)(complaint, wire),
  ownIds: /^(resp|rs|msg|fc)_/,
  wires: {
    chat: {
      path: '/openai/v1/chat/completions',
      plain: plainChat(MODEL, { pictures: true }),
      rules: [
        ...noMarks(property, 'the wording of its messages is that of github.com/janhq/jan/issues/8136'),
        noField('messages[role=assistant].reasoning_content', 'Hm', property, {
          source: 'github.com/NousResearch/hermes-agent/issues/11089',
        }),
        noField('store', true, say("property 'store' is unsupported, did you mean 'stop'?"), {
          source: 'github.com/fanenr/chatbot/issues/21',
        }),
        noField('reasoning', { effort: 'low' }, property, { source: 'github.com/musistudio/llms/pull/64' }),
        noField(
          'messages[role=assistant].reasoning',
          'Hm',
          ({ path }) => ({ message: `messages[${path[1]}].reasoning: reasoning is not supported with this model` }),
          {
            source: 'github.com/vercel/ai/pull/8057',
            tag: 'models that do not reason',
            when: ({ model }) => !/gpt-oss|qwen|deepseek|minimax/i.test(model),
            accepted: withField('messages[role=assistant].reasoning', 'Hm', { model: 'openai/gpt-oss-120b' }),
          },
        ),
        ...knownFields(
          {
            body: `messages model citation_options compound_custom disable_tool_validation documents exclude_domains
              frequency_penalty function_call functions include_domains include_reasoning logit_bias logprobs
              max_completion_tokens max_tokens metadata n parallel_tool_calls presence_penalty reasoning_effort
              reasoning_format response_format search_settings seed service_tier stop stream stream_options temperature
              tool_choice tools top_logprobs top_p user`,
            system: 'role content name',
            user: 'role content name',
            assistant: 'role content name tool_calls function_call reasoning annotations executed_tools',
            tool: 'role content tool_call_id name',
            text: 'type text',
            image: 'type image_url',
            call: 'id type function index',
            calledFunction: 'name arguments',
            offeredFunction: 'name description parameters strict',
          },
          property,
          SDK,
        ),
        knownRoles(
          'system developer user assistant tool function',
          ({ path, value }) => ({
            message: `'messages.${path[1]}' : discriminator property 'role' has invalid value '${String(value)}'`,
          }),
          SDK,
        ),
        knownParts(
          'text image_url document input_audio',
          ({ path }) => ({
            message: `'messages.${path[1]}.content.${path[3]}.type' : value is not one of the allowed values ['text','image_url']`,
          }),
          SDK,
        ),
        atMostTools(128, say("'tools' : maximum number of items is 128"), 'github.com/gsd-build/gsd-2/issues/4376'),
        choiceNeedsTools(say('tool_choice is only allowed when tools are specified'), 'console.groq.com/docs/tool-use'),
        ...callsAndResults(
          {
            stray: (id) => ({
              message: `'messages' : tool_call_id '${id}' has no matching tool call in the messages before it`,
            }),
          },
          'console.groq.com/docs/tool-use',
        ),
        noValue(
          'n',
          (value) => typeof value === 'number' && value !== 1,
          '`n` other than 1',
          say("'n' : number must be at most 1"),
          { source: PAGE, refused: withTop({ n: 2 }), accepted: withTop({ n: 1 }) },
        ),
        ...(['logprobs', 'top_logprobs', 'logit_bias'] as const).map((name) =>
          noValue(
            name,
            (value) => value !== null && value !== false,
            `\`${name}\``,
            say(`${name} is not supported with this model`),
            { source: PAGE, refused: withTop({ [name]: name === 'logit_bias' ? {} : name === 'logprobs' ? true : 2 }) },
          ),
        ),
        ...bounds(
          { temperature: [0, 2], top_p: [0, 1] },
          ({ path }) => ({ message: `'${path[0]}' : number must be in its range` }),
          SDK,
        ),
        stops(
          4,
          say("'stop' : maximum number of items is 4"),
          'console.groq.com/docs/api-reference, stop: up to 4 sequences',
        ),
        formats(
          'text json_object json_schema',
          say("'response_format.type' : value is not one of the allowed values ['text','json_object','json_schema']"),
          SDK,
        ),
        jsonIsSaid(
          say("'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'."),
          'console.groq.com/docs/structured-outputs, JSON object mode',
        ),
        rule(
          'JSON mode with tools',
          'JSON mode together with tools',
          { source: 'console.groq.com/docs/structured-outputs, tool use is not supported with structured outputs' },
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
                ? { message: 'json mode cannot be combined with tool/function calling' }
                : undefined,
          },
        ),
        rule(
          'two ways to reason',
          '`include_reasoning` beside `reasoning_format`',
          { source: 'console.groq.com/docs/reasoning' },
          {
            refused: withTop({ include_reasoning: true, reasoning_format: 'parsed' }),
            accepted: withTop({ reasoning_format: 'parsed' }),
            check: ({ body }) =>
              body.include_reasoning != null && body.reasoning_format != null
                ? { message: 'cannot specify both include_reasoning and reasoning_format' }
                : undefined,
          },
        ),
        onlyValues(
          'reasoning_effort',
          ['none', 'default'],
          say('reasoning_effort must be one of `none` or `default`'),
          {
            source: 'console.groq.com/docs/reasoning, Qwen 3',
            tag: 'Qwen',
            when: ({ model }) => /qwen/.test(model),
            refused: withTop({ reasoning_effort: 'low' }, { model: 'qwen/qwen3-32b' }),
            accepted: withTop({ reasoning_effort: 'none' }, { model: 'qwen/qwen3-32b' }),
          },
        ),
        onlyValues(
          'reasoning_effort',
          ['low', 'medium', 'high'],
          say('`reasoning_effort` must be one of `low`, `medium`, or `high`'),
          {
            source: 'console.groq.com/docs/reasoning, GPT-OSS',
            tag: 'gpt-oss',
            when: ({ model }) => /gpt-oss/.test(model),
            refused: withTop({ reasoning_effort: 'none' }, { model: 'openai/gpt-oss-120b' }),
            accepted: withTop({ reasoning_effort: 'low' }, { model: 'openai/gpt-oss-120b' }),
          },
        ),
        noValue(
          'reasoning_effort',
          (value) => value !== null,
          '`reasoning_effort`',
          say('`reasoning_effort` is not supported with this model'),
          {
            source: 'console.groq.com/docs/reasoning',
            tag: 'models that do not reason',
            when: ({ model }) => !/gpt-oss|qwen|deepseek|minimax/i.test(model),
            refused: withTop({ reasoning_effort: 'low' }),
            accepted: withTop({ reasoning_effort: 'low' }, { model: 'openai/gpt-oss-120b' }),
          },
        ),
        onlyValues(
          'service_tier',
          words('auto on_demand flex performance'),
          say("'service_tier' : value is not one of the allowed values ['auto','on_demand','flex','performance',null]"),
          { source: SDK, refused: withTop({ service_tier: 'default' }), accepted: withTop({ service_tier: 'auto' }) },
        ),
      ],
    },
    responses: {
      path: '/openai/v1/responses',
      plain: plainResponses(MODEL),
      rules: [
        ...(
          ['previous_response_id', 'store', 'truncation', 'include', 'safety_identifier', 'prompt_cache_key'] as const
        ).map((name) =>
          noValue(
            name,
            (value) => value !== null && value !== false,
            `\`${name}\``,
            ({ path }) => ({ message: `\`${path[0]}\` is not supported` }),
            {
              source: 'console.groq.com/docs/responses-api, unsupported features',
              tag: 'unsupported',
              refused: withTop({
                [name]: name === 'store' ? true : name === 'include' ? [] : name === 'truncation' ? 'auto' : 'x',
              }),
            },
          ),
        ),
        ...openAiResponses.filter(({ id }) => id.startsWith('fields of input') || id.startsWith('outputs without')),
      ],
    },
  },
};
