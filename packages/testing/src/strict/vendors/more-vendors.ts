import { isObject } from '../../answers/json-object.js';
import { CALL, messages, needsUser, noOrder, RESULT, SYSTEM, systemFirst, USER } from '../checks/chat-order.js';
import { chatTool } from '../checks/chat-tools.js';
import { noField, noValue, rule } from '../checks/fields.js';
import { anthropicError, byWire, openAiError, shortError } from '../error-bodies.js';
import { withField, withTop } from '../examples.js';
import { objectsOf } from '../json-places.js';
import { plainChat, plainMessages } from '../plain-requests.js';
import type { Complaint, ReadRequest, StrictVendorDefinition } from '../strict-rule.js';
import {
  argumentsAreJson,
  assistantSpeaks,
  atMostTools,
  callsAndResults,
  callsWithout,
  choices,
  formats,
  jsonIsSaid,
  knownRoles,
  noNamedChoice,
  stops,
  toolNames,
  unsupportedFields,
} from './chat-groups.js';
import { noTtl } from './hosts-of-open-models.js';
import { turns } from './messages-rules.js';

const bad = (message: string): Complaint => ({ message });

const KIMI = 'platform.moonshot.ai/docs/api/chat';
const KIMI_MODEL = 'kimi-k2.6';

/** Whether Kimi thinks: its newer models do unless told not to. */
function kimiThinks({ body, model }: ReadRequest): boolean {
  if (!/kimi-k(2\.[5-9]|[3-9]|2-thinking)/.test(model)) return false;
  return !(isObject(body.thinking) && body.thinking.type === 'disabled');
}

