import { isObject } from '../../answers/json-object.js';
import { NOT_AN_OBJECT, schemas, uniqueNames } from '../checks/chat-tools.js';
import {
  inRange,
  mustMatch,
  needsField,
  noField,
  notEmpty,
  noValue,
  onlyFields,
  onlyValues,
  type RuleOptions,
  rule,
  type Say,
} from '../checks/fields.js';
import { both, withField, withTop } from '../examples.js';
import { dotted, type JsonObject, objectsIn, objectsOf, placesOf, words } from '../json-places.js';
import type { Complaint, ExampleOf, StrictRule } from '../strict-rule.js';
import * as claude from './claude-models.js';

const SDK = 'anthropics/anthropic-sdk-typescript, MessageCreateParams';
const PAGE = 'platform.claude.com/docs/en';

/** Anthropic's words for a field it does not know. */
export const extraInputs: Say = ({ path }) => ({ message: `${dotted(path)}: Extra inputs are not permitted` });

/** The plain request with other messages. */
export function turns(...list: readonly JsonObject[]): ExampleOf {
  return withTop({ messages: list });
}

const ASK: JsonObject = { role: 'user', content: 'Hello' };
const SAID: JsonObject = { role: 'assistant', content: 'Hello to you' };
const USE = { type: 'tool_use', id: 'a1B2c3D4e', name: 'weather', input: {} };
const RESULT = { type: 'tool_result', tool_use_id: 'a1B2c3D4e', content: 'Rain' };
const SIGNATURE = `Er8B${'CkgIBRABGAIiQAAA'.repeat(6)}==`;
const THOUGHT = { type: 'thinking', thinking: 'Hm', signature: SIGNATURE };
const MARK = { type: 'ephemeral' };

/** What was known of Anthropic's signatures: base64 of a message whose first field is a text. */
export const CLAUDE_SIGNATURE = /^E[A-Za-z0-9+/]{40,}={0,2}$/;

const say = (message: string) => (): Complaint => ({ message });

/** Fields of requests, messages and blocks. */
export const messageFields: readonly StrictRule[] = [
  onlyFields(
    '',
    words(`model max_tokens messages system stop_sequences stream tools tool_choice thinking output_config output_format
      metadata service_tier cache_control container inference_geo speed context_management mcp_servers temperature top_p
      top_k diagnostics user_profile_id`),
    extraInputs,
    {
      source: `${SDK}; github.com/amrit110/oli/issues/7`,
      refused: withTop({ response_format: { type: 'json_object' } }),
    },
  ),
  onlyFields('messages[]', ['role', 'content'], extraInputs, { source: `${SDK}, MessageParam` }),
  onlyFields('messages[].content[type=text]', words('type text cache_control citations'), extraInputs, {
    source: `${SDK}, TextBlockParam`,
  }),
  onlyFields('messages[].content[type=image]', words('type source cache_control transform'), extraInputs, {
    source: `${SDK}, ImageBlockParam`,
  }),
  onlyFields(
    'messages[].content[type=tool_use]',
    words('type id name input cache_control caller toolset_name'),
    extraInputs,
    { source: 'github.com/anthropics/claude-code/issues/4378' },
  ),
  onlyFields(
    'messages[].content[type=tool_result]',
    words('type tool_use_id content is_error cache_control'),
    extraInputs,
    { source: `${SDK}, ToolResultBlockParam` },
  ),
  onlyFields('messages[].content[type=thinking]', words('type thinking signature'), extraInputs, {
    source: `${SDK}, ThinkingBlockParam`,
    refused: turns(
      ASK,
      {
        role: 'assistant',
        content: [
          { ...THOUGHT, cache_control: MARK },
          { type: 'text', text: 'x' },
        ],
      },
      ASK,
    ),
    accepted: turns(ASK, { role: 'assistant', content: [THOUGHT, { type: 'text', text: 'x' }] }, ASK),
  }),
  onlyFields('system[]', words('type text cache_control citations'), extraInputs, { source: `${SDK}, TextBlockParam` }),
  onlyFields(
    'tools[-type]',
    words(
      'name description input_schema cache_control strict eager_input_streaming defer_loading allowed_callers input_examples',
    ),
    extraInputs,
    { source: `${SDK}, Tool; github.com/anthropics/claude-code/issues/31033` },
  ),
  onlyFields('metadata', ['user_id'], extraInputs, {
    source: `${SDK}, Metadata`,
    refused: withTop({ metadata: { session: 'x' } }),
    accepted: withTop({ metadata: { user_id: 'x' } }),
  }),
  onlyFields('thinking', words('type budget_tokens display'), extraInputs, {
    source: `${SDK}, ThinkingConfigParam`,
    refused: withTop({ thinking: { type: 'enabled', budget_tokens: 1024, effort: 'low' } }),
    accepted: withTop({ thinking: { type: 'enabled', budget_tokens: 1024 }, messages: [ASK] }),
  }),
  onlyFields('output_config', words('effort format task_budget'), extraInputs, {
    source: `${SDK}, OutputConfig`,
    refused: withTop({ output_config: { verbosity: 'low' } }),
    accepted: withTop({
      output_config: {
        format: { type: 'json_schema', schema: { type: 'object', properties: {}, additionalProperties: false } },
      },
    }),
  }),
  onlyFields('tool_choice', words('type name disable_parallel_tool_use'), extraInputs, {
    source: `${SDK}, ToolChoice`,
    refused: withTop({ tool_choice: { type: 'auto', function: {} } }),
    accepted: withTop({ tool_choice: { type: 'auto' } }),
  }),
  needsField('max_tokens', say('max_tokens: Field required'), { source: `${SDK}: max_tokens is required` }),
  inRange('max_tokens', 1, Number.POSITIVE_INFINITY, say('max_tokens: Input should be greater than or equal to 1'), {
    source: `${SDK}: max_tokens`,
  }),
];

