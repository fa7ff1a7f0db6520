import { isObject } from '../../answers/json-object.js';
import {
  ANSWER,
  CALL,
  callsNeedResults,
  messages,
  noOrder,
  RESULT,
  resultsNeedCalls,
  saysNothing,
  USER,
} from '../checks/chat-order.js';
import {
  chatTool,
  choiceIsOffered,
  NO_ITEMS,
  NOT_AN_OBJECT,
  needsTools,
  OPEN_OBJECT,
  schemas,
  schemasIn,
} from '../checks/chat-tools.js';
import {
  atMost,
  inRange,
  mustMatch,
  needsField,
  noField,
  notEmpty,
  noValue,
  onlyFields,
  onlyValues,
  rule,
  type Say,
} from '../checks/fields.js';
import { both, withField, withTop } from '../examples.js';
import { bracketed, placesOf, words } from '../json-places.js';
import type { Complaint, ReadRequest, StrictRule } from '../strict-rule.js';
import { refusesSampling } from './openai-models.js';

const SPEC = 'openai/openai-openapi openapi.json';
const CHAT = `${SPEC}, CreateChatCompletionRequest`;

/** OpenAI's words for a field it does not know. */
export const unknownParameter: Say = ({ path }) => ({
  message: `Unknown parameter: '${bracketed(path)}'.`,
  param: bracketed(path),
  code: 'unknown_parameter',
});

/** OpenAI's words for a value that a list does not have. */
export function invalidValue(values: readonly string[]): Say {
  return ({ path, value }) => ({
    message: `Invalid value: '${String(value)}'. Supported values are: ${values.map((one) => `'${one}'`).join(', ')}.`,
    param: bracketed(path),
    code: 'invalid_value',
  });
}

/** OpenAI's words for a number or a length outside its bounds. */
export function outOfBounds(what: string, code: string, expected: string): Say {
  return ({ path, value }) => {
    const got = Array.isArray(value) ? `an array with length ${value.length}` : `${length(value)}`;
    return {
      message: `Invalid '${bracketed(path)}': ${what}. Expected ${expected}, but got ${got} instead.`,
      param: bracketed(path),
      code,
    };
  };
}

/** OpenAI's words for a parameter that a model does not take. */
export const unsupportedParameter: Say = ({ path }) => ({
  message: `Unsupported parameter: '${bracketed(path)}' is not supported with this model.`,
  param: bracketed(path),
  code: 'unsupported_parameter',
});

function length(value: unknown): string {
  return typeof value === 'string' ? `a string with length ${value.length}` : String(value);
}

function bad(message: string, param: string, code?: string): Complaint {
  return { message, param, ...(code === undefined ? {} : { code }) };
}

const values = (at: string, list: readonly string[], source = CHAT) =>
  onlyValues(at, list, invalidValue(list), { source });

