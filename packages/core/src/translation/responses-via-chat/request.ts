import type { EncodeTarget } from '../../codec.js';
import { isJsonObject, type JsonObject } from '../../encoding/json.js';
import { describeType, invalid } from '../../encoding/read-fields.js';
import { decodeThinking } from '../bridged-reasoning.js';
import { cacheMark } from '../cache-mark.js';
import { definitionsIn, isOwnSearch, nameInChat, TOOL_SEARCH } from './offered-tools.js';

/**
 * Fields with the same name in both APIs. Hints for OpenAI's own cache are dropped: agents send them to every model.
 */
const ALIKE = ['temperature', 'top_p', 'stream', 'user', 'safety_identifier', 'service_tier', 'parallel_tool_calls'];

/** Translates a Responses request to a chat completion request. */
export function chatFromResponses(request: JsonObject, target: EncodeTarget): JsonObject {
  refuseState(request);
  const { instructions, input, text, reasoning } = request;
  const opening = typeof instructions === 'string' && instructions !== '' ? [message('system', instructions)] : [];
  const chat: JsonObject = { messages: [...opening, ...turnsOf(input, target)] };
  for (const name of ALIKE) {
    if (request[name] !== undefined && request[name] !== null) chat[name] = request[name];
  }
  if (typeof request.max_output_tokens === 'number') chat.max_completion_tokens = request.max_output_tokens;
  if (isJsonObject(reasoning) && typeof reasoning.effort === 'string') chat.reasoning_effort = reasoning.effort;
  if (isJsonObject(text)) {
    Object.assign(chat, formatOf(text.format), typeof text.verbosity === 'string' && { verbosity: text.verbosity });
  }
  const offered = withoutTwins(definitionsIn(request).flatMap(({ tool, path }) => toolOf(tool, path, target)));
  Object.assign(chat, choiceOf(request.tool_choice, offered));
  if (chat.tools === undefined) delete chat.parallel_tool_calls;
  if (wantsLogProbabilities(request)) {
    Object.assign(chat, {
      logprobs: true,
      ...(request.top_logprobs !== undefined && { top_logprobs: request.top_logprobs }),
    });
  }
  return chat;
}

/** Fields that need an upstream which stores responses. */
function refuseState(request: JsonObject): void {
  for (const name of ['previous_response_id', 'conversation', 'prompt']) {
    if (request[name] === undefined || request[name] === null) continue;
    throw invalid(
      name,
      `"${name}" needs an upstream that stores conversations, which this model's does not. Send the whole conversation as "input".`,
    );
  }
  if (request.background === true) {
    throw invalid('background', '"background" needs an upstream that stores responses, which this model\'s does not.');
  }
}

/** Collects one turn of the model: thinking, text and calls are separate items here, and one message there. */
class Turns {
  readonly messages: JsonObject[] = [];
  #turn: JsonObject | undefined;
  /** The calls of that turn. */
  #calls: JsonObject[] | undefined;

  add(said: JsonObject): void {
    this.end();
    this.messages.push(said);
  }