/** Kimi. */
export const kimi: StrictVendorDefinition = {
  name: 'moonshot',
  title: 'Kimi',
  model: KIMI_MODEL,
  errorBody: byWire(shortError, anthropicError),
  wires: {
    chat: {
      path: '/v1/chat/completions',
      plain: plainChat(KIMI_MODEL, { pictures: true, call: { reasoning_content: 'I need the weather.' } }),
      rules: [
        noValue(
          'temperature',
          (value) => typeof value === 'number' && value !== 1,
          '`temperature` other than 1, while thinking',
          () => bad('invalid temperature: only 1 is allowed for this model'),
          {
            source: 'github.com/BerriAI/litellm/pull/29687; github.com/opencyvis/opencyvis-phone/issues/12',
            when: kimiThinks,
            tag: 'thinking',
            refused: withTop({ temperature: 0.2 }),
            accepted: withTop({ temperature: 1 }),
          },
        ),
        noValue(
          'temperature',
          (value) => typeof value === 'number' && value !== 0.6,
          '`temperature` other than 0.6, while not thinking',
          () => bad('invalid temperature: only 0.6 is allowed for this model'),
          {
            source: 'github.com/arcsin1/oh-my-ppt/issues/45; github.com/HKUDS/nanobot/pull/4967',
            when: (request) => /kimi-k2\.[56]/.test(request.model) && !kimiThinks(request),
            tag: 'not thinking',
            refused: withTop({ temperature: 1, thinking: { type: 'disabled' } }),
            accepted: withTop({ temperature: 0.6, thinking: { type: 'disabled' } }),
          },
        ),
        noValue(
          'temperature',
          (value) => typeof value === 'number' && (value < 0 || value > 1),
          '`temperature` outside 0 to 1',
          () => bad('invalid temperature: must be between 0 and 1'),
          {
            source: `${KIMI}, temperature`,
            tag: 'range',
            refused: withTop({ temperature: 1.5 }, { model: 'moonshot-v1-8k' }),
            accepted: withTop({ temperature: 0.5 }, { model: 'moonshot-v1-8k' }),
          },
        ),
        rule(
          'thoughts of calls',
          'while thinking, a call of a tool without the `reasoning_content` it came with',
          { source: 'github.com/mastra-ai/mastra/issues/12592; github.com/n8n-io/n8n/issues/29142' },
          {
            refused: messages(USER, CALL, RESULT),
            accepted: messages(USER, { ...CALL, reasoning_content: 'Hm' }, RESULT),
            check: (request) => {
              const at = kimiThinks(request) ? callsWithout(request.body, 'reasoning_content') : -1;
              return at < 0
                ? undefined
                : bad(
                    `thinking is enabled but reasoning_content is missing in assistant tool call message at index ${at}`,
                  );
            },
          },
        ),
        noValue(
          'tool_choice',
          (choice, { model }) => isObject(choice) || (choice === 'required' && !/kimi-k3/.test(model)),
          'a forced tool while thinking',
          ({ value }) =>
            bad(`tool_choice '${isObject(value) ? 'specified' : String(value)}' is incompatible with thinking enabled`),
          {
            source: 'github.com/can1357/oh-my-pi/issues/1077; github.com/UKGovernmentBEIS/inspect_ai/pull/5152',
            when: kimiThinks,
            refused: withTop({ tool_choice: 'required' }),
            accepted: withTop({ tool_choice: 'required', thinking: { type: 'disabled' } }),
          },
        ),
        noValue(
          'thinking.type',
          (type) => type === 'disabled',
          'no thinking, at models that always think',
          () => bad('invalid thinking: only type=enabled is allowed for this model'),
          {
            source: 'github.com/MoonshotAI/Kimi-K2/issues/141',
            when: ({ model }) => /k2\.7-code/.test(model),
            refused: withTop({ thinking: { type: 'disabled' } }, { model: 'kimi-k2.7-code' }),
            accepted: withTop({ thinking: { type: 'enabled' } }, { model: 'kimi-k2.7-code' }),
          },
        ),
        ...callsAndResults(
          {
            stray: () => bad('tool_call_id  is not found'),
            open: (ids) =>
              bad(
                `an assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${ids.join(', ')}`,
              ),
          },
          'platform.moonshot.ai/docs/guide/use-kimi-api-to-complete-tool-calls',
          { ...CALL, reasoning_content: 'Hm' },
        ),
        assistantSpeaks(
          (at) => bad(`Invalid request: the message at position ${at} with role 'assistant' must not be empty`),
          'reported wording; no thread was read',
        ),
        toolNames(
          /^[a-zA-Z_][a-zA-Z0-9_-]{0,63}$/,
          '1a',
          () =>
            bad(
              'Invalid request: function name is invalid, must start with a letter and can contain letters, numbers, underscores, and dashes',
            ),
          'platform.moonshot.ai/docs/guide/use-kimi-api-to-complete-tool-calls',
        ),
        atMostTools(128, () => bad('Invalid request: at most 128 tools'), `${KIMI}, tools: up to 128 functions`),
        noField('functions', [], () => bad('Invalid request: functions is not supported'), {
          source: 'platform.moonshot.ai/docs/guide/migrating-from-openai-to-kimi',
        }),
        knownRoles(
          'system user assistant tool',
          ({ value }) => bad(`Invalid request: role must be in [system assistant user tool], got ${String(value)}`),
          KIMI,
        ),
        noValue(
          'messages[].content[type=image_url].image_url.url',
          (url) => typeof url === 'string' && /^https?:/.test(url),
          'pictures by URL',
          () => bad('Invalid request: unsupported image url'),
          {
            source: 'platform.moonshot.ai/docs/guide/use-kimi-vision-model: images by URL are not supported',
            refused: withField('messages[].content[type=image_url].image_url.url', 'https://example.com/a.png'),
          },
        ),
        stops(
          5,
          () => bad('Invalid request: stop must not have more than 5 entries'),
          `${KIMI}, stop: at most 5 strings`,
        ),
        formats('text json_object json_schema', () => bad('Invalid request: response_format'), KIMI),
      ],
    },
    messages: {
      path: '/anthropic/v1/messages',
      plain: plainMessages(KIMI_MODEL),
      rules: [
        noTtl('the report T09 of this project’s outside tests; platform.moonshot.ai/docs/guide/agent-support'),
        noValue(
          'thinking.type',
          (type) => type === 'disabled',
          'no thinking, at models that always think',
          () => bad('invalid thinking: only type=enabled is allowed for this model'),
          {
            source: 'github.com/MoonshotAI/Kimi-K2/issues/141',
            when: ({ model }) => /k2\.7-code/.test(model),
            refused: withTop({ thinking: { type: 'disabled' } }, { model: 'kimi-k2.7-code' }),
            accepted: withTop({ thinking: { type: 'enabled', budget_tokens: 1024 } }, { model: 'kimi-k2.7-code' }),
          },
        ),
      ],
    },
  },
};