const fields: readonly StrictRule[] = [
  noField('reasoning', { effort: 'low' }, unknownParameter, {
    source: 'github.com/teabranch/open-responses-server/issues/41',
  }),
  onlyFields(
    '',
    words(
      `audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens max_tokens messages metadata modalities model moderation n parallel_tool_calls prediction presence_penalty prompt_cache_key prompt_cache_options prompt_cache_retention reasoning_effort response_format safety_identifier seed service_tier stop store stream stream_options temperature tool_choice tools top_logprobs top_p user verbosity web_search_options`,
    ),
    unknownParameter,
    { source: CHAT },
  ),
  onlyFields('messages[role=system|developer]', ['role', 'content', 'name'], unknownParameter, {
    source: `${SPEC}, ChatCompletionRequestSystemMessage`,
  }),
  onlyFields('messages[role=user]', ['role', 'content', 'name'], unknownParameter, {
    source: `${SPEC}, ChatCompletionRequestUserMessage`,
  }),
  onlyFields(
    'messages[role=assistant]',
    // `annotations` is what its own answers have, and clients send answers back.
    ['role', 'content', 'name', 'refusal', 'audio', 'tool_calls', 'function_call', 'annotations'],
    unknownParameter,
    { source: `${SPEC}, ChatCompletionRequestAssistantMessage` },
  ),
  onlyFields('messages[role=tool]', ['role', 'content', 'tool_call_id', 'name'], unknownParameter, {
    source: `${SPEC}, ChatCompletionRequestToolMessage`,
  }),
  // Marks of Anthropic are taken and mean nothing: recorded, openai/chat-multi-turn--gpt-5-6-terra-27d127.
  onlyFields(
    'messages[].content[type=text]',
    ['type', 'text', 'prompt_cache_breakpoint', 'cache_control'],
    unknownParameter,
    {
      source: `${SPEC}, ChatCompletionRequestMessageContentPartText`,
    },
  ),
  onlyFields('messages[].content[type=image_url]', ['type', 'image_url', 'prompt_cache_breakpoint'], unknownParameter, {
    source: `${SPEC}, ChatCompletionRequestMessageContentPartImage`,
  }),
  onlyFields('messages[].content[type=image_url].image_url', ['url', 'detail'], unknownParameter, {
    source: `${SPEC}, ChatCompletionRequestMessageContentPartImage`,
  }),
  onlyFields('messages[].tool_calls[type=function]', ['id', 'type', 'function', 'index'], unknownParameter, {
    source: `${SPEC}, ChatCompletionMessageToolCall`,
  }),
  onlyFields('messages[].tool_calls[].function', ['name', 'arguments'], unknownParameter, {
    source: `${SPEC}, ChatCompletionMessageToolCall`,
  }),
  onlyFields('tools[type=function]', ['type', 'function'], unknownParameter, { source: `${SPEC}, ChatCompletionTool` }),
  // `type` is taken here too: recorded, azure/chat-parallel-tools-stream--gpt-4o-315dd5.
  onlyFields('tools[].function', ['name', 'description', 'parameters', 'strict', 'type'], unknownParameter, {
    source: `${SPEC}, FunctionObject`,
  }),
];

const PARTS: Readonly<Record<string, readonly string[]>> = {
  'system|developer': ['text'],
  user: ['text', 'image_url', 'input_audio', 'file'],
  assistant: ['text', 'refusal'],
  tool: ['text'],
};

const contents: readonly StrictRule[] = [
  ...Object.entries(PARTS).map(([roles, types]) =>
    noValue(
      `messages[role=${roles}].content[].type`,
      (type) => !types.includes(String(type)),
      `parts of \`${roles}\` messages other than ${types.join(', ')}`,
      invalidValue(types),
      {
        source: `${SPEC}, ChatCompletionRequestMessage`,
        refused: messages(USER, ...(roles === 'tool' ? [CALL] : []), {
          role: roles.split('|')[0],
          tool_call_id: roles === 'tool' ? 'a1B2c3D4e' : undefined,
          content: [{ type: 'thinking', thinking: 'x' }],
        }),
      },
    ),
  ),
  needsField(
    'messages',
    () => bad("Missing required parameter: 'messages'.", 'messages', 'missing_required_parameter'),
    { source: CHAT },
  ),
  notEmpty('messages', [], outOfBounds('empty array', 'empty_array', 'an array with minimum length 1'), {
    source: `${CHAT}, minItems of messages`,
  }),
  noOrder(
    'assistant says nothing',
    'an assistant’s message with neither content nor calls',
    (message) =>
      saysNothing(message) &&
      message.content !== '' &&
      message.audio === undefined &&
      message.refusal === undefined &&
      message.function_call === undefined,
    (_message, at) => bad(`Invalid value for 'content': expected a string, got null.`, `messages.[${at}].content`),
    {
      source: `${SPEC}, ChatCompletionRequestAssistantMessage: content is required unless tool_calls or function_call is given`,
      refused: messages(USER, { role: 'assistant', content: null }, USER),
      accepted: messages(USER, ANSWER, USER),
    },
  ),
  noValue(
    'messages[role=user].content',
    (content) => content === null,
    'a user’s message without content',
    ({ path }) => bad("Invalid value for 'content': expected a string, got null.", bracketed(path)),
    {
      source: `${SPEC}, ChatCompletionRequestUserMessage: content is not nullable`,
      refused: withField('messages[role=user].content', null),
    },
  ),
  notEmpty('messages[].content', [], outOfBounds('empty array', 'empty_array', 'an array with minimum length 1'), {
    source: `${SPEC}, minItems of content`,
  }),
  noValue(
    'messages[].content[type=image_url].image_url.url',
    (url) => typeof url === 'string' && !/^(https?:\/\/|data:image\/)/i.test(url),
    'pictures that are neither a URL nor a data URL of an image',
    ({ path }) =>
      bad(
        `Invalid '${bracketed(path)}'. Expected a valid URL, but got a value with an invalid format.`,
        bracketed(path),
        'invalid_value',
      ),
    {
      source: `${SPEC}, ChatCompletionRequestMessageContentPartImage: url is a URL or base64 encoded image data`,
      refused: withField('messages[].content[type=image_url].image_url.url', 'iVBORw0KGgo'),
    },
  ),
  mustMatch(
    'messages[].name',
    /^[^\s<|\\/>]+$/,
    'a user',
    ({ path }) =>
      bad(
        `Invalid '${bracketed(path)}': string does not match pattern. Expected a string that matches the pattern '^[^\\s<|\\\\/>]+$'.`,
        bracketed(path),
        'invalid_value',
      ),
    {
      source: 'github.com/microsoft/autogen/issues/4157',
      refused: withField('messages[].name', 'two words'),
      accepted: withField('messages[].name', 'one'),
    },
  ),
];