const BLOCKS = words(`text image document search_result thinking redacted_thinking tool_use tool_result server_tool_use
  web_search_tool_result web_fetch_tool_result code_execution_tool_result bash_code_execution_tool_result
  text_editor_code_execution_tool_result tool_search_tool_result container_upload mcp_tool_use mcp_tool_result
  compaction advisor_tool_result fallback connector_text`);

const tag =
  (tags: readonly string[]): Say =>
  ({ path, value }) => ({
    message: `${dotted(path.slice(0, -1))}: Input tag '${String(value)}' found using 'type' does not match any of the expected tags: ${tags.map((one) => `'${one}'`).join(', ')}`,
  });

/** What blocks may be and where. */
const messageContents: readonly StrictRule[] = [
  onlyValues('messages[].content[].type', BLOCKS, tag(BLOCKS), {
    source: 'github.com/BerriAI/litellm/issues/15299',
    refused: turns({ role: 'user', content: [{ type: 'input_text', text: 'x' }] }),
    accepted: turns({ role: 'user', content: [{ type: 'text', text: 'x' }] }),
  }),
  onlyValues('system[].type', ['text'], tag(['text']), {
    source: `${SDK}: system is texts`,
    refused: withTop({ system: [{ type: 'image', text: 'x' }] }),
    accepted: withTop({ system: [{ type: 'text', text: 'x' }] }),
  }),
  onlyValues(
    'messages[].content[].content[].type',
    words('text image document search_result tool_reference web_search_result web_fetch_result code_execution_output'),
    tag(words('document image search_result text tool_reference')),
    {
      source: `${SDK}, ToolResultBlockParam`,
      refused: withField('messages[].content[type=tool_result].content', [{ type: 'image_url', image_url: {} }]),
      accepted: withField('messages[].content[type=tool_result].content', [{ type: 'text', text: 'Rain' }]),
    },
  ),
  ...(['tool_use', 'thinking'] as const).map((type) =>
    noValue(
      `messages[role=user].content[type=${type}]`,
      () => true,
      `\`${type}\` blocks of users`,
      ({ path }) => ({
        message: `${dotted(path.slice(0, 2))}: \`${type}\` blocks can only be in \`assistant\` messages`,
      }),
      {
        source: `${PAGE}/build-with-claude/working-with-messages; ${SDK}`,
        refused: turns({ role: 'user', content: [type === 'thinking' ? THOUGHT : USE] }),
        accepted:
          type === 'thinking'
            ? turns(ASK, { role: 'assistant', content: [THOUGHT, { type: 'text', text: 'x' }] }, ASK)
            : turns(ASK, { role: 'assistant', content: [USE] }, { role: 'user', content: [RESULT] }),
      },
    ),
  ),
  noValue(
    'messages[role=assistant].content[type=tool_result]',
    () => true,
    '`tool_result` blocks of the assistant',
    ({ path }) => ({ message: `${dotted(path.slice(0, 2))}: \`tool_result\` blocks can only be in \`user\` messages` }),
    {
      source: `${PAGE}/agents-and-tools/tool-use/implement-tool-use`,
      refused: turns(ASK, { role: 'assistant', content: [RESULT] }, ASK),
      accepted: turns(ASK, { role: 'assistant', content: [USE] }, { role: 'user', content: [RESULT] }),
    },
  ),
  noValue(
    'messages[].content[type=text].text',
    (text) => text === '',
    'empty texts',
    say('messages: text content blocks must be non-empty'),
    {
      source: 'github.com/anthropics/claude-code/issues/59812; github.com/anthropics/anthropic-sdk-python/issues/461',
      refused: turns({ role: 'user', content: [{ type: 'text', text: '' }] }),
      accepted: turns({ role: 'user', content: [{ type: 'text', text: 'x' }] }),
    },
  ),
  noValue(
    'messages[].content[type=text].text',
    (text) => typeof text === 'string' && text !== '' && text.trim() === '',
    'texts of blanks',
    say('messages: text content blocks must contain non-whitespace text'),
    {
      tag: 'blank',
      source: 'github.com/anthropics/claude-code/issues/23440',
      refused: turns({ role: 'user', content: [{ type: 'text', text: ' \n' }] }),
      accepted: turns({ role: 'user', content: [{ type: 'text', text: ' x' }] }),
    },
  ),
  noValue(
    'system[].text',
    (text) => text === '',
    'an empty system text',
    say('system: text content blocks must be non-empty'),
    {
      source: 'github.com/anthropics/claude-code/issues/59812',
      refused: withTop({ system: [{ type: 'text', text: '' }] }),
      accepted: withTop({ system: [{ type: 'text', text: 'x' }] }),
    },
  ),
  rule(
    'empty messages',
    'a message without content, but for a last one of the assistant',
    { source: 'github.com/anthropics/anthropic-sdk-python/issues/461' },
    {
      refused: turns({ role: 'user', content: '' }),
      accepted: turns({ role: 'user', content: 'x' }),
      check: ({ body }) => {
        const all = objectsOf(body.messages);
        const at = all.findIndex(
          ({ role, content }, index) =>
            (content === '' || (Array.isArray(content) && content.length === 0)) &&
            !(role === 'assistant' && index === all.length - 1),
        );
        return at === -1
          ? undefined
          : {
              message: `messages.${at}: all messages must have non-empty content except for the optional final assistant message`,
            };
      },
    },
  ),
  onlyValues('messages[].content[type=image].source.type', ['base64', 'url', 'file'], tag(['base64', 'file', 'url']), {
    source: `${SDK}, ImageBlockParam`,
    refused: withField('messages[].content[type=image].source', { type: 'data', data: 'x' }),
    accepted: withField('messages[].content[type=image].source', { type: 'url', url: 'https://example.com/a.png' }),
  }),
  onlyValues(
    'messages[].content[type=image].source.media_type',
    words('image/jpeg image/png image/gif image/webp'),
    ({ path }) => ({
      message: `${dotted(path)}: Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'`,
    }),
    { source: `${SDK}, Base64ImageSource` },
  ),
  mustMatch(
    'messages[].content[type=image].source.data',
    /^[A-Za-z0-9+/=\s_-]*$/,
    'data:image/png;base64,iVBO',
    ({ path }) => ({ message: `${dotted(path)}: invalid base64 data` }),
    { source: `${PAGE}/build-with-claude/vision` },
  ),
];