const MINIMAX = 'platform.minimax.io/docs/api-reference/text-openai-api';
const MINIMAX_MODEL = 'MiniMax-M2.7';
const invalid = (message: string): Complaint => ({
  message: `invalid params, ${message} (2013)`,
  type: 'bad_request_error',
});

const TOOL_RESULT = { type: 'tool_result', tool_use_id: 'toolu_1', content: 'Rain' };

/** A use of a tool and its result, with more blocks behind it. */
function mixedTurn(...more: readonly unknown[]) {
  const use = { type: 'tool_use', id: 'toolu_1', name: 'weather', input: {} };
  return turns(
    { role: 'user', content: 'x' },
    { role: 'assistant', content: [use] },
    { role: 'user', content: [TOOL_RESULT, ...more] },
  );
}

function isMixed(content: unknown): boolean {
  const types = objectsOf(content).map(({ type }) => type === 'tool_result');
  return types.includes(true) && types.includes(false);
}

/** MiniMax. */
export const miniMax: StrictVendorDefinition = {
  name: 'minimax',
  title: 'MiniMax',
  model: MINIMAX_MODEL,
  errorBody: byWire(
    ({ message, type, status = 400 }) => ({
      type: 'error',
      error: { type: type ?? 'bad_request_error', message, http_code: String(status) },
      request_id: 'strict',
    }),
    anthropicError,
  ),
  wires: {
    chat: {
      path: '/v1/chat/completions',
      plain: plainChat(MINIMAX_MODEL, { pictures: false }),
      rules: [
        noValue(
          'tools[].function',
          (tool) => isObject(tool) && tool.parameters === undefined,
          'a function without parameters',
          () => invalid('function parameters is empty'),
          {
            tag: 'parameters',
            source: 'github.com/QwenLM/qwen-code/issues/11834',
            refused: withField('tools[].function.parameters', undefined),
            accepted: withTop({ tools: [chatTool('weather')] }),
          },
        ),
        noValue(
          'tools[].type',
          (type) => type !== 'function',
          'tools other than functions',
          () => invalid('invalid tool type:'),
          { source: 'github.com/decolua/9router/issues/2509', refused: withField('tools[].type', 'custom') },
        ),
        argumentsAreJson(
          () => invalid('invalid function arguments json string, tool_call_id: a1B2c3D4e'),
          'github.com/earendil-works/pi/issues/5468',
        ),
        ...callsAndResults(
          {
            stray: (id) => invalid(`tool result's tool id(${id}) not found`),
            open: () => invalid('tool call and result not match'),
          },
          'github.com/MiniMax-AI/MiniMax-M2/issues/76; github.com/Kilo-Org/kilocode/issues/3967',
        ),
        systemFirst(() => invalid('chat content has invalid message role: system'), {
          source: 'github.com/BigPizzaV3/CodexPlusPlus/issues/267',
        }),
        knownRoles(
          'system user assistant tool',
          ({ value }) => invalid(`chat content has invalid message role: ${String(value)}`),
          'github.com/BigPizzaV3/CodexPlusPlus/issues/267',
        ),
        noValue(
          'messages',
          (list) => Array.isArray(list) && list.length === 0,
          'no messages',
          () => invalid('chat content is empty'),
          {
            tag: 'empty',
            source:
              'github.com/MiniMax-AI/MiniMax-M2/issues/69; error 2013 of platform.minimax.io/docs/api-reference/errorcode',
            refused: withTop({ messages: [] }),
          },
        ),
        noValue(
          'temperature',
          (value) => typeof value === 'number' && (value <= 0 || value > 1),
          '`temperature` that is not in (0, 1]',
          () => invalid('temperature is out of range'),
          {
            source: `${MINIMAX}: temperature in (0.0, 1.0], values outside return an error`,
            refused: withTop({ temperature: 0 }),
            accepted: withTop({ temperature: 1 }),
          },
        ),
        noValue(
          'n',
          (value) => typeof value === 'number' && value !== 1,
          'several answers',
          () => invalid('n only supports 1'),
          {
            source: `${MINIMAX}: the n parameter only supports value 1`,
            refused: withTop({ n: 2 }),
            accepted: withTop({ n: 1 }),
          },
        ),
        noValue(
          'messages[].content[].type',
          (type, { model }) => type !== 'text' && !/M3|VL/.test(model),
          'pictures, at models of texts',
          () => invalid('image input is not supported'),
          {
            source: `${MINIMAX}: image and audio type inputs are not supported`,
            refused: withField('messages[].content[]', {
              type: 'image_url',
              image_url: { url: 'https://example.com/a.png' },
            }),
          },
        ),
        noField('function_call', 'auto', () => invalid('function_call is not supported'), {
          source: `${MINIMAX}: the deprecated function_call is not supported, use tools`,
        }),
      ],
    },
    messages: {
      path: '/anthropic/v1/messages',
      plain: plainMessages(MINIMAX_MODEL, false),
      rules: [
        noValue(
          'messages[role=user]',
          (turn) => isObject(turn) && isMixed(turn.content),
          'other blocks behind the results of tools in one message',
          () => invalid('tool call result does not follow tool call'),
          {
            tag: 'mixed',
            source: 'github.com/anomalyco/opencode/pull/32609, measured there',
            refused: mixedTurn({ type: 'text', text: 'x' }),
            accepted: mixedTurn(),
          },
        ),
        rule(
          'stray results',
          'a `tool_result` that no use asked for',
          { source: 'github.com/MiniMax-AI/MiniMax-M2/issues/76; github.com/anomalyco/opencode/pull/32609' },
          {
            refused: turns({ role: 'user', content: [TOOL_RESULT] }),
            accepted: mixedTurn(),
            check: ({ body }) => {
              const blocks = objectsOf(body.messages).flatMap(({ content }) => objectsOf(content));
              const used = blocks.filter(({ type }) => type === 'tool_use').map(({ id }) => id);
              const stray = blocks.find(({ type, tool_use_id: id }) => type === 'tool_result' && !used.includes(id));
              return stray && invalid(`tool result's tool id(${String(stray.tool_use_id)}) not found`);
            },
          },
        ),
        noValue(
          'messages[role=system]',
          () => true,
          '`system` messages',
          () => invalid('chat content has invalid message role: system'),
          {
            source: 'github.com/BigPizzaV3/CodexPlusPlus/issues/267',
            refused: turns({ role: 'user', content: 'x' }, { role: 'system', content: 'x' }),
            accepted: turns({ role: 'user', content: 'x' }),
          },
        ),
        noValue(
          'messages[].content[].type',
          (type, { model }) => ['image', 'document'].includes(String(type)) && !/M3/.test(model),
          'pictures and documents',
          () => invalid('image and document input is not supported'),
          {
            source: 'platform.minimax.io/docs/api-reference/text-anthropic-api: image and document are not supported',
            refused: turns({ role: 'user', content: [{ type: 'image', source: {} }] }),
            accepted: turns({ role: 'user', content: [{ type: 'text', text: 'x' }] }),
          },
        ),
        noValue(
          'temperature',
          (value) => typeof value === 'number' && (value <= 0 || value > 1),
          '`temperature` that is not in (0, 1]',
          () => invalid('temperature is out of range'),
          {
            source: 'platform.minimax.io/docs/api-reference/text-anthropic-api: temperature in (0.0, 1.0]',
            refused: withTop({ temperature: 0 }),
            accepted: withTop({ temperature: 1 }),
          },
        ),
      ],
    },
  },
};