const order: readonly StrictRule[] = [
  resultsNeedCalls(
    (_id, at) =>
      bad(
        "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
        `messages.[${at}].role`,
      ),
    { source: `${SPEC}, ChatCompletionRequestToolMessage; github.com/FoundationAgents/OpenManus/issues/23` },
  ),
  callsNeedResults(
    (ids, at) =>
      bad(
        `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${ids.join(', ')}`,
        `messages.[${at + 1}].role`,
      ),
    { source: 'github.com/microsoft/teams-sdk/issues/2104' },
  ),
  notEmpty('messages[].tool_calls', [], outOfBounds('empty array', 'empty_array', 'an array with minimum length 1'), {
    source: 'github.com/openai/openai-python/issues/2061',
    refused: messages(USER, { ...ANSWER, tool_calls: [] }, USER),
    accepted: messages(USER, ANSWER, USER),
  }),
  atMost(
    'messages[].tool_calls[].id',
    40,
    'x',
    outOfBounds('string too long', 'string_above_max_length', 'a string with maximum length 40'),
    {
      source: 'github.com/microsoft/autogen/issues/6377; github.com/Portkey-AI/gateway/issues/1062',
      refused: messages(
        USER,
        {
          ...CALL,
          tool_calls: [{ id: 'x'.repeat(41), type: 'function', function: { name: 'weather', arguments: '{}' } }],
        },
        { ...RESULT, tool_call_id: 'x'.repeat(41) },
      ),
      accepted: messages(
        USER,
        {
          ...CALL,
          tool_calls: [{ id: 'x'.repeat(40), type: 'function', function: { name: 'weather', arguments: '{}' } }],
        },
        { ...RESULT, tool_call_id: 'x'.repeat(40) },
      ),
    },
  ),
];

const STRICT_OPEN = chatTool('weather', {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
});

