import { isObject } from '../../answers/json-object.js';
import { messages, USER } from '../checks/chat-order.js';
import { noValue, rule } from '../checks/fields.js';
import { withField, withTop } from '../examples.js';
import { plainChat, plainResponses } from '../plain-requests.js';
import type { StrictVendorDefinition } from '../strict-rule.js';
import {
  atMostTools,
  bounds,
  callsAndResults,
  hasMessages,
  knownParts,
  knownRoles,
  noEmptyTools,
  toolNames,
} from './chat-groups.js';

const PAGE = 'docs.x.ai/docs/api-reference, chat completions';
const MODEL = 'grok-4.3';
const EFFORT = 'github.com/NousResearch/hermes-agent/pull/23435, measured against the API on 2026-05-10';

const camel = (name: string) => name.replace(/_(\w)/g, (_all, letter: string) => letter.toUpperCase());

/** Models without a dial for their effort. */
const noDial = (model: string) => !/grok-3-mini|grok-4\.20-multi-agent|grok-4\.[3-9]/.test(model);

/** xAI. */
export const xai: StrictVendorDefinition = {
  name: 'xai',
  title: 'xAI',
  model: MODEL,
  errorBody: ({ message, code }) => ({ code: code ?? 'Client specified an invalid argument', error: message }),
  ownIds: /^(resp_|rs_|msg_|fc_|[0-9a-f]{8}-)/,
  wires: {
    chat: {
      path: '/v1/chat/completions',
      plain: plainChat(MODEL, { pictures: true }),
      rules: [
        ...(['presence_penalty', 'frequency_penalty', 'stop'] as const).map((name) =>
          noValue(
            name,
            (value) => value !== null,
            `\`${name}\``,
            (_place, { model }) => ({ message: `Model ${model} does not support parameter ${camel(name)}.` }),
            {
              source:
                name === 'presence_penalty'
                  ? 'github.com/miaoxworld/NativeTavern/issues/83; github.com/open-webui/open-webui/issues/21266'
                  : 'docs.x.ai/docs/guides/reasoning: presencePenalty, frequencyPenalty and stop are not supported by reasoning models',
              tag: 'models that reason',
              when: ({ model }) => !/^grok-2|grok-3(-fast)?(-beta)?$/.test(model),
              refused: withTop({ [name]: name === 'stop' ? ['x'] : 0 }),
              accepted: withTop({ [name]: name === 'stop' ? ['x'] : 0 }, { model: 'grok-2' }),
            },
          ),
        ),
        noValue(
          'reasoning_effort',
          (value) => value !== null,
          '`reasoning_effort`',
          (_place, { model }) => ({ message: `Model ${model} does not support parameter reasoningEffort.` }),
          {
            source: EFFORT,
            tag: 'models without a dial',
            when: ({ model }) => noDial(model),
            refused: withTop({ reasoning_effort: 'low' }, { model: 'grok-4-1-fast-reasoning' }),
            accepted: withTop({ reasoning_effort: 'low' }),
          },
        ),
        noValue(
          'reasoning_effort',
          (value) => value === 'none',
          'no effort at Grok 4.5 and later',
          () => ({ message: 'reasoning_effort: none is not supported by this model' }),
          {
            source: 'docs.x.ai/developers/model-capabilities/text/reasoning: reasoning cannot be disabled',
            tag: 'none',
            when: ({ model }) => /grok-4\.[5-9]/.test(model),
            refused: withTop({ reasoning_effort: 'none' }, { model: 'grok-4.5' }),
            accepted: withTop({ reasoning_effort: 'low' }, { model: 'grok-4.5' }),
          },
        ),
        noValue(
          'reasoning_effort',
          (value) => typeof value === 'string' && !['none', 'low', 'medium', 'high', 'xhigh'].includes(value),
          'efforts that xAI does not know',
          ({ value }) => ({
            message: `Failed to deserialize the JSON body into the target type: reasoning_effort: unknown variant \`${String(value)}\``,
          }),
          {
            source: 'docs.x.ai/developers/model-capabilities/text/reasoning',
            tag: 'values',
            refused: withTop({ reasoning_effort: 'minimal' }),
            accepted: withTop({ reasoning_effort: 'low' }),
          },
        ),
        knownRoles(
          'system developer user assistant tool function',
          ({ path, value }) => ({
            message: `Failed to deserialize the JSON body into the target type: messages[${path[1]}]: unknown variant \`${String(value)}\``,
          }),
          PAGE,
        ),
        knownParts(
          'text image_url file input_text input_image input_file',
          ({ path, value }) => ({
            message: `Failed to deserialize the JSON body into the target type: messages[${path[1]}].content: unknown variant \`${String(value)}\``,
          }),
          PAGE,
        ),
        rule(
          'a message without content',
          'a message that has no content and calls nothing',
          { source: 'docs.x.ai/docs/api-reference' },
          {
            refused: messages(USER, { role: 'assistant', content: '' }, USER),
            accepted: messages(USER, { role: 'assistant', content: 'x' }, USER),
            check: ({ body }) => {
              const all: unknown[] = Array.isArray(body.messages) ? body.messages : [];
              const empty = all.some(
                (message) =>
                  isObject(message) &&
                  message.role !== 'tool' &&
                  (message.content === '' ||
                    message.content === null ||
                    message.content === undefined ||
                    (Array.isArray(message.content) && message.content.length === 0)) &&
                  !(Array.isArray(message.tool_calls) && message.tool_calls.length > 0),
              );
              return empty ? { message: 'Each message must have at least one content element.' } : undefined;
            },
          },
        ),
        ...callsAndResults(
          { stray: () => ({ message: 'A tool message must follow the assistant message that holds its call' }) },
          `${PAGE}, tool message`,
        ),
        atMostTools(
          128,
          () => ({ message: 'A maximum of 128 tools may be provided' }),
          `${PAGE}, tools: a max of 128 functions`,
        ),
        noEmptyTools(() => ({ message: 'tools: must not be empty' }), PAGE),
        toolNames(
          /^[a-zA-Z0-9_.-]{1,200}$/,
          'two words',
          ({ value }) => ({ message: `Invalid function name: ${String(value)}` }),
          PAGE,
        ),
        noValue(
          'logit_bias',
          (value) => value !== null,
          '`logit_bias`',
          () => ({ message: 'Argument not supported: logit_bias' }),
          { source: `${PAGE}, logit_bias: unsupported`, refused: withTop({ logit_bias: { a: 1 } }) },
        ),
        ...bounds(
          { temperature: [0, 2], top_p: [0, 1], top_logprobs: [0, 8] },
          ({ path }) => ({ message: `Invalid ${path[0]}: out of range` }),
          PAGE,
        ),
        hasMessages(() => ({ message: 'messages: must not be empty' }), PAGE),
        noValue(
          'messages[].content[type=image_url].image_url.url',
          (url) => typeof url === 'string' && !/^(https?:|data:image\/(jpe?g|png))/i.test(url),
          'pictures other than JPEG and PNG',
          () => ({ message: 'Unsupported image format: only jpg/jpeg and png are supported' }),
          {
            source: 'docs.x.ai/docs/guides/image-understanding: jpg/jpeg or png',
            refused: withField('messages[].content[type=image_url].image_url.url', 'data:image/gif;base64,R0lGODlh'),
          },
        ),
        noValue(
          'search_parameters',
          () => true,
          '`search_parameters`',
          () => ({ message: 'Live search is deprecated. Please switch to the Agent Tools API.', status: 410 }),
          {
            source: 'docs.x.ai/docs/guides/live-search: retired',
            refused: withTop({ search_parameters: { mode: 'auto' } }),
          },
        ),
      ],
    },
    responses: {
      path: '/v1/responses',
      plain: plainResponses(MODEL),
      rules: [
        noValue(
          'instructions',
          (value, { body }) => typeof value === 'string' && body.previous_response_id != null,
          '`instructions` beside `previous_response_id`',
          () => ({ message: 'Argument not supported: instructions with previous_response_id' }),
          {
            source: 'docs.x.ai/docs/api-reference, responses: instructions',
            refused: withTop({ instructions: 'x', previous_response_id: 'resp_1' }),
            accepted: withTop({ instructions: 'x' }),
          },
        ),
        ...(['metadata', 'truncation', 'background'] as const).map((name) =>
          noValue(
            name,
            (value) => value !== null && value !== 'disabled' && value !== false,
            `\`${name}\``,
            () => ({ message: `Argument not supported: ${name}` }),
            {
              source: 'docs.x.ai/docs/api-reference, responses: not supported',
              tag: 'unsupported',
              refused: withTop({ [name]: name === 'metadata' ? { a: 'b' } : name === 'background' ? true : 'auto' }),
            },
          ),
        ),
        noValue(
          'reasoning.effort',
          (value) => value !== null,
          '`reasoning.effort`',
          (_place, { model }) => ({ message: `Model ${model} does not support parameter reasoningEffort.` }),
          {
            source: EFFORT,
            tag: 'models without a dial',
            when: ({ model }) => noDial(model),
            refused: withTop({ reasoning: { effort: 'low' } }, { model: 'grok-4' }),
            accepted: withTop({ reasoning: { effort: 'low' } }),
          },
        ),
      ],
    },
  },
};