const ZAI = 'docs.z.ai/api-reference/llm/chat-completion';
const ZAI_MODEL = 'glm-4.7';
const parameter = (): Complaint => ({
  message: 'Invalid API parameter, please check the documentation.',
  code: '1210',
});
const illegal = (): Complaint => ({
  message: 'The messages parameter is illegal. Please check the documentation.',
  code: '1214',
});

/** Z.ai. */
export const zai: StrictVendorDefinition = {
  name: 'zai',
  title: 'Z.ai',
  model: ZAI_MODEL,
  errorBody: byWire(({ message, code }) => ({ error: { code: code ?? '1210', message } }), anthropicError),
  wires: {
    chat: {
      path: '/api/paas/v4/chat/completions',
      plain: plainChat(ZAI_MODEL, { parts: false }),
      rules: [
        needsUser(illegal, { source: 'github.com/anomalyco/opencode/issues/2557' }),
        noValue('messages', (list) => Array.isArray(list) && list.length === 0, 'no messages', illegal, {
          tag: 'empty',
          source: 'github.com/MetaGLM/zhipuai-sdk-python-v4/issues/14',
          refused: withTop({ messages: [] }),
        }),
        noValue('messages[role=assistant|tool].content', Array.isArray, 'lists of parts, but of users', illegal, {
          tag: 'list',
          source: 'github.com/BerriAI/litellm/issues/25868',
          refused: messages(USER, CALL, { ...RESULT, content: [{ type: 'text', text: 'x' }] }),
          accepted: messages(USER, CALL, RESULT),
        }),
        noOrder(
          'assistant says nothing',
          'an assistant’s message with neither content nor calls',
          (message) =>
            message.role === 'assistant' &&
            (message.content === '' || message.content === null || message.content === undefined) &&
            objectsOf(message.tool_calls).length === 0,
          illegal,
          {
            source: 'github.com/continuedev/continue/issues/13259',
            refused: messages(USER, { role: 'assistant', content: '' }, USER),
          },
        ),
        knownRoles('system user assistant tool', illegal, `${ZAI}, messages`),
        choices('auto none', parameter, `${ZAI}, tool_choice: only auto is supported`),
        noNamedChoice(parameter, `${ZAI}, tool_choice: only auto is supported`),
        stops(1, parameter, `${ZAI}, stop: only one stop word is supported`),
        noValue(
          'temperature',
          (value) => typeof value === 'number' && (value < 0 || value > 1),
          '`temperature` outside 0 to 1',
          parameter,
          {
            source: `${ZAI}, temperature: 0.0 to 1.0`,
            refused: withTop({ temperature: 1.5 }),
            accepted: withTop({ temperature: 1 }),
          },
        ),
        noValue(
          'top_p',
          (value) => typeof value === 'number' && (value < 0.01 || value > 1),
          '`top_p` outside 0.01 to 1',
          parameter,
          { source: `${ZAI}, top_p: 0.01 to 1.0`, refused: withTop({ top_p: 0 }), accepted: withTop({ top_p: 0.01 }) },
        ),
        formats('text json_object', parameter, `${ZAI}, response_format`),
        noValue(
          'messages[].content[].type',
          (type, { model }) => type !== 'text' && !/v/.test(model.replace(/^.*glm-/, '')),
          'pictures, at models of texts',
          parameter,
          {
            source: 'github.com/coaidev/coai/issues/207; the models of docs.z.ai/guides/llm',
            refused: messages({
              role: 'user',
              content: [{ type: 'image_url', image_url: { url: 'https://example.com/a.png' } }],
            }),
            accepted: messages({ role: 'user', content: [{ type: 'text', text: 'x' }] }),
          },
        ),
        atMostTools(128, parameter, `${ZAI}, tools: up to 128 functions`),
        toolNames(/^[a-zA-Z0-9_-]{1,64}$/, 'a.b', parameter, `${ZAI}, tools.function.name`),
        noValue('thinking.type', (type) => type === 'disabled', 'no thinking, at GLM-5.3', parameter, {
          source: 'pydantic/pydantic-ai, profiles of Z.ai’s models',
          when: ({ model }) => /glm-5\.3/.test(model),
          refused: withTop({ thinking: { type: 'disabled' } }, { model: 'glm-5.3' }),
          accepted: withTop({ thinking: { type: 'enabled' } }, { model: 'glm-5.3' }),
        }),
      ],
    },
  },
};