const tools: readonly StrictRule[] = [
  values('tools[].type', ['function', 'custom'], `${SPEC}, ChatCompletionTool`),
  atMost(
    'tools',
    128,
    chatTool('weather'),
    outOfBounds('array too long', 'array_above_max_length', 'an array with maximum length 128'),
    {
      source: 'github.com/0x4m4/hexstrike-ai/issues/29',
    },
  ),
  notEmpty('tools', [], outOfBounds('empty array', 'empty_array', 'an array with minimum length 1'), {
    source: 'github.com/vllm-project/vllm/pull/40311, checked against OpenAI there',
  }),
  needsTools(
    'tool_choice',
    'auto',
    () =>
      bad("Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.", 'tool_choice'),
    {
      source: 'github.com/vllm-project/vllm/pull/40311, checked against OpenAI there',
    },
  ),
  needsTools(
    'parallel_tool_calls',
    true,
    () =>
      bad(
        "Invalid value for 'parallel_tool_calls': 'parallel_tool_calls' is only allowed when 'tools' are specified.",
        'parallel_tool_calls',
      ),
    {
      source: 'github.com/openai/swarm/issues/30',
    },
  ),
  choiceIsOffered(
    (name) => bad(`Invalid value for 'tool_choice': the function '${name}' is not in 'tools'.`, 'tool_choice'),
    {
      source: 'github.com/vllm-project/vllm/pull/40311, checked against OpenAI there',
    },
  ),
  atMost(
    'tools[].function.name',
    64,
    'x',
    outOfBounds('string too long', 'string_above_max_length', 'a string with maximum length 64'),
    {
      source: `${SPEC}, FunctionObject: at most 64 characters; github.com/ericc-ch/copilot-api/pull/69`,
    },
  ),
  mustMatch(
    'tools[].function.name',
    /^[a-zA-Z0-9_-]+$/,
    'a.b',
    ({ path }) =>
      bad(
        `Invalid '${bracketed(path)}': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`,
        bracketed(path),
        'invalid_value',
      ),
    {
      source: `${SPEC}, FunctionObject: a-z, A-Z, 0-9, underscores and dashes`,
    },
  ),
  rule(
    'parameters: root',
    'a tool whose schema is not of an object',
    { source: 'github.com/i-am-bee/beeai-framework/issues/844' },
    {
      refused: withField('tools[].function.parameters', { properties: {} }),
      check: ({ body }) => {
        for (const { path, value } of placesOf(body, 'tools[].function')) {
          if (!isObject(value) || !isObject(value.parameters) || Object.keys(value.parameters).length === 0) continue;
          const fault = NOT_AN_OBJECT(value.parameters);
          if (fault !== undefined)
            return badSchema(
              String(value.name),
              `schema must be a JSON Schema of 'type: "object"', got 'type: "${fault}"'.`,
              path,
            );
        }
        return undefined;
      },
    },
  ),
  schemas(
    'array without items',
    'a schema of an array without `items`',
    'tools[].function.parameters',
    NO_ITEMS,
    { type: 'object', properties: { a: { type: 'array' } } },
    (_fault, path) => badSchema('tool', `In context=${context(path)}, array schema missing items.`, path),
    {
      source: 'github.com/sigoden/aichat/pull/1049',
    },
  ),
  strictSchema(
    'tools[].function',
    'parameters',
    [STRICT_OPEN.function],
    `platform.openai.com/docs/guides/structured-outputs, supported schemas`,
  ),
];

/** Refuses strict schemas with objects that are open or whose properties are not all required. */
function strictSchema(at: string, key: string, _sample: unknown, source: string): StrictRule {
  const open = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
  return rule(
    `${at}.strict`,
    `a strict schema at \`${at}\` with objects that are open, or with properties that are not required`,
    { source },
    {
      refused: both(withField(`${at}.strict`, true), withField(`${at}.${key}`, open)),
      accepted: both(
        withField(`${at}.strict`, true),
        withField(`${at}.${key}`, { ...open, additionalProperties: false }),
      ),
      check: ({ body }) => {
        for (const { path, value } of placesOf(body, at)) {
          if (!isObject(value) || value.strict !== true) continue;
          for (const { path: inside, value: schema } of schemasIn(value[key], [])) {
            const fault = strictFault(schema);
            if (fault !== undefined)
              return badSchema(String(value.name), `In context=${context(inside)}, ${fault}`, path);
          }
        }
        return undefined;
      },
    },
  );
}

function strictFault(schema: Readonly<Record<string, unknown>>): string | undefined {
  if (OPEN_OBJECT(schema) !== undefined) return "'additionalProperties' is required to be supplied and to be false.";
  if (!isObject(schema.properties)) return undefined;
  const required = Array.isArray(schema.required) ? schema.required : [];
  const missing = Object.keys(schema.properties).find((name) => !required.includes(name));
  if (missing === undefined) return undefined;
  return `'required' is required to be supplied and to be an array including every key in properties. Missing '${missing}'.`;
}

function badSchema(name: string, fault: string, path: readonly (string | number)[]): Complaint {
  return bad(`Invalid schema for function '${name}': ${fault}`, bracketed(path), 'invalid_function_parameters');
}

