import type { EncodeTarget } from '../../codec.js';
import { isJsonObject, type JsonObject } from '../../encoding/json.js';
import { describeType, invalid } from '../../encoding/read-fields.js';
import { GatewayError } from '../../errors.js';
import { itemsInChat } from '../reasoning-items.js';

/** Fields with the same name in both APIs. */
const ALIKE = [
  'stream',
  'temperature',
  'top_p',
  'top_logprobs',
  'parallel_tool_calls',
  'user',
  'metadata',
  'service_tier',
  'safety_identifier',
  'prompt_cache_key',
  'prompt_cache_options',
  'prompt_cache_retention',
  'truncation',
];

/** Fields that the Responses API does not support, and the value that means the default. */
const UNSPOKEN: readonly (readonly [name: string, neutral: unknown])[] = [
  ['n', 1],
  ['stop', undefined],
  ['seed', undefined],
  ['logit_bias', undefined],
  ['frequency_penalty', 0],
  ['presence_penalty', 0],
  ['prediction', undefined],
  ['audio', undefined],
  ['functions', undefined],
  ['function_call', undefined],
];

/** The smallest output limit that the API accepts. */
const LEAST_MAX_OUTPUT_TOKENS = 16;

/** Translates a chat completion request to a Responses request, for models that are only available through that API. */
export function responsesFromChat(request: JsonObject, target: EncodeTarget): JsonObject {
  leaveOutUnspoken(request, target);
  const body: JsonObject = {
    input: (request.messages as readonly JsonObject[]).flatMap((message, at) => itemsOf(message, `messages[${at}]`)),
    // Chat completions are stored only if the client asks for it; responses are stored unless it forbids it.
    store: request.store === true,
  };
  for (const name of ALIKE) if (isSaid(request[name])) body[name] = request[name];
  const bound = request.max_completion_tokens ?? request.max_tokens;
  if (typeof bound === 'number') body.max_output_tokens = Math.max(bound, LEAST_MAX_OUTPUT_TOKENS);
  const include: string[] = [];
  if (isSaid(request.reasoning_effort)) {
    body.reasoning = { effort: request.reasoning_effort };
    // The reasoning goes back with the next turn, because nothing is stored (R-XL-1).
    if (request.reasoning_effort !== 'none') include.push('reasoning.encrypted_content');
  }
  if (request.logprobs === true) include.push('message.output_text.logprobs');
  if (include.length > 0) body.include = include;
  const tools = Array.isArray(request.tools) ? request.tools.map((tool, at) => toolOf(tool, `tools[${at}]`)) : [];
  if (isJsonObject(request.web_search_options)) tools.push(webSearchOf(request.web_search_options));
  if (tools.length > 0) body.tools = tools;
  if (isSaid(request.tool_choice)) body.tool_choice = choiceOf(request.tool_choice);
  const text = {
    ...formatOf(request.response_format),
    ...(isSaid(request.verbosity) && { verbosity: request.verbosity }),
  };
  if (Object.keys(text).length > 0) body.text = text;
  return body;
}