/** Who speaks after whom. */
const messageOrder: readonly StrictRule[] = [
  notEmpty('messages', [], say('messages: at least one message is required'), { source: `${PAGE}/api/errors; ${SDK}` }),
  onlyValues(
    'messages[].role',
    ['user', 'assistant', 'system'],
    ({ path }) => ({ message: `${dotted(path)}: Input should be 'user' or 'assistant'` }),
    { source: `${SDK}, MessageParam`, refused: turns(ASK, { role: 'tool', content: 'Rain' }), accepted: turns(ASK) },
  ),
  noValue(
    'messages[role=system]',
    () => true,
    'a `system` message, but for Opus 4.8 and later',
    say(
      'messages: Unexpected role "system". The Messages API accepts a top-level `system` parameter, not "system" as an input message role.',
    ),
    {
      source: `${PAGE}/api/messages, system`,
      when: ({ model }) => !claude.takesSystemMessages(model),
      refused: turns(ASK, { role: 'system', content: 'x' }),
      accepted: turns(ASK),
    },
  ),
  rule(
    'uses without results',
    'a `tool_use` without its result in the next message',
    { source: 'github.com/anthropics/claude-code/issues/8210' },
    {
      refused: turns(ASK, { role: 'assistant', content: [USE] }, ASK),
      accepted: turns(ASK, { role: 'assistant', content: [USE] }, { role: 'user', content: [RESULT] }),
      check: ({ body }) => {
        const all = merged(body.messages);
        for (const [at, message] of all.entries()) {
          const answered = idsOf(all[at + 1], 'tool_result', 'tool_use_id');
          const open =
            message.role === 'assistant' ? idsOf(message, 'tool_use', 'id').filter((id) => !answered.includes(id)) : [];
          if (open.length > 0)
            return {
              message: `messages.${at}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open.join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
            };
        }
        return undefined;
      },
    },
  ),
  rule(
    'results without uses',
    'a `tool_result` whose use is not in the message before',
    { source: 'github.com/anthropics/claude-code/issues/18947' },
    {
      refused: turns({ role: 'user', content: [RESULT] }),
      accepted: turns(ASK, { role: 'assistant', content: [USE] }, { role: 'user', content: [RESULT] }),
      check: ({ body }) => {
        const all = merged(body.messages);
        for (const [at, message] of all.entries()) {
          const asked = idsOf(all[at - 1], 'tool_use', 'id');
          const stray =
            message.role === 'user'
              ? idsOf(message, 'tool_result', 'tool_use_id').find((id) => !asked.includes(id))
              : undefined;
          if (stray !== undefined)
            return {
              message: `messages.${at}.content.0: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${stray}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
            };
        }
        return undefined;
      },
    },
  ),
  rule(
    'results first',
    'results of tools behind other blocks',
    {
      source: `${PAGE}/agents-and-tools/tool-use/implement-tool-use, handling results; github.com/Zoo-Code-Org/Zoo-Code/pull/1705`,
    },
    {
      refused: turns(
        ASK,
        { role: 'assistant', content: [USE] },
        { role: 'user', content: [{ type: 'text', text: 'x' }, RESULT] },
      ),
      accepted: turns(
        ASK,
        { role: 'assistant', content: [USE] },
        { role: 'user', content: [RESULT, { type: 'text', text: 'x' }] },
      ),
      check: ({ body }) => {
        const all = merged(body.messages);
        const at = all.findIndex((message) => {
          const types = objectsOf(message.content).map(({ type }) => type === 'tool_result');
          return (
            message.role === 'user' &&
            types.lastIndexOf(true) > types.indexOf(false) &&
            types.includes(false) &&
            types.includes(true)
          );
        });
        return at === -1
          ? undefined
          : {
              message: `messages.${at - 1}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
            };
      },
    },
  ),
  rule(
    'one result each',
    'two results for one use',
    { source: 'reported wording; no thread was read' },
    {
      refused: turns(ASK, { role: 'assistant', content: [USE] }, { role: 'user', content: [RESULT, RESULT] }),
      accepted: turns(ASK, { role: 'assistant', content: [USE] }, { role: 'user', content: [RESULT] }),
      check: ({ body }) => {
        const twice = merged(body.messages).flatMap((message) =>
          repeated(idsOf(message, 'tool_result', 'tool_use_id')),
        );
        return twice[0] === undefined
          ? undefined
          : {
              message: `messages: each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ${twice[0]}`,
            };
      },
    },
  ),
  rule(
    'unique uses',
    'two uses with one id',
    { source: 'github.com/anthropics/claude-code/issues/20700' },
    {
      refused: turns(ASK, { role: 'assistant', content: [USE, USE] }, { role: 'user', content: [RESULT] }),
      accepted: turns(ASK, { role: 'assistant', content: [USE] }, { role: 'user', content: [RESULT] }),
      check: ({ body }) => {
        const ids = objectsOf(body.messages).flatMap((message) => idsOf(message, 'tool_use', 'id'));
        return repeated(ids).length > 0 ? { message: 'messages: `tool_use` ids must be unique' } : undefined;
      },
    },
  ),
  mustMatch(
    'messages[].content[type=tool_use].id',
    /^[a-zA-Z0-9_-]+$/,
    'call:1',
    ({ path }) => ({ message: `${dotted(path)}: String should match pattern '^[a-zA-Z0-9_-]+$'` }),
    {
      source: 'github.com/anomalyco/opencode/issues/1279',
      refused: turns(
        ASK,
        { role: 'assistant', content: [{ ...USE, id: 'call:1' }] },
        { role: 'user', content: [{ ...RESULT, tool_use_id: 'call:1' }] },
      ),
    },
  ),
  rule(
    'trailing blank',
    'a last message of the assistant that ends with a blank',
    { source: 'github.com/langchain-ai/langchain/issues/35071' },
    {
      refused: turns(ASK, { role: 'assistant', content: 'The answer is ' }),
      accepted: turns(ASK, { role: 'assistant', content: 'The answer is' }),
      check: ({ body }) => {
        const last = objectsOf(body.messages).at(-1);
        const text = typeof last?.content === 'string' ? last.content : objectsOf(last?.content).at(-1)?.text;
        return last?.role === 'assistant' && typeof text === 'string' && text !== text.trimEnd()
          ? { message: 'messages: final assistant content cannot end with trailing whitespace' }
          : undefined;
      },
    },
  ),
  rule(
    'prefill',
    'a last message of the assistant, for models of 4.6 and later',
    { source: `${PAGE}/about-claude/models/whats-new-claude-4-6, prefill removal` },
    {
      refused: both(turns(ASK, SAID), (body) => ({ body, model: 'claude-opus-4-6' })),
      accepted: turns(ASK, SAID),
      check: ({ body, model }) =>
        objectsOf(body.messages).at(-1)?.role === 'assistant' && !claude.takesPrefill(model)
          ? {
              message:
                'This model does not support assistant message prefill. The conversation must end with a user message.',
            }
          : undefined,
    },
  ),
];

/** Tools. */
const messageTools: readonly StrictRule[] = [
  mustMatch(
    'tools[].name',
    /^[a-zA-Z0-9_-]{1,128}$/,
    'a.b',
    ({ path }) => ({ message: `${dotted(path)}: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'` }),
    { source: 'the pattern stands in the message' },
  ),
  uniqueNames('tools[].name', () => ({ message: 'tools: Tool names must be unique.' }), {
    source: 'reported wording; no thread was read',
    refused: withTop({ tools: ['a', 'a'].map(toolOf) }),
    accepted: withTop({ tools: ['a', 'weather'].map(toolOf) }),
  }),
  noValue(
    'tools[-type].input_schema',
    (schema) => isObject(schema) && NOT_AN_OBJECT(schema) !== undefined,
    'a tool whose schema is not of an object',
    ({ path }) => ({
      message: `${dotted([...path.slice(0, 2), 'custom', 'input_schema', 'type'])}: Input should be 'object'`,
    }),
    {
      source: 'recorded: anthropic/error-400--claude-sonnet-4-6-98f9a0',
      refused: withField('tools[].input_schema', { properties: {} }),
    },
  ),
  noValue(
    'tools[-type].input_schema',
    (schema) => isObject(schema) && ['oneOf', 'allOf', 'anyOf'].some((word) => schema[word] !== undefined),
    'a tool whose schema has `oneOf`, `allOf` or `anyOf` at the top',
    ({ path }) => ({
      message: `${dotted([...path.slice(0, 2), 'custom', 'input_schema'])}: input_schema does not support oneOf, allOf, or anyOf at the top level`,
    }),
    {
      tag: 'choice',
      source: 'github.com/anthropics/claude-code/issues/40075',
      refused: withField('tools[].input_schema', { type: 'object', anyOf: [{ required: ['a'] }] }),
    },
  ),
  noValue(
    'tools[-type]',
    (tool) => isObject(tool) && tool.input_schema === undefined,
    'a tool without a schema',
    ({ path }) => ({ message: `${dotted([...path, 'custom', 'input_schema'])}: Field required` }),
    {
      tag: 'schema',
      source: `${SDK}, Tool: input_schema is required`,
      refused: withField('tools[].input_schema', undefined),
    },
  ),
  rule(
    'tool_choice without tools',
    '`tool_choice` in a request without tools',
    { source: 'reported wording; no thread was read' },
    {
      refused: both(turns(ASK), withTop({ tools: undefined, tool_choice: { type: 'auto' } })),
      accepted: withTop({ tool_choice: { type: 'auto' } }),
      check: ({ body }) =>
        isObject(body.tool_choice) && body.tool_choice.type !== 'none' && objectsOf(body.tools).length === 0
          ? { message: 'tool_choice: tool_choice may only be specified while providing tools.' }
          : undefined,
    },
  ),
  rule(
    'tool_choice of no tool',
    '`tool_choice` of a tool that is not offered',
    { source: `${PAGE}/agents-and-tools/tool-use/implement-tool-use, forcing tool use` },
    {
      refused: withTop({ tool_choice: { type: 'tool', name: 'another' } }),
      accepted: withTop({ tool_choice: { type: 'tool', name: 'weather' } }),
      check: ({ body }) => {
        const { tool_choice: choice } = body;
        const isMissing =
          isObject(choice) &&
          choice.type === 'tool' &&
          objectsOf(body.tools).length > 0 &&
          !objectsOf(body.tools).some(({ name }) => name === choice.name);
        return isMissing ? { message: `Tool '${String(choice.name)}' not found in provided tools` } : undefined;
      },
    },
  ),
  onlyValues(
    'tool_choice.type',
    ['auto', 'any', 'tool', 'none'],
    ({ value }) => ({
      message: `tool_choice: Input tag '${String(value)}' found using 'type' does not match any of the expected tags: 'auto', 'any', 'tool', 'none'`,
    }),
    {
      source: `${SDK}, ToolChoice`,
      refused: withTop({ tool_choice: { type: 'required' } }),
      accepted: withTop({ tool_choice: { type: 'any' } }),
    },
  ),
  noValue(
    'tool_choice',
    (choice) => isObject(choice) && ['any', 'tool'].includes(String(choice.type)),
    'a forced tool, for Fable and Mythos',
    say('tool_choice: forced tool use is not supported for this model.'),
    {
      tag: 'models',
      source: 'pydantic/pydantic-ai, profiles of Anthropic’s models',
      when: ({ model }) => /fable|mythos/.test(model),
      refused: withTop({ tool_choice: { type: 'any' } }, { model: 'claude-fable-5' }),
      accepted: withTop({ tool_choice: { type: 'any' } }),
    },
  ),
];

/** Thinking and what goes with it. */
const messageThinking: readonly StrictRule[] = [
  inRange(
    'thinking.budget_tokens',
    1024,
    Number.POSITIVE_INFINITY,
    say('thinking.enabled.budget_tokens: Input should be greater than or equal to 1024'),
    {
      source: `${PAGE}/build-with-claude/extended-thinking`,
      refused: withTop({ thinking: { type: 'enabled', budget_tokens: 1000 } }),
      accepted: withTop({ thinking: { type: 'enabled', budget_tokens: 1024 }, messages: [ASK] }),
    },
  ),
  noValue(
    'thinking.budget_tokens',
    (budget, { body, headers }) =>
      typeof budget === 'number' &&
      typeof body.max_tokens === 'number' &&
      budget >= body.max_tokens &&
      !/interleaved-thinking/.test(headers['anthropic-beta'] ?? ''),
    'a budget that is not below `max_tokens`',
    say('`max_tokens` must be greater than `thinking.budget_tokens`.'),
    {
      tag: 'bound',
      source: `${PAGE}/build-with-claude/extended-thinking`,
      refused: withTop({ thinking: { type: 'enabled', budget_tokens: 4000 } }),
      accepted: withTop({ thinking: { type: 'enabled', budget_tokens: 3999 }, messages: [ASK] }),
    },
  ),
  noValue(
    'thinking.type',
    (type) => type === 'enabled',
    'a budget, for Opus 4.7 and everything of 5',
    say(
      '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.',
    ),
    {
      source: `${PAGE}/build-with-claude/adaptive-thinking`,
      when: ({ model }) => claude.thinksAdaptively(model),
      refused: withTop({ thinking: { type: 'enabled', budget_tokens: 1024 } }, { model: 'claude-opus-4-7' }),
      accepted: withTop({ thinking: { type: 'adaptive' } }, { model: 'claude-opus-4-7' }),
    },
  ),
  noValue(
    'thinking.type',
    (type) => type === 'adaptive',
    'adaptive thinking, for models before 4.6',
    say('adaptive thinking is not supported on this model'),
    {
      tag: 'older',
      source: `${PAGE}/build-with-claude/adaptive-thinking`,
      when: ({ model }) => !claude.mayThinkAdaptively(model),
      refused: withTop({ thinking: { type: 'adaptive' } }),
      accepted: withTop({ thinking: { type: 'adaptive' } }, { model: 'claude-opus-4-6' }),
    },
  ),
  rule(
    'forced tool while thinking',
    'a forced tool while thinking by a budget',
    { source: `${PAGE}/build-with-claude/extended-thinking, tool use` },
    {
      refused: withTop({
        thinking: { type: 'enabled', budget_tokens: 1024 },
        tool_choice: { type: 'any' },
        messages: [ASK],
      }),
      accepted: withTop({
        thinking: { type: 'enabled', budget_tokens: 1024 },
        tool_choice: { type: 'auto' },
        messages: [ASK],
      }),
      check: ({ body }) =>
        isObject(body.thinking) &&
        body.thinking.type === 'enabled' &&
        isObject(body.tool_choice) &&
        ['any', 'tool'].includes(String(body.tool_choice.type))
          ? { message: 'Thinking may not be enabled when tool_choice forces tool use.' }
          : undefined,
    },
  ),
  rule(
    'temperature while thinking',
    '`temperature` other than 1 while thinking',
    { source: `${PAGE}/build-with-claude/extended-thinking, feature compatibility` },
    {
      refused: withTop({ thinking: { type: 'enabled', budget_tokens: 1024 }, temperature: 0.5, messages: [ASK] }),
      accepted: withTop({ thinking: { type: 'enabled', budget_tokens: 1024 }, temperature: 1, messages: [ASK] }),
      check: ({ body }) =>
        thinks(body) && typeof body.temperature === 'number' && body.temperature !== 1
          ? {
              message:
                '`temperature` may only be set to 1 when thinking is enabled or in adaptive mode. Please consult our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking#important-considerations-when-using-extended-thinking',
            }
          : undefined,
    },
  ),
  rule(
    'top_k while thinking',
    '`top_k` while thinking',
    { source: `${PAGE}/build-with-claude/extended-thinking, feature compatibility` },
    {
      refused: withTop({ thinking: { type: 'enabled', budget_tokens: 1024 }, top_k: 5, messages: [ASK] }),
      accepted: withTop({ top_k: 5 }),
      check: ({ body }) =>
        thinks(body) && typeof body.top_k === 'number'
          ? { message: '`top_k` must be unset when thinking is enabled.' }
          : undefined,
    },
  ),
  rule(
    'top_p while thinking',
    '`top_p` below 0.95 while thinking',
    { source: `${PAGE}/build-with-claude/extended-thinking, feature compatibility` },
    {
      refused: withTop({ thinking: { type: 'enabled', budget_tokens: 1024 }, top_p: 0.5, messages: [ASK] }),
      accepted: withTop({ thinking: { type: 'enabled', budget_tokens: 1024 }, top_p: 0.95, messages: [ASK] }),
      check: ({ body }) =>
        thinks(body) && typeof body.top_p === 'number' && body.top_p < 0.95
          ? { message: '`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled.' }
          : undefined,
    },
  ),
  rule(
    'thoughts before uses',
    'while thinking, a last use of a tool without the thoughts before it',
    { source: 'github.com/BerriAI/litellm/issues/8964' },
    {
      refused: withTop({
        thinking: { type: 'enabled', budget_tokens: 1024 },
        messages: [ASK, { role: 'assistant', content: [USE] }, { role: 'user', content: [RESULT] }],
      }),
      accepted: withTop({
        thinking: { type: 'enabled', budget_tokens: 1024 },
        messages: [ASK, { role: 'assistant', content: [THOUGHT, USE] }, { role: 'user', content: [RESULT] }],
      }),
      check: ({ body }) => {
        const all = merged(body.messages);
        const at = all.findLastIndex(({ role }) => role === 'assistant');
        const [first] = objectsOf(all[at]?.content);
        const isBare =
          isObject(body.thinking) &&
          body.thinking.type === 'enabled' &&
          at === all.length - 2 &&
          idsOf(all[at], 'tool_use', 'id').length > 0 &&
          first?.type !== 'thinking' &&
          first?.type !== 'redacted_thinking';
        return isBare
          ? {
              message: `messages.${at}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${String(first?.type)}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block (preceeding the lastmost set of \`tool_use\` and \`tool_result\` blocks).`,
            }
          : undefined;
      },
    },
  ),
  rule(
    'signatures of others',
    'thoughts without a signature, or with one that Anthropic did not make',
    { source: 'github.com/anthropics/claude-code/issues/10627; github.com/NousResearch/hermes-agent/pull/16149' },
    {
      refused: turns(
        ASK,
        {
          role: 'assistant',
          content: [
            { ...THOUGHT, signature: '' },
            { type: 'text', text: 'x' },
          ],
        },
        ASK,
      ),
      accepted: turns(ASK, { role: 'assistant', content: [THOUGHT, { type: 'text', text: 'x' }] }, ASK),
      check: (request) => {
        for (const { path, value } of placesOf(request.body, 'messages[].content[type=thinking]')) {
          if (!isObject(value)) continue;
          if (value.signature === undefined) return { message: `${dotted(path)}.thinking.signature: Field required` };
          if (typeof value.signature !== 'string' || !request.issued(value.signature))
            return { message: `${dotted(path)}: Invalid \`signature\` in \`thinking\` block` };
        }
        return undefined;
      },
    },
  ),
];

/** Sampling. */
const messageSampling: readonly StrictRule[] = [
  inRange('temperature', 0, 1, say('temperature: range: 0..1'), {
    source: 'recorded: anthropic/error-400--claude-sonnet-4-6-6d7cb4',
  }),
  ...(['temperature', 'top_p', 'top_k'] as const).map((name) =>
    noField(name, 0.5, () => ({ message: `\`${name}\` is deprecated for this model.` }), {
      source: 'github.com/github/app/issues/2574; github.com/pollinations/pollinations/pull/11319',
      tag: 'newer models',
      when: ({ model, body }) => claude.takesNoSampling(model) && body[name] !== 1,
      refused: withTop({ [name]: 0.5 }, { model: 'claude-opus-4-7' }),
      accepted: withTop({ [name]: 0.5 }),
    }),
  ),
  rule(
    'both of sampling',
    '`temperature` beside `top_p`, for Opus 4.1, everything of 4.5, and later',
    { source: 'github.com/aws-samples/bedrock-chat/pull/979' },
    {
      refused: withTop({ temperature: 0.5, top_p: 0.5 }),
      accepted: withTop({ temperature: 0.5 }),
      check: ({ body, model }) =>
        claude.takesOneOfSampling(model) && body.temperature != null && body.top_p != null
          ? { message: '`temperature` and `top_p` cannot both be specified for this model. Please use only one.' }
          : undefined,
    },
  ),
  noValue(
    'stop_sequences[]',
    (text) => typeof text === 'string' && text.trim() === '',
    'stop sequences of blanks',
    say('stop_sequences: each stop sequence must contain non-whitespace'),
    {
      source: 'github.com/BerriAI/litellm/issues/3286',
      refused: withTop({ stop_sequences: ['\n'] }),
      accepted: withTop({ stop_sequences: ['\nHuman'] }),
    },
  ),
  onlyValues(
    'service_tier',
    ['auto', 'standard_only'],
    say("service_tier: Input should be 'auto' or 'standard_only'"),
    { source: `${SDK}: service_tier`, refused: withTop({ service_tier: 'default' }) },
  ),
];

/** Marks for the cache. */
const messageMarks: readonly StrictRule[] = [
  rule(
    'five marks',
    'more than four marks for the cache',
    { source: 'github.com/griffinmartin/opencode-claude-auth/issues/121' },
    {
      refused: withTop({
        system: Array.from({ length: 5 }, (_, at) => ({ type: 'text', text: `${at}`, cache_control: MARK })),
      }),
      accepted: withTop({
        system: Array.from({ length: 4 }, (_, at) => ({ type: 'text', text: `${at}`, cache_control: MARK })),
      }),
      check: ({ body }) => {
        const count = marksOf(body).length;
        return count > 4
          ? { message: `A maximum of 4 blocks with cache_control may be provided. Found ${count}.` }
          : undefined;
      },
    },
  ),
  rule(
    'mark of an empty text',
    'a mark on an empty text',
    { source: 'github.com/anthropics/claude-code/issues/62379' },
    {
      refused: withTop({ system: [{ type: 'text', text: '', cache_control: MARK }] }),
      accepted: withTop({ system: [{ type: 'text', text: 'x', cache_control: MARK }] }),
      check: ({ body }) =>
        objectsIn(body).some(
          ({ value }) => isObject(value) && value.type === 'text' && value.text === '' && value.cache_control != null,
        )
          ? { message: 'messages.0.content.0.text: cache_control cannot be set for empty text blocks' }
          : undefined,
    },
  ),
  rule(
    'mark of another kind',
    'marks other than `ephemeral`',
    { source: `${SDK}, CacheControlEphemeral` },
    {
      refused: withTop({ system: [{ type: 'text', text: 'x', cache_control: { type: 'persistent' } }] }),
      accepted: withTop({ system: [{ type: 'text', text: 'x', cache_control: MARK }] }),
      check: ({ body }) => {
        const wrong = marksOf(body).find((mark) => mark.type !== 'ephemeral');
        return (
          wrong && {
            message: `cache_control: Input tag '${String(wrong.type)}' found using 'type' does not match any of the expected tags: 'ephemeral'`,
          }
        );
      },
    },
  ),
  rule(
    'ttl of a mark',
    'lifetimes of marks other than `5m` and `1h`',
    { source: `${SDK}, CacheControlEphemeral` },
    {
      refused: withTop({ system: [{ type: 'text', text: 'x', cache_control: { ...MARK, ttl: '30m' } }] }),
      accepted: withTop({ system: [{ type: 'text', text: 'x', cache_control: { ...MARK, ttl: '1h' } }] }),
      check: ({ body }) =>
        marksOf(body).some(({ ttl }) => ttl != null && ttl !== '5m' && ttl !== '1h')
          ? { message: "cache_control.ephemeral.ttl: Input should be '5m' or '1h'" }
          : undefined,
    },
  ),
  rule(
    'longer behind shorter',
    'a mark for an hour behind one for five minutes',
    { source: `${PAGE}/build-with-claude/prompt-caching, mixing TTLs` },
    {
      refused: withTop({
        system: [
          { type: 'text', text: 'x', cache_control: MARK },
          { type: 'text', text: 'y', cache_control: { ...MARK, ttl: '1h' } },
        ],
      }),
      accepted: withTop({
        system: [
          { type: 'text', text: 'x', cache_control: { ...MARK, ttl: '1h' } },
          { type: 'text', text: 'y', cache_control: MARK },
        ],
      }),
      check: ({ body }) => {
        const { tools, system, messages } = body;
        const ttls = marksOf([tools, system, messages]).map(({ ttl }) => ttl === '1h');
        return ttls.lastIndexOf(true) > ttls.indexOf(false) && ttls.includes(false)
          ? {
              message:
                "a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note that blocks are processed in the following order: `tools`, `system`, `messages`.",
            }
          : undefined;
      },
    },
  ),
];

/** Structured output and effort. */
const messageOutput: readonly StrictRule[] = [
  schemas(
    'open object',
    'an output schema with open objects',
    'output_config.format.schema',
    (schema) => (schema.type === 'object' && schema.additionalProperties !== false ? 'open' : undefined),
    { type: 'object', properties: {} },
    () => ({
      message: "output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to false",
    }),
    {
      source: `${PAGE}/build-with-claude/structured-outputs, JSON schema limitations`,
      refused: withTop({
        output_config: { format: { type: 'json_schema', schema: { type: 'object', properties: {} } } },
      }),
      accepted: withTop({
        output_config: {
          format: { type: 'json_schema', schema: { type: 'object', properties: {}, additionalProperties: false } },
        },
      }),
    },
  ),
  schemas(
    'bounds',
    'an output schema with bounds of numbers or lengths',
    'output_config.format.schema',
    (schema) =>
      words('minimum maximum multipleOf minLength maxLength maxItems').find((word) => schema[word] !== undefined),
    {},
    (word) => ({ message: `output_config.format.schema: For 'number' type, property '${word}' is not supported` }),
    {
      source: `${PAGE}/build-with-claude/structured-outputs, JSON schema limitations; github.com/ENTERPILOT/GoModel/pull/963`,
      refused: withTop({
        output_config: {
          format: {
            type: 'json_schema',
            schema: { type: 'object', properties: { a: { type: 'number', minimum: 1 } }, additionalProperties: false },
          },
        },
      }),
      accepted: withTop({
        output_config: {
          format: {
            type: 'json_schema',
            schema: { type: 'object', properties: { minimum: { type: 'number' } }, additionalProperties: false },
          },
        },
      }),
    },
  ),
  noField('output_config.effort', 'low', say('This model does not support the effort parameter.'), {
    source: `${PAGE}/build-with-claude/effort`,
    when: ({ model }) => !claude.takesEffort(model),
    tag: 'older models',
    refused: withTop({ output_config: { effort: 'low' } }),
    accepted: withTop({ output_config: { effort: 'low' } }, { model: 'claude-opus-4-6' }),
  }),
  noValue(
    'output_config.effort',
    (effort) => effort === 'xhigh',
    'effort `xhigh`, for 4.6',
    say("This model does not support effort level 'xhigh'. Supported levels: high, low, max, medium."),
    {
      source: 'recorded: anthropic/error-400--claude-opus-4-6-0ad698',
      tag: '4.6',
      when: ({ model }) => claude.claudeOf(model)?.version === 4.6,
      refused: withTop({ output_config: { effort: 'xhigh' } }, { model: 'claude-opus-4-6' }),
      accepted: withTop({ output_config: { effort: 'max' } }, { model: 'claude-opus-4-6' }),
    },
  ),
];

/** A field that a beta allows. The example shows it without and with that beta. */
export function needsBeta(
  at: string,
  sample: unknown,
  beta: string,
  options: RuleOptions,
  betas: (headers: string | undefined, body: JsonObject) => string,
): StrictRule {
  const prefix = beta.replace(/-\d{4}-\d\d-\d\d$/, '');
  return noField(at, sample, extraInputs, {
    tag: prefix,
    accepted: both(withField(at, sample), (body) => ({ body, headers: { 'anthropic-beta': beta } })),
    ...options,
    when: (request) => !betas(request.headers['anthropic-beta'], request.body).includes(prefix),
  });
}

/** Betas by the header alone. */
export const headerBetas = (header: string | undefined): string => header ?? '';

/** Fields that only exist with their beta. */
export const messageBetas: readonly StrictRule[] = [
  needsBeta(
    'context_management',
    { edits: [] },
    'context-management-2025-06-27',
    { source: 'github.com/anthropics/claude-code/issues/14135' },
    headerBetas,
  ),
  needsBeta(
    'mcp_servers',
    [],
    'mcp-client-2025-11-20',
    { source: `${PAGE}/agents-and-tools/mcp-connector` },
    headerBetas,
  ),
  needsBeta(
    'output_format',
    { type: 'json_schema', schema: {} },
    'structured-outputs-2025-11-13',
    { source: `${PAGE}/build-with-claude/structured-outputs` },
    headerBetas,
  ),
  needsBeta('speed', 'fast', 'fast-mode-2026-02-01', { source: `${PAGE}/build-with-claude/fast-mode` }, headerBetas),
  rule(
    'scope of a mark',
    '`scope` in a mark without its beta',
    {
      source:
        'github.com/caozhiyuan/copilot-api/issues/145; github.com/zhukunpenglinyutong/jetbrains-cc-gui/issues/844',
    },
    {
      refused: withTop({ system: [{ type: 'text', text: 'x', cache_control: { ...MARK, scope: 'global' } }] }),
      accepted: withTop({ system: [{ type: 'text', text: 'x', cache_control: MARK }] }),
      check: ({ body, headers }) =>
        marksOf(body).some(({ scope }) => scope !== undefined) &&
        !/prompt-caching-scope/.test(headers['anthropic-beta'] ?? '')
          ? { message: 'system.0.cache_control.ephemeral.scope: Extra inputs are not permitted' }
          : undefined,
    },
  ),
];

/** Everything that Claude refuses wherever it is asked. */
export const claudeRules: readonly StrictRule[] = [
  ...messageMarks,
  ...messageContents,
  ...messageOrder,
  ...messageTools,
  ...messageThinking,
  ...messageSampling,
  ...messageOutput,
];

/** Of them, what hosts that take less than Anthropic have rules of their own for. */
const HOSTS_OWN = new Set([
  'service_tier',
  'messages[].content[type=image].source.type',
  'output_config.effort (older models)',
]);

/** What Claude refuses at hosts that are not Anthropic. */
export const hostedClaudeRules: readonly StrictRule[] = claudeRules.filter(({ id }) => !HOSTS_OWN.has(id));

/** All marks in a value, in order. */
export function marksOf(value: unknown): JsonObject[] {
  return objectsIn(value).flatMap(({ value: one }) =>
    isObject(one) && isObject(one.cache_control) ? [one.cache_control] : [],
  );
}

function thinks(body: JsonObject): boolean {
  return isObject(body.thinking) && (body.thinking.type === 'enabled' || body.thinking.type === 'adaptive');
}

function toolOf(name: string): JsonObject {
  return { name, input_schema: { type: 'object', properties: {} } };
}

/** Turns of one role, one behind the other, are one to Anthropic. */
function merged(messages: unknown): JsonObject[] {
  const all: { role: unknown; content: unknown[] }[] = [];
  for (const { role, content } of objectsOf(messages)) {
    if (role === 'system') continue;
    const blocks: unknown[] = Array.isArray(content) ? content : [{ type: 'text', text: content }];
    const last = all.at(-1);
    if (last?.role === role) last?.content.push(...blocks);
    else all.push({ role, content: [...blocks] });
  }
  return all.map((turn) => ({ ...turn }));
}

function idsOf(message: JsonObject | undefined, type: string, key: string): string[] {
  return objectsOf(message?.content).flatMap((block) => (block.type === type ? [String(block[key])] : []));
}

function repeated(ids: readonly string[]): string[] {
  return ids.filter((id, at) => ids.indexOf(id) !== at);
}