  think(thought: JsonObject): void {
    if (this.#turn?.content !== undefined || this.#turn?.tool_calls !== undefined) this.end();
    Object.assign(this.#open(), thought);
  }

  say(content: unknown): void {
    if (this.#turn?.content !== undefined || this.#turn?.tool_calls !== undefined) this.end();
    this.#open().content = content;
  }

  call(call: JsonObject): void {
    const turn = this.#open();
    this.#calls ??= [];
    this.#calls.push(call);
    turn.tool_calls = this.#calls;
  }

  end(): void {
    const turn = this.#turn;
    this.#turn = undefined;
    this.#calls = undefined;
    // Thinking without text or a call after it is dropped.
    if (turn?.content === undefined && turn?.tool_calls === undefined) return;
    this.messages.push({ ...turn, content: turn.content ?? null });
  }

  #open(): JsonObject {
    this.#turn ??= { role: 'assistant' };
    return this.#turn;
  }
}

function turnsOf(input: unknown, target: EncodeTarget): readonly JsonObject[] {
  if (typeof input === 'string') return [message('user', input)];
  const turns = new Turns();
  for (const [at, item] of (input as readonly unknown[]).entries()) {
    if (!isJsonObject(item))
      throw invalid(`input[${at}]`, `"input[${at}]" must be an object; found ${describeType(item)}.`);
    addItem(item, `input[${at}]`, turns, target);
  }
  turns.end();
  return turns.messages;
}

function addItem(item: JsonObject, path: string, turns: Turns, target: EncodeTarget): void {
  const { type = 'message' } = item;
  switch (type) {
    case 'message': {
      const { role, content } = item;
      if (role === 'assistant') return turns.say(textOf(content));
      if (role === 'user' || role === 'system' || role === 'developer')
        return turns.add({ ...message(role, partsOf(content, path)), ...cacheMark(item) });
      throw invalid(
        `${path}.role`,
        `"${path}.role" must be user, assistant, system or developer; found ${describeType(role)}.`,
      );
    }
    case 'function_call':
      return turns.call(callOf(item, item.arguments ?? '{}'));
    case 'custom_tool_call':
      return turns.call(callOf(item, JSON.stringify({ input: item.input })));
    case 'function_call_output':
    case 'custom_tool_call_output':
      return addOutput(item, path, turns);
    case 'tool_search_call':
      if (!isOwnSearch(item)) break;
      return turns.call(callOf({ ...item, name: TOOL_SEARCH }, JSON.stringify(item.arguments ?? {})));
    case 'tool_search_output':
      if (!isOwnSearch(item)) break;
      return turns.add({ role: 'tool', tool_call_id: item.call_id, content: foundBy(item, path, target) });
    case 'reasoning':
      return turns.think(thoughtOf(item));
    case 'item_reference':
      throw invalid(
        path,
        `"${path}" refers to an item that an upstream would have to store, which this model's does not. Send the item itself.`,
      );
  }
  target.warn(`An item of type "${String(type)}" was left out: only its own vendor understands it.`);
}

/** Tools that a search found are offered from then on; the model gets their names. */
function foundBy({ tools }: JsonObject, path: string, target: EncodeTarget): string {
  const found = Array.isArray(tools) ? tools.flatMap((tool) => toolOf(tool, path, target)) : [];
  return found.length === 0
    ? 'No tools were found.'
    : `These tools can be called now: ${found.map(nameOf).join(', ')}.`;
}

/** Two searches may find the same tool. */
function withoutTwins(tools: readonly JsonObject[]): readonly JsonObject[] {
  return [...new Map(tools.map((tool) => [nameOf(tool), tool])).values()];
}

function callOf({ call_id: id, name, namespace }: JsonObject, given: unknown): JsonObject {
  return { id, type: 'function', function: { name: nameInChat(name, namespace), arguments: given } };
}

function addOutput(item: JsonObject, path: string, turns: Turns): void {
  const { call_id: id, output } = item;
  const parts = Array.isArray(output) ? (output as unknown[]).filter(isJsonObject) : [];
  const shown = parts.filter(({ type }) => type !== 'input_text' && type !== 'output_text');
  const mark = cacheMark(item, ...parts);
  turns.add({ role: 'tool', tool_call_id: id, content: typeof output === 'string' ? output : textOf(output), ...mark });
  // A tool message can only contain text; images follow in a message right after it.
  if (shown.length > 0) turns.add(message('user', partsOf(shown, path)));
}

function thoughtOf({ summary, content, encrypted_content: sealed }: JsonObject): JsonObject {
  const blocks = decodeThinking(sealed);
  const text = textOf(content) || textOf(summary);
  return { ...(text !== '' && { reasoning_content: text }), ...(blocks.length > 0 && { thinking_blocks: blocks }) };
}

function message(role: string, content: unknown): JsonObject {
  return { role, content };
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return (content as unknown[])
    .filter(isJsonObject)
    .map(({ text, refusal }) => (typeof text === 'string' ? text : typeof refusal === 'string' ? refusal : ''))
    .join('');
}

function partsOf(content: unknown, path: string): unknown {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content))
    throw invalid(
      `${path}.content`,
      `"${path}.content" must be text or a list of parts; found ${describeType(content)}.`,
    );
  const parts = (content as unknown[]).map((part, at) => partOf(part, `${path}.content[${at}]`));
  const isPlain = parts.every(({ type, cache_control: mark }) => type === 'text' && mark === undefined);
  return isPlain ? parts.map(({ text }) => text).join('') : parts;
}