const DASHSCOPE = 'help.aliyun.com/zh/model-studio, OpenAI compatible chat';
const DASHSCOPE_MODEL = 'qwen3.6-plus';
const algo = (message: string): Complaint => ({
  message: `<400> InternalError.Algo.InvalidParameter: ${message}`,
  code: 'invalid_parameter_error',
});

/** Whether Qwen thinks: hybrid models of 3.5 and later do unless told not to. */
function qwenThinks({ body, model }: ReadRequest): boolean {
  if (body.enable_thinking !== undefined) return body.enable_thinking === true;
  return /qwen3\.[5-9]|thinking|qwq/.test(model);
}

/** DashScope. */
export const dashScope: StrictVendorDefinition = {
  name: 'dashscope',
  title: 'DashScope',
  model: DASHSCOPE_MODEL,
  errorBody: openAiError,
  wires: {
    chat: {
      path: '/compatible-mode/v1/chat/completions',
      plain: plainChat(DASHSCOPE_MODEL, { pictures: true }),
      rules: [
        noValue(
          'tool_choice',
          (choice) => choice === 'required' || isObject(choice),
          'a forced tool while thinking',
          () => algo('The tool_choice parameter does not support being set to required or object in thinking mode'),
          {
            source: 'github.com/can1357/oh-my-pi/issues/886',
            when: qwenThinks,
            refused: withTop({ tool_choice: 'required' }),
            accepted: withTop({
              tool_choice: { type: 'function', function: { name: 'weather' } },
              enable_thinking: false,
            }),
          },
        ),
        noValue(
          'tools[].function.name',
          (name) => typeof name === 'string' && name.length > 64,
          'names of tools longer than 64',
          () => algo('The length of the tool name cannot exceed 64.'),
          {
            source: 'github.com/QwenLM/Qwen3-VL/issues/2069',
            refused: withField('tools[].function.name', 'x'.repeat(65)),
            accepted: withField('tools[].function.name', 'x'.repeat(64)),
          },
        ),
        rule(
          'thinking without stream',
          'thinking in a request that is not streamed, at open models of Qwen 3',
          { source: 'the documentation of enable_thinking', when: ({ model }) => /^qwen3-\d+b/.test(model) },
          {
            refused: withTop({ enable_thinking: true }, { model: 'qwen3-8b' }),
            accepted: withTop({ enable_thinking: true, stream: true }, { model: 'qwen3-8b' }),
            check: ({ body }) =>
              body.enable_thinking !== false && body.stream !== true
                ? {
                    message: 'parameter.enable_thinking must be set to false for non-streaming calls',
                    code: 'invalid_parameter_error',
                  }
                : undefined,
          },
        ),
        ...callsAndResults(
          {
            stray: () =>
              algo('messages with role "tool" must be a response to a preceeding message with "tool_calls".'),
            open: () =>
              algo(
                'An assistant message with "tool_calls" must be followed by tool messages responding to each "tool_call_id".',
              ),
          },
          'the wording of help.aliyun.com/zh/model-studio/error-code',
        ),
        jsonIsSaid(
          () =>
            algo(
              "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
            ),
          'help.aliyun.com/zh/model-studio/error-code',
        ),
        knownRoles(
          'system developer user assistant tool function',
          ({ value }) =>
            algo(
              `${String(value)} is not one of ['system', 'assistant', 'user', 'tool', 'function'] - 'messages.0.role'`,
            ),
          DASHSCOPE,
        ),
        noValue(
          'tools',
          (list) => Array.isArray(list) && list.length === 0,
          'an empty list of tools',
          () => algo("[] is too short - 'tools'"),
          {
            tag: 'empty',
            source: 'help.aliyun.com/zh/model-studio/error-code: [] is too short',
            refused: withTop({ tools: [] }),
          },
        ),
        noValue(
          'temperature',
          (value) => typeof value === 'number' && (value < 0 || value >= 2),
          '`temperature` that is not in [0, 2)',
          () => algo('Temperature should be in [0.0, 2.0)'),
          {
            source: 'help.aliyun.com/zh/model-studio/error-code',
            refused: withTop({ temperature: 2 }),
            accepted: withTop({ temperature: 1 }),
          },
        ),
        noValue(
          'top_p',
          (value) => typeof value === 'number' && (value <= 0 || value > 1),
          '`top_p` that is not in (0, 1]',
          () => algo('Range of top_p should be (0.0, 1.0]'),
          {
            source: 'help.aliyun.com/zh/model-studio/error-code',
            refused: withTop({ top_p: 0 }),
            accepted: withTop({ top_p: 1 }),
          },
        ),
      ],
    },
  },
};