function context(path: readonly (string | number)[]): string {
  return `(${path.map((key) => `'${key}'`).join(', ')})`;
}

const JSON_SCHEMA = {
  type: 'json_schema',
  json_schema: { name: 'answer', schema: { type: 'object', properties: {}, additionalProperties: false } },
};

const parameters: readonly StrictRule[] = [
  atMost('stop', 4, 'x', outOfBounds('array too long', 'array_above_max_length', 'an array with maximum length 4'), {
    source: `${CHAT}, maxItems of stop`,
    refused: withTop({ stop: ['a', 'b', 'c', 'd', 'e'] }),
    accepted: withTop({ stop: ['a', 'b', 'c', 'd'] }),
    when: ({ body }) => Array.isArray(body.stop),
  }),
  rule(
    'stream_options without stream',
    '`stream_options` in a request that is not streamed',
    { source: `${CHAT}, stream_options: only when stream is true` },
    {
      refused: withTop({ stream_options: { include_usage: true } }),
      accepted: withTop({ stream_options: { include_usage: true }, stream: true }),
      check: ({ body }) =>
        isObject(body.stream_options) && body.stream !== true
          ? bad("The 'stream_options' parameter is only allowed when 'stream' is enabled.", 'stream_options')
          : undefined,
    },
  ),
  onlyFields('stream_options', ['include_usage', 'include_obfuscation'], unknownParameter, {
    source: `${SPEC}, ChatCompletionStreamOptions`,
    refused: withTop({ stream: true, stream_options: { continuous_usage_stats: true } }),
    accepted: withTop({ stream: true, stream_options: { include_usage: true } }),
  }),
  inRange(
    'temperature',
    0,
    2,
    outOfBounds('decimal out of range', 'decimal_above_max_value', 'a value between 0 and 2'),
    { source: 'recorded: openai/error-400--gpt-4o-687ea3; the description’s bounds' },
  ),
  inRange('top_p', 0, 1, outOfBounds('decimal out of range', 'decimal_above_max_value', 'a value between 0 and 1'), {
    source: `${SPEC}, bounds of top_p`,
  }),
  inRange(
    'presence_penalty',
    -2,
    2,
    outOfBounds('decimal out of range', 'decimal_above_max_value', 'a value between -2 and 2'),
    { source: `${CHAT}, bounds of presence_penalty` },
  ),
  inRange(
    'frequency_penalty',
    -2,
    2,
    outOfBounds('decimal out of range', 'decimal_above_max_value', 'a value between -2 and 2'),
    { source: `${CHAT}, bounds of frequency_penalty` },
  ),
  inRange('n', 1, 128, outOfBounds('integer out of range', 'integer_above_max_value', 'a value between 1 and 128'), {
    source: `${CHAT}, bounds of n`,
  }),
  inRange(
    'top_logprobs',
    0,
    20,
    outOfBounds('integer out of range', 'integer_above_max_value', 'a value between 0 and 20'),
    {
      source: `${SPEC}, bounds of top_logprobs`,
      refused: withTop({ logprobs: true, top_logprobs: 21 }),
      accepted: withTop({ logprobs: true, top_logprobs: 20 }),
    },
  ),
  rule(
    'top_logprobs without logprobs',
    '`top_logprobs` without `logprobs`',
    { source: `${CHAT}, top_logprobs: logprobs must be true` },
    {
      refused: withTop({ top_logprobs: 2 }),
      accepted: withTop({ top_logprobs: 2, logprobs: true }),
      check: ({ body }) =>
        typeof body.top_logprobs === 'number' && body.logprobs !== true
          ? bad("The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.", 'top_logprobs')
          : undefined,
    },
  ),
  inRange(
    'max_tokens',
    1,
    Number.POSITIVE_INFINITY,
    outOfBounds('integer below minimum value', 'integer_below_min_value', 'a value >= 1'),
    { source: 'openai/openai-openapi openapi.json, max_tokens counts tokens to generate' },
  ),
  rule(
    'both bounds',
    '`max_tokens` beside `max_completion_tokens`',
    { source: 'github.com/langchain-ai/langgraph/issues/5943' },
    {
      refused: withTop({ max_tokens: 10, max_completion_tokens: 10 }),
      accepted: withTop({ max_completion_tokens: 10 }),
      check: ({ body }) =>
        body.max_tokens != null && body.max_completion_tokens != null
          ? bad(
              "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
              'max_tokens',
              'invalid_parameter_combination',
            )
          : undefined,
    },
  ),
  rule(
    'metadata',
    'more than 16 pairs of metadata',
    { source: `${SPEC}, Metadata` },
    {
      refused: withTop({ metadata: Object.fromEntries(Array.from({ length: 17 }, (_, at) => [`k${at}`, 'v'])) }),
      accepted: withTop({ metadata: { key: 'value' } }),
      check: ({ body }) =>
        isObject(body.metadata) && Object.keys(body.metadata).length > 16
          ? bad(
              "Invalid 'metadata': too many properties. Expected an object with at most 16 properties.",
              'metadata',
              'object_above_max_properties',
            )
          : undefined,
    },
  ),
  noValue(
    'metadata',
    (value) => isObject(value) && Object.values(value).some((one) => typeof one !== 'string'),
    'metadata whose values are not texts',
    ({ path }) => bad("Invalid type for 'metadata': expected an object of strings.", bracketed(path), 'invalid_type'),
    {
      source: `${SPEC}, Metadata: values are strings`,
      tag: 'values',
      refused: withTop({ metadata: { key: 1 } }),
      accepted: withTop({ metadata: { key: '1' } }),
    },
  ),
  atMost(
    'safety_identifier',
    64,
    'x',
    outOfBounds('string too long', 'string_above_max_length', 'a string with maximum length 64'),
    { source: `${SPEC}, maxLength of safety_identifier` },
  ),
  onlyValues('verbosity', ['low', 'medium', 'high'], invalidValue(['low', 'medium', 'high']), {
    source: `${SPEC}, Verbosity`,
    refused: withTop({ verbosity: 'max' }),
  }),
  onlyValues(
    'service_tier',
    ['auto', 'default', 'flex', 'scale', 'priority'],
    invalidValue(['auto', 'default', 'flex', 'priority']),
    { source: `${SPEC}, ServiceTier`, refused: withTop({ service_tier: 'standard_only' }) },
  ),
  onlyValues(
    'response_format.type',
    ['text', 'json_object', 'json_schema'],
    invalidValue(['text', 'json_object', 'json_schema']),
    {
      source: CHAT,
      refused: withTop({ response_format: { type: 'json' } }),
      accepted: withTop({ response_format: { type: 'text' } }),
    },
  ),
  rule(
    'json_object without the word',
    'JSON mode in a conversation without the word “json”',
    { source: `${CHAT}, response_format json_object` },
    {
      refused: withTop({ response_format: { type: 'json_object' } }),
      accepted: both(
        messages({ role: 'user', content: 'Answer in JSON.' }),
        withTop({ response_format: { type: 'json_object' } }),
      ),
      check: ({ body }) =>
        isObject(body.response_format) &&
        body.response_format.type === 'json_object' &&
        !/json/i.test(JSON.stringify(body.messages) ?? '')
          ? bad(
              "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
              'messages',
            )
          : undefined,
    },
  ),
  rule(
    'json_schema without a name',
    'a JSON schema for the answer without a name',
    { source: `${SPEC}, ResponseFormatJsonSchema: name is required` },
    {
      refused: withTop({ response_format: { type: 'json_schema', json_schema: { schema: { type: 'object' } } } }),
      accepted: withTop({ response_format: JSON_SCHEMA }),
      check: ({ body }) => {
        const [place] = placesOf(body, 'response_format.json_schema');
        return isObject(place?.value) && typeof place.value.name !== 'string'
          ? bad(
              "Missing required parameter: 'response_format.json_schema.name'.",
              'response_format.json_schema.name',
              'missing_required_parameter',
            )
          : undefined;
      },
    },
  ),
  rule(
    'json_schema strict',
    'a strict JSON schema for the answer with open objects',
    { source: 'platform.openai.com/docs/guides/structured-outputs, supported schemas' },
    {
      refused: withTop({
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'a', strict: true, schema: { type: 'object', properties: {} } },
        },
      }),
      accepted: withTop({
        response_format: { ...JSON_SCHEMA, json_schema: { ...JSON_SCHEMA.json_schema, strict: true } },
      }),
      check: ({ body }) => {
        const [place] = placesOf(body, 'response_format.json_schema');
        if (!isObject(place?.value) || place.value.strict !== true) return undefined;
        const fault = schemasIn(place.value.schema, [])
          .map(({ value }) => strictFault(value))
          .find((one) => one !== undefined);
        return fault === undefined
          ? undefined
          : bad(`Invalid schema for response_format '${String(place.value.name)}': ${fault}`, 'response_format');
      },
    },
  ),
];