function partOf(part: unknown, path: string): JsonObject {
  if (!isJsonObject(part)) throw invalid(path, `"${path}" must be an object; found ${describeType(part)}.`);
  const { type, text } = part;
  switch (type) {
    case 'input_text':
    case 'output_text':
    case 'text':
      return { type: 'text', text, ...cacheMark(part) };
    case 'input_image':
      if (typeof part.image_url !== 'string') break;
      return {
        type: 'image_url',
        image_url: { url: part.image_url, ...(part.detail !== undefined && { detail: part.detail }) },
        ...cacheMark(part),
      };
    case 'input_file': {
      const { file_data: data, filename, file_id: id } = part;
      if (data === undefined && id === undefined) break;
      return {
        type: 'file',
        file: { ...(data !== undefined && { file_data: data, filename }), ...(id !== undefined && { file_id: id }) },
        ...cacheMark(part),
      };
    }
    case 'input_audio':
      return { type: 'input_audio', input_audio: part.input_audio };
  }
  throw invalid(path, `"${path}" is a part that this model's API does not support: ${JSON.stringify(type)}.`);
}

function toolOf(tool: unknown, path: string, target: EncodeTarget, namespace?: unknown): JsonObject[] {
  if (!isJsonObject(tool)) throw invalid(path, `"${path}" must be an object; found ${describeType(tool)}.`);
  const { type, description, parameters, strict, format } = tool;
  if (type === 'namespace' && Array.isArray(tool.tools)) return toolsOfNamespace(tool, path, target);
  const name = nameInChat(tool.name, namespace);
  if (type === 'function') {
    const reported = {
      name,
      ...(description !== undefined && description !== null && { description }),
      ...(isJsonObject(parameters) && { parameters }),
      ...(strict === true && { strict }),
    };
    return [{ type: 'function', function: reported, ...cacheMark(tool) }];
  }
  if (isOwnSearch(tool)) {
    return [{ type: 'function', function: { name: TOOL_SEARCH, description, parameters } }];
  }
  if (type === 'custom') {
    const grammar =
      isJsonObject(format) && format.type === 'grammar'
        ? `\nThe input follows this ${String(format.syntax)} grammar:\n${String(format.definition)}`
        : '';
    return [
      {
        type: 'function',
        function: {
          name,
          description: `${typeof description === 'string' ? description : ''}${grammar}`,
          parameters: FREE_TEXT,
        },
      },
    ];
  }
  // Agents offer tools that only their own vendor runs; other models work without them.
  target.warn(`The tool "${String(type)}" was left out: only its own vendor runs it.`);
  return [];
}

/** The description of a namespace is added to its first tool only: on each tool it would be paid for each time. */
function toolsOfNamespace({ name, description, tools }: JsonObject, path: string, target: EncodeTarget): JsonObject[] {
  return (tools as unknown[]).flatMap((tool, at) => {
    const said = [at === 0 ? description : undefined, isJsonObject(tool) ? tool.description : undefined];
    const reported = said.filter((text) => typeof text === 'string' && text !== '').join('\n');
    return toolOf(
      isJsonObject(tool) ? { ...tool, description: reported || undefined } : tool,
      `${path}.tools[${at}]`,
      target,
      name,
    );
  });
}

const FREE_TEXT = {
  type: 'object',
  properties: { input: { type: 'string' } },
  required: ['input'],
  additionalProperties: false,
};

function choiceOf(choice: unknown, offered: readonly JsonObject[]): JsonObject {
  if (isJsonObject(choice) && choice.type === 'allowed_tools') {
    const names = new Set(
      (Array.isArray(choice.tools) ? (choice.tools as unknown[]) : [])
        .filter(isJsonObject)
        .map(({ name, namespace }) => nameInChat(name, namespace)),
    );
    return choiceOf(
      choice.mode,
      offered.filter((tool) => names.has(nameOf(tool) ?? '')),
    );
  }
  const wanted = isJsonObject(choice) ? nameInChat(choice.name, choice.namespace) : undefined;
  if (isJsonObject(choice) && !offered.some((tool) => nameOf(tool) === wanted)) {
    throw invalid(
      'tool_choice',
      `"tool_choice" asks for ${JSON.stringify(choice.name ?? choice.type)}, which is not one of the tools offered to this model.`,
    );
  }
  if (offered.length === 0) return {};
  if (wanted !== undefined) return { tools: offered, tool_choice: { type: 'function', function: { name: wanted } } };
  return { tools: offered, ...(typeof choice === 'string' && { tool_choice: choice }) };
}

function nameOf(tool: JsonObject): string | undefined {
  return isJsonObject(tool.function) ? String(tool.function.name) : undefined;
}

function formatOf(format: unknown): JsonObject {
  if (!isJsonObject(format)) return {};
  const { type, ...schema } = format;
  if (type === 'json_object') return { response_format: { type } };
  return type === 'json_schema' ? { response_format: { type, json_schema: schema } } : {};
}

function wantsLogProbabilities({ include }: JsonObject): boolean {
  return Array.isArray(include) && include.includes('message.output_text.logprobs');
}