const SONAR = 'docs.perplexity.ai/api-reference/chat-completions-post';
const sonarOrder = (): Complaint => ({
  message:
    'After the (optional) system message(s), user or tool message(s) should alternate with assistant message(s).',
  type: 'invalid_message',
});

/** Perplexity. */
export const perplexity: StrictVendorDefinition = {
  name: 'perplexity',
  title: 'Perplexity',
  model: 'sonar',
  errorBody: ({ message, type = 'bad_request', status = 400 }) => ({ error: { message, type, code: status } }),
  wires: {
    chat: {
      path: '/chat/completions',
      plain: plainChat('sonar', { pictures: true, tools: false }),
      rules: [
        noValue(
          'tools',
          (list) => Array.isArray(list) && list.length > 0,
          'tools',
          () => bad('Tool calling is not supported for this model'),
          { source: 'github.com/pipecat-ai/pipecat/pull/4862', refused: withTop({ tools: [chatTool('weather')] }) },
        ),
        noValue(
          'messages[].role',
          (role) => !['system', 'user', 'assistant'].includes(String(role)),
          'roles other than system, user and assistant',
          ({ path }) =>
            bad(`["At body -> messages -> ${path[1]} -> role: Input should be 'system', 'user' or 'assistant'"]`),
          {
            source: 'github.com/BerriAI/litellm/issues/11665',
            refused: messages(USER, { role: 'tool', content: 'x' }),
            accepted: messages(USER),
          },
        ),
        noOrder(
          'no alternation',
          'two messages of one role one behind the other',
          (message, before) => before !== undefined && message.role === before.role && message.role !== 'system',
          sonarOrder,
          {
            source: 'github.com/perplexityai/api-discussion/issues/265',
            refused: messages(USER, USER),
            accepted: messages(USER, { role: 'assistant', content: 'x' }, USER),
          },
        ),
        noOrder(
          'first speaks the assistant',
          'a conversation that begins with the assistant',
          (message, before) => message.role === 'assistant' && (before === undefined || before.role === 'system'),
          sonarOrder,
          {
            source: 'github.com/perplexityai/api-discussion/issues/265',
            refused: messages({ role: 'assistant', content: 'x' }, USER),
            accepted: messages(SYSTEM, USER),
          },
        ),
        noOrder(
          'system in the middle',
          'a `system` message behind another one that is none',
          (message, before) => message.role === 'system' && before !== undefined && before.role !== 'system',
          sonarOrder,
          {
            source: 'github.com/edenai/edenai-apis/pull/144',
            refused: messages(USER, { role: 'assistant', content: 'x' }, SYSTEM, USER),
            accepted: messages(SYSTEM, SYSTEM, USER),
          },
        ),
        rule(
          'last message',
          'a last message that is not the user’s',
          { source: 'docs.perplexity.ai' },
          {
            refused: messages(USER, { role: 'assistant', content: 'x' }),
            accepted: messages(USER),
            check: ({ body }) =>
              objectsOf(body.messages).at(-1)?.role === 'assistant'
                ? { message: 'Last message must have role `user` or `tool`.', type: 'invalid_message' }
                : undefined,
          },
        ),
        noValue(
          'messages[]',
          (message) => isObject(message) && (message.content === undefined || message.content === null),
          'messages without content',
          ({ path }) => bad(`["At body -> messages -> ${path[1]} -> content: Field required"]`),
          {
            tag: 'content',
            source: 'github.com/BerriAI/litellm/issues/11665',
            refused: withField('messages[role=user].content', null),
          },
        ),
        ...unsupportedFields(
          {
            stop: ['x'],
            seed: 1,
            n: 2,
            logit_bias: {},
            tool_choice: 'auto',
            parallel_tool_calls: true,
            functions: [],
            logprobs: true,
          },
          ({ path }) => bad(`Parameter '${path[0]}' is not supported`),
          `${SONAR}, request body`,
        ),
        formats(
          'text json_schema regex',
          () => bad("response_format.type: Input should be 'text', 'json_schema' or 'regex'"),
          'docs.perplexity.ai/guides/structured-outputs',
        ),
        noValue(
          'temperature',
          (value) => typeof value === 'number' && (value < 0 || value >= 2),
          '`temperature` that is not in [0, 2)',
          () => bad('["At body -> temperature: Input should be less than 2"]'),
          {
            source: `${SONAR}, temperature`,
            refused: withTop({ temperature: 2 }),
            accepted: withTop({ temperature: 1 }),
          },
        ),
      ],
    },
  },
};