const isReasoning = (request: ReadRequest) => refusesSampling(request.model, request.body.reasoning_effort);
const O3 = { model: 'o3' };

const SAMPLES = {
  top_p: 0.5,
  presence_penalty: 0.5,
  frequency_penalty: 0.5,
  logprobs: true,
  top_logprobs: 2,
  logit_bias: { 50256: -100 },
} as const;

/** What the families that reason refuse. Azure has the same models. */
const reasoningRules: readonly StrictRule[] = [
  noField(
    'max_tokens',
    100,
    () =>
      bad(
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        'max_tokens',
        'unsupported_parameter',
      ),
    {
      source: 'github.com/caozhiyuan/copilot-api/issues/164; github.com/PipedreamHQ/pipedream/issues/17082',
      when: ({ model }) => refusesSampling(model, 'low'),
      tag: 'reasoning models',
      refused: withTop({ max_tokens: 100 }, O3),
      accepted: withTop({ max_completion_tokens: 100 }, O3),
    },
  ),
  noValue(
    'temperature',
    (value) => value !== 1 && value !== null,
    '`temperature` other than 1',
    ({ value }) =>
      bad(
        `Unsupported value: 'temperature' does not support ${String(value)} with this model. Only the default (1) value is supported.`,
        'temperature',
        'unsupported_value',
      ),
    {
      source: 'github.com/langchain-ai/langchain/pull/35424',
      when: isReasoning,
      tag: 'reasoning models',
      refused: withTop({ temperature: 0 }, O3),
      accepted: withTop({ temperature: 1 }, O3),
    },
  ),
  ...(['top_p', 'presence_penalty', 'frequency_penalty', 'logprobs', 'top_logprobs', 'logit_bias'] as const).map(
    (name) =>
      noValue(
        name,
        (value) => ![null, name === 'top_p' ? 1 : 0, false].includes(value as null),
        `\`${name}\``,
        unsupportedParameter,
        {
          source: 'github.com/thingsboard/thingsboard/issues/15256; platform.openai.com/docs/guides/reasoning',
          when: isReasoning,
          tag: 'reasoning models',
          refused: withTop({ [name]: SAMPLES[name] }, O3),
          accepted: withTop({ [name]: SAMPLES[name], ...(name === 'top_logprobs' ? { logprobs: true } : {}) }),
        },
      ),
  ),
  noField('stop', ['x'], unsupportedParameter, {
    source:
      'recorded: openai/error-400--o1-mini-cdc62d, and taken by o3-mini; CreateChatCompletionRequest, stop: not with o3 and o4-mini',
    when: ({ model }) => refusesSampling(model, 'low') && !/o3-mini/.test(model),
    tag: 'reasoning models',
    refused: withTop({ stop: ['x'] }, O3),
    accepted: withTop({ stop: ['x'] }),
  }),
  noField('reasoning_effort', 'low', unsupportedParameter, {
    source: 'github.com/cursor/cursor/issues/2786',
    when: ({ model }) => /^(gpt-3|gpt-4)/.test(model),
    tag: 'models that do not reason',
    refused: withTop({ reasoning_effort: 'low' }),
    accepted: withTop({ reasoning_effort: 'low' }, O3),
  }),
];

/** What OpenAI's chat completions refuse. */
export const openAiChat: readonly StrictRule[] = [
  ...fields,
  ...contents,
  ...order,
  ...tools,
  ...reasoningRules,
  ...parameters,
];
