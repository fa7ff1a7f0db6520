import { isObject } from '../../answers/json-object.js';
import { inRange, mustMatch, noField, notEmpty, noValue, onlyFields, onlyValues, rule } from '../checks/fields.js';
import { both, withField, withTop } from '../examples.js';
import { bracketed, type JsonObject, objectsOf, placesOf, words } from '../json-places.js';
import type { Complaint, ExampleOf, ReadRequest, StrictRule } from '../strict-rule.js';
import { invalidValue, outOfBounds, unknownParameter, unsupportedParameter } from './openai-chat.js';
import { refusesSampling } from './openai-models.js';

const SPEC = 'openai/openai-openapi openapi.json';
const CREATE = `${SPEC}, CreateResponse`;

function bad(message: string, param: string, code?: string, status?: number): Complaint {
  return { message, param, ...(code === undefined ? {} : { code }), ...(status === undefined ? {} : { status }) };
}

/** The plain request with other items. */
function input(...items: readonly JsonObject[]): ExampleOf {
  return withTop({ input: items });
}

const ASK = { role: 'user', content: 'Hello' };
const CALL = { type: 'function_call', call_id: 'call_1', name: 'weather', arguments: '{}' };
const OUTPUT = { type: 'function_call_output', call_id: 'call_1', output: 'Rain' };
const OWN = `${'0123456789abcdef'.repeat(3)}01`;
const THOUGHT = { type: 'reasoning', id: `rs_${OWN}`, summary: [] };
const SAID = { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Hello' }] };

/** Chat's names for what the Responses API has under another name. */
const MOVED = {
  max_tokens: 'max_output_tokens',
  max_completion_tokens: 'max_output_tokens',
  response_format: 'text.format',
  reasoning_effort: 'reasoning.effort',
  messages: 'input',
};

const fields: readonly StrictRule[] = [
  noField('input[].content[].cache_control', { type: 'ephemeral' }, unknownParameter, {
    source: `${SPEC}, InputTextContentParam has no such field`,
    tag: 'marks',
  }),
  noValue(
    'tools[type=function]',
    (tool) => isObject(tool) && typeof tool.name !== 'string',
    'functions without a name',
    ({ path }) =>
      bad(
        `Missing required parameter: '${bracketed(path)}.name'.`,
        `${bracketed(path)}.name`,
        'missing_required_parameter',
      ),
    {
      source: `${SPEC}, FunctionTool: name is required`,
      tag: 'name',
      refused: withField('tools[]', { type: 'function', function: { name: 'x' } }),
      accepted: withField('tools[]', { type: 'function', name: 'x', parameters: { type: 'object', properties: {} } }),
    },
  ),
  ...Object.entries(MOVED).map(([name, now]) =>
    noField(
      name,
      name === 'messages' ? [] : 'x',
      () =>
        bad(
          `Unsupported parameter: '${name}'. In the Responses API, this parameter has moved to '${now}'. Try again with the new parameter.`,
          name,
          'unsupported_parameter',
        ),
      {
        source: 'platform.openai.com/docs/guides/migrate-to-responses',
      },
    ),
  ),
  onlyFields(
    '',
    words(`background context_management conversation include input instructions max_output_tokens max_tool_calls metadata
      model moderation parallel_tool_calls previous_response_id prompt prompt_cache_key prompt_cache_options
      prompt_cache_retention reasoning safety_identifier service_tier store stream stream_options temperature text
      tool_choice tools top_logprobs top_p truncation user`),
    unknownParameter,
    { source: CREATE },
  ),
  onlyFields('input[-type]', ['role', 'content', 'phase'], unknownParameter, { source: `${SPEC}, EasyInputMessage` }),
  onlyFields('input[type=message]', ['type', 'role', 'content', 'id', 'status', 'phase'], unknownParameter, {
    source: `${SPEC}, InputMessage and OutputMessage`,
  }),
  onlyFields(
    'input[type=function_call]',
    words('type id call_id name arguments status namespace caller'),
    unknownParameter,
    { source: `${SPEC}, FunctionToolCall` },
  ),
  onlyFields(
    'input[type=function_call_output]',
    words('type id call_id output status name namespace caller'),
    unknownParameter,
    { source: `${SPEC}, FunctionCallOutputItemParam` },
  ),
  onlyFields('input[type=reasoning]', words('type id summary content encrypted_content status'), unknownParameter, {
    source: `${SPEC}, ReasoningItem`,
    refused: input(ASK, { ...THOUGHT, signature: 'x' }, SAID, ASK),
    accepted: input(ASK, THOUGHT, SAID, ASK),
  }),
  onlyFields('input[].content[type=input_text]', ['type', 'text', 'prompt_cache_breakpoint'], unknownParameter, {
    source: `${SPEC}, InputTextContentParam`,
  }),
  onlyFields(
    'input[].content[type=input_image]',
    words('type image_url file_id detail prompt_cache_breakpoint'),
    unknownParameter,
    { source: `${SPEC}, InputImageContent` },
  ),
  onlyFields('input[].content[type=output_text]', words('type text annotations logprobs'), unknownParameter, {
    source: `${SPEC}, OutputTextContent`,
  }),
  onlyFields(
    'input[].content[type=input_file]',
    words('type file_id filename file_data file_url detail prompt_cache_breakpoint'),
    unknownParameter,
    {
      source: `${SPEC}, InputFileContent`,
      refused: input({ role: 'user', content: [{ type: 'input_file', file_id: 'file-1', title: 'x' }] }),
      accepted: input({ role: 'user', content: [{ type: 'input_file', file_id: 'file-1' }] }),
    },
  ),
  onlyFields(
    'tools[type=function]',
    words('type name description parameters strict output_schema defer_loading allowed_callers'),
    unknownParameter,
    { source: `${SPEC}, FunctionToolParam` },
  ),
  onlyFields('reasoning', words('effort summary generate_summary mode context'), unknownParameter, {
    source: 'github.com/bestruirui/octopus/issues/31',
    refused: withTop({ reasoning: { max_tokens: 100 } }, { model: 'o3' }),
    accepted: withTop({ reasoning: { effort: 'low' } }, { model: 'o3' }),
  }),
  onlyFields('text', ['format', 'verbosity'], unknownParameter, {
    source: `${SPEC}, ResponseTextParam`,
    refused: withTop({ text: { effort: 'low' } }),
    accepted: withTop({ text: { verbosity: 'low' } }),
  }),
  onlyFields('text.format', words('type name description schema strict'), unknownParameter, {
    source: `${SPEC}, TextResponseFormatJsonSchema`,
    refused: withTop({ text: { format: { type: 'json_schema', json_schema: {} } } }),
    accepted: withTop({ text: { format: { type: 'text' } } }),
  }),
];

/** An item of each type with an id, and what must follow it. */
const SHAPES: Readonly<Record<string, JsonObject>> = {
  message: SAID,
  function_call: CALL,
  reasoning: { type: 'reasoning', summary: [], encrypted_content: 'gAAAAABqhb-uBTsI' },
  custom_tool_call: { type: 'custom_tool_call', call_id: 'call_1', name: 'run', input: 'x' },
  function_call_output: OUTPUT,
};
const AFTER: Readonly<Record<string, readonly JsonObject[]>> = {
  function_call: [OUTPUT],
  reasoning: [SAID],
  custom_tool_call: [{ type: 'custom_tool_call_output', call_id: 'call_1', output: 'x' }],
};

/** Item types, and how their ids begin. */
const PREFIXES: Readonly<Record<string, string>> = {
  message: 'msg',
  function_call: 'fc',
  reasoning: 'rs',
  custom_tool_call: 'ctc',
  function_call_output: 'fc',
};

const ITEMS = words(`message reasoning function_call function_call_output custom_tool_call custom_tool_call_output
  item_reference compaction compaction_trigger file_search_call web_search_call computer_call computer_call_output
  image_generation_call code_interpreter_call local_shell_call local_shell_call_output shell_call shell_call_output
  apply_patch_call apply_patch_call_output mcp_list_tools mcp_approval_request mcp_approval_response mcp_call
  tool_search_call tool_search_output additional_tools program program_output`);

const USER_PARTS = ['input_text', 'input_image', 'input_file', 'input_audio'];
const ASSISTANT_PARTS = ['output_text', 'refusal'];

const items: readonly StrictRule[] = [
  notEmpty('input', [], outOfBounds('empty array', 'empty_array', 'an array with minimum length 1'), {
    source: 'openai/openai-openapi openapi.json, CreateResponse, input',
  }),
  onlyValues('input[].type', ITEMS, invalidValue(ITEMS), {
    source: `${SPEC}, InputItem`,
    refused: input(ASK, { type: 'tool_result', call_id: 'call_1' }),
    accepted: input(ASK, { type: 'message', ...ASK }),
  }),
  onlyValues(
    'input[].role',
    ['user', 'assistant', 'system', 'developer'],
    invalidValue(['assistant', 'system', 'developer', 'user']),
    {
      source: `${SPEC}, EasyInputMessage`,
      refused: input(ASK, { role: 'tool', content: 'Rain' }),
      accepted: input(ASK, { role: 'developer', content: 'x' }),
    },
  ),
  onlyValues('input[role=user|system|developer].content[].type', USER_PARTS, invalidValue(USER_PARTS), {
    source: `${SPEC}, InputContent`,
    refused: input({ role: 'user', content: [{ type: 'text', text: 'x' }] }),
    accepted: input({ role: 'user', content: [{ type: 'input_text', text: 'x' }] }),
  }),
  onlyValues('input[role=assistant].content[].type', ASSISTANT_PARTS, invalidValue(ASSISTANT_PARTS), {
    source: 'openai/openai-openapi openapi.json, OutputMessageContent of the description',
    refused: input(ASK, { role: 'assistant', content: [{ type: 'input_text', text: 'x' }] }),
    accepted: input(ASK, SAID),
  }),
  noValue(
    'input[].content[type=input_image].image_url',
    (value) => isObject(value),
    '`image_url` that is an object',
    ({ path }) =>
      bad(
        `Invalid type for '${bracketed(path)}': expected an image URL, but got an object instead.`,
        bracketed(path),
        'invalid_type',
      ),
    {
      source: `${SPEC}, InputImageContent: image_url is a string`,
      refused: withField('input[].content[type=input_image].image_url', { url: 'https://example.com/a.png' }),
    },
  ),
  ...Object.entries(PREFIXES).map(([type, prefix]) =>
    mustMatch(
      `input[type=${type}].id`,
      new RegExp(`^${prefix}`),
      'x',
      ({ path, value }) =>
        bad(
          `Invalid '${bracketed(path)}': '${String(value)}'. Expected an ID that begins with '${prefix}'.`,
          bracketed(path),
          'invalid_value',
        ),
      {
        source:
          type === 'custom_tool_call'
            ? 'github.com/Alishahryar1/free-claude-code/issues/1826'
            : 'github.com/continuedev/continue/issues/11494; github.com/nodetool-ai/nodetool/pull/4252',
        refused: input(
          ASK,
          ...(type === 'function_call_output' ? [CALL] : []),
          { ...SHAPES[type], id: 'call_1' },
          ...(AFTER[type] ?? []),
        ),
        accepted: input(
          ASK,
          ...(type === 'function_call_output' ? [CALL] : []),
          { ...SHAPES[type], id: `${prefix}_${OWN}` },
          ...(AFTER[type] ?? []),
        ),
      },
    ),
  ),
  rule(
    'outputs without calls',
    'an output of a function that no item before it called',
    { source: 'github.com/continuedev/continue/issues/10092' },
    {
      refused: input(ASK, OUTPUT),
      accepted: input(ASK, CALL, OUTPUT),
      check: ({ body }) => {
        if (body.previous_response_id != null || body.conversation != null) return undefined;
        const calls = new Set<unknown>();
        for (const item of objectsOf(body.input)) {
          if (item.type === 'function_call' || item.type === 'custom_tool_call' || item.type === 'item_reference')
            calls.add(item.call_id ?? '*');
          const isOutput = item.type === 'function_call_output' || item.type === 'custom_tool_call_output';
          if (isOutput && !calls.has(item.call_id) && !calls.has('*'))
            return bad(`No tool call found for function call output with call_id ${String(item.call_id)}.`, 'input');
        }
        return undefined;
      },
    },
  ),
  rule(
    'calls without outputs',
    'a call of a function without its output',
    { source: 'github.com/lace-ai/gai/pull/49; platform.openai.com/docs/guides/function-calling' },
    {
      refused: input(ASK, CALL, ASK),
      accepted: input(ASK, CALL, OUTPUT, ASK),
      check: ({ body }) => {
        const all = objectsOf(body.input);
        const outputs = new Set(
          all.filter(({ type }) => String(type).endsWith('_output')).map(({ call_id: id }) => id),
        );
        const open = all.find(
          ({ type, call_id: id }) => (type === 'function_call' || type === 'custom_tool_call') && !outputs.has(id),
        );
        return open && bad(`No tool output found for function call ${String(open.call_id)}.`, 'input');
      },
    },
  ),
  rule(
    'reasoning of others',
    'reasoning items that are neither kept at OpenAI nor sealed by it',
    { source: 'github.com/continuedev/continue/issues/9101; github.com/vercel/ai/issues/7543' },
    {
      refused: both(withTop({ store: false }), input(ASK, { ...THOUGHT, id: 'rs_1' }, SAID, ASK)),
      accepted: both(
        withTop({ store: false }),
        input(ASK, { ...THOUGHT, encrypted_content: 'gAAAAABqhb-uBTsI' }, SAID, ASK),
      ),
      check: (request) => {
        for (const item of objectsOf(request.body.input)) {
          if (item.type !== 'reasoning' || typeof item.encrypted_content === 'string') continue;
          const isStored = request.body.store !== false && request.issued(String(item.id));
          if (!isStored)
            return bad(
              `Item with id '${String(item.id)}' not found. Items are not persisted when \`store\` is set to false. Try again with \`store\` set to true, or remove this item from your input.`,
              'input',
              undefined,
              404,
            );
        }
        return undefined;
      },
    },
  ),
  noValue(
    'input[type=reasoning].encrypted_content',
    (value, request) => typeof value === 'string' && !/^gAAAA|REDACTED/.test(value) && !request.issued(value),
    'sealed reasoning that OpenAI did not seal',
    () => ({
      message:
        'The encrypted content could not be verified. Reason: Encrypted content could not be decrypted or parsed.',
      code: 'invalid_encrypted_content',
      param: 'input',
    }),
    {
      source: 'github.com/openai/codex/issues/8145; github.com/Wei-Shaw/sub2api/issues/2863',
      refused: input(ASK, { ...THOUGHT, encrypted_content: 'bridged:abc' }, SAID, ASK),
      accepted: input(ASK, { ...THOUGHT, encrypted_content: 'gAAAAABqhb-uBTsI' }, SAID, ASK),
    },
  ),
  rule(
    'reasoning without what followed',
    'a reasoning item with nothing of the assistant behind it',
    { source: 'github.com/continuedev/continue/issues/8933' },
    {
      refused: input(ASK, THOUGHT, ASK),
      accepted: input(ASK, THOUGHT, SAID, ASK),
      check: ({ body }) => {
        const all = objectsOf(body.input);
        const at = all.findIndex((item, index) => item.type === 'reasoning' && !isAssistants(all[index + 1]));
        const id = String(all[at]?.id);
        return at === -1
          ? undefined
          : bad(`Item '${id}' of type 'reasoning' was provided without its required following item.`, 'input');
      },
    },
  ),
  rule(
    'previous response of others',
    '`previous_response_id` that OpenAI did not give out',
    { source: `${CREATE}, previous_response_id` },
    {
      refused: withTop({ previous_response_id: 'resp_1' }),
      accepted: withTop({ previous_response_id: `resp_${OWN}` }),
      check: (request) => {
        const id = request.body.previous_response_id;
        return typeof id === 'string' && !request.issued(id)
          ? bad(`Previous response with id '${id}' not found.`, 'previous_response_id', 'previous_response_not_found')
          : undefined;
      },
    },
  ),
  rule(
    'conversation and previous response',
    '`conversation` beside `previous_response_id`',
    { source: `${CREATE}, previous_response_id: cannot be used with conversation` },
    {
      refused: withTop({ conversation: 'conv_1', previous_response_id: `resp_${OWN}` }),
      accepted: withTop({ previous_response_id: `resp_${OWN}` }),
      check: ({ body }) =>
        body.conversation != null && body.previous_response_id != null
          ? bad(
              "Mutually exclusive parameters: ['conversation', 'previous_response_id']. Ensure you are only providing one of them.",
              'previous_response_id',
              'mutually_exclusive_parameters',
            )
          : undefined,
    },
  ),
];

const TOOLS = words(`function custom file_search web_search web_search_2025_08_26 web_search_preview
  web_search_preview_2025_03_11 code_interpreter image_generation mcp computer computer_use_preview local_shell shell
  apply_patch tool_search namespace programmatic_tool_calling`);

const others: readonly StrictRule[] = [
  onlyValues('tools[].type', TOOLS, invalidValue(TOOLS), { source: `${SPEC}, Tool` }),
  mustMatch(
    'tools[type=function].name',
    /^[a-zA-Z0-9_-]{1,128}$/,
    'a.b',
    ({ path }) =>
      bad(
        `Invalid '${bracketed(path)}': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`,
        bracketed(path),
        'invalid_value',
      ),
    { source: `${SPEC}, FunctionToolParam` },
  ),
  inRange(
    'max_output_tokens',
    16,
    Number.POSITIVE_INFINITY,
    outOfBounds('integer below minimum value', 'integer_below_min_value', 'a value >= 16'),
    { source: 'platform.openai.com/docs/api-reference/responses/create, max_output_tokens' },
  ),
  rule(
    'text.format without a name',
    'a JSON schema for the answer without a name',
    { source: `${SPEC}, TextResponseFormatJsonSchema: name is required` },
    {
      refused: withTop({ text: { format: { type: 'json_schema', schema: { type: 'object' } } } }),
      accepted: withTop({
        text: {
          format: {
            type: 'json_schema',
            name: 'a',
            schema: { type: 'object', properties: {}, additionalProperties: false },
          },
        },
      }),
      check: ({ body }) => {
        const format = placesOf(body, 'text.format')[0]?.value;
        return isObject(format) && format.type === 'json_schema' && typeof format.name !== 'string'
          ? bad("Missing required parameter: 'text.format.name'.", 'text.format.name', 'missing_required_parameter')
          : undefined;
      },
    },
  ),
  ...(['temperature', 'top_p'] as const).map((name) =>
    noValue(name, (value) => value !== 1 && value !== null, `\`${name}\` other than 1`, unsupportedParameter, {
      source: 'platform.openai.com/docs/guides/reasoning',
      tag: 'reasoning models',
      when: (request: ReadRequest) =>
        refusesSampling(request.model, isObject(request.body.reasoning) ? request.body.reasoning.effort : undefined),
      refused: withTop({ [name]: 0.5 }, { model: 'o3' }),
      accepted: withTop({ [name]: 0.5 }),
    }),
  ),
  noValue(
    'reasoning.effort',
    (value) => value !== null && value !== 'none',
    '`reasoning.effort`',
    unsupportedParameter,
    {
      source: 'platform.openai.com/docs/api-reference/responses/create, reasoning: gpt-5 and o-series models only',
      when: ({ model }) => /^(gpt-3|gpt-4)/.test(model),
      tag: 'models that do not reason',
      refused: withTop({ reasoning: { effort: 'low' } }),
      accepted: withTop({ reasoning: { effort: 'low' } }, { model: 'o3' }),
    },
  ),
  onlyValues('truncation', ['auto', 'disabled'], invalidValue(['auto', 'disabled']), {
    source: CREATE,
    refused: withTop({ truncation: 'end' }),
  }),
];

function isAssistants(item: JsonObject | undefined): boolean {
  if (item === undefined) return false;
  if (item.type === undefined || item.type === 'message') return item.role === 'assistant';
  return typeof item.type !== 'string' || !item.type.endsWith('_output');
}

/** What OpenAI's Responses API refuses. */
export const openAiResponses: readonly StrictRule[] = [...fields, ...items, ...others];