function isSaid(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function leaveOutUnspoken(request: JsonObject, target: EncodeTarget): void {
  for (const [name, neutral] of UNSPOKEN) {
    const value = request[name];
    if (!isSaid(value) || value === neutral || (isJsonObject(value) && Object.keys(value).length === 0)) continue;
    if (!target.dropUnsupported) {
      throw new GatewayError(
        'invalid_input',
        `"${name}" cannot be used with this model: it is called through the Responses API, which does not support it.`,
        { param: name, code: 'unsupported_parameter' },
      );
    }
    target.warn(`"${name}" was left out: the API of this model does not support it.`);
  }
}

function itemsOf(message: JsonObject, path: string): JsonObject[] {
  const { role, content } = message;
  switch (role) {
    case 'system':
    case 'developer':
    case 'user':
      return [{ role, content: contentOf(content, path) }];
    case 'assistant':
      return assistantItems(message);
    case 'tool':
      return [{ type: 'function_call_output', call_id: message.tool_call_id, output: textOf(content) }];
  }
  throw invalid(`${path}.role`, `"${path}.role" is not supported by this model's API; found ${describeType(role)}.`);
}

/** Reasoning, then text, then calls: the order that the API expects. */
function assistantItems(message: JsonObject): JsonObject[] {
  const items: JsonObject[] = [...itemsInChat(message)];
  const said: JsonObject[] = [];
  const text = textOf(message.content);
  if (text !== '') said.push({ type: 'output_text', text, annotations: [] });
  const refusal = textOf(message.refusal);
  if (refusal !== '') said.push({ type: 'refusal', refusal });
  if (said.length > 0) items.push({ type: 'message', role: 'assistant', content: said });
  const calls = Array.isArray(message.tool_calls) ? (message.tool_calls as unknown[]).filter(isJsonObject) : [];
  return [...items, ...calls.map(callOf)];
}

function callOf({ id, function: reported, custom }: JsonObject): JsonObject {
  if (isJsonObject(custom)) return { type: 'custom_tool_call', call_id: id, name: custom.name, input: custom.input };
  const { name, arguments: given } = isJsonObject(reported) ? reported : ({} as JsonObject);
  return { type: 'function_call', call_id: id, name, arguments: given || '{}' };
}

function contentOf(content: unknown, path: string): unknown {
  if (!Array.isArray(content)) return content ?? '';
  return content.map((part: unknown, at) => partOf(part, `${path}.content[${at}]`));
}

function partOf(part: unknown, path: string): JsonObject {
  if (!isJsonObject(part)) throw invalid(path, `"${path}" must be an object; found ${describeType(part)}.`);
  const { type, text, image_url: image, file } = part;
  if (type === 'text') return { type: 'input_text', text };
  if (type === 'image_url' && isJsonObject(image)) {
    return { type: 'input_image', image_url: image.url, ...(isSaid(image.detail) && { detail: image.detail }) };
  }
  if (type === 'file' && isJsonObject(file)) return { type: 'input_file', ...file };
  if (type === 'input_audio') return { type, input_audio: part.input_audio };
  throw invalid(path, `"${path}" is a part that this model's API does not support: ${JSON.stringify(type)}.`);
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return (content as unknown[])
    .filter(isJsonObject)
    .map(({ text, refusal }) => (typeof text === 'string' ? text : typeof refusal === 'string' ? refusal : ''))
    .join('');
}

function toolOf(tool: unknown, path: string): JsonObject {
  if (!isJsonObject(tool)) throw invalid(path, `"${path}" must be an object; found ${describeType(tool)}.`);
  const { type, function: reported, custom } = tool;
  // In the Responses API, tools without "strict" are strict.
  if (type === 'function' && isJsonObject(reported)) return { type, strict: false, ...reported };
  if (type === 'custom' && isJsonObject(custom)) return { type, ...custom, ...grammarOf(custom.format) };
  return tool;
}

/** The grammar of a custom tool is one level higher in this API. */
function grammarOf(format: unknown): JsonObject {
  if (!isJsonObject(format) || !isJsonObject(format.grammar)) return {};
  return { format: { type: format.type, ...format.grammar } };
}

function webSearchOf({ user_location: location, ...options }: JsonObject): JsonObject {
  const place = isJsonObject(location) ? location : undefined;
  const found = place && {
    type: place.type ?? 'approximate',
    ...(isJsonObject(place.approximate) ? place.approximate : {}),
  };
  return { type: 'web_search', ...options, ...(found && { user_location: found }) };
}

function choiceOf(choice: unknown): unknown {
  if (!isJsonObject(choice)) return choice;
  const { type } = choice;
  const own = choice[String(type)];
  if (!isJsonObject(own)) return choice;
  if (type !== 'allowed_tools') return { type, name: own.name };
  const tools = Array.isArray(own.tools) ? (own.tools as unknown[]).map(choiceOf) : [];
  return { type, mode: own.mode, tools };
}

function formatOf(format: unknown): JsonObject {
  if (!isJsonObject(format)) return {};
  const { type, json_schema: schema } = format;
  return { format: { type, ...(isJsonObject(schema) ? schema : {}) } };
}
