import type { EncodeTarget } from '../../codec.js';
import { isJsonObject, type JsonObject } from '../../encoding/json.js';
import { describeType, invalid } from '../../encoding/read-fields.js';
import { cacheMark } from '../cache-mark.js';
import { toolNameInChat } from './tool-names.js';

/**
 * Translates a Messages request to a chat completion request. `thinking` goes on only to a codec that reads it: other
 * vendors refuse the field.
 */
export function chatFromMessages(request: JsonObject, target: EncodeTarget, readsThinking = false): JsonObject {
  const { messages, system, stop_sequences: stop, tools, metadata, output_config: output } = request;
  const chat: JsonObject = { messages: [...systemMessage(system), ...turnsOf(messages, target)] };
  for (const name of ['max_tokens', 'temperature', 'top_p', 'stream']) {
    if (request[name] !== undefined) chat[name] = request[name];
  }
  if (Array.isArray(stop) && stop.length > 0) chat.stop = stop;
  const offered = Array.isArray(tools) ? tools.flatMap((tool, at) => toolOf(tool, at, target)) : [];
  // Without a tool, vendors refuse an empty list, and a choice among none.
  if (offered.length > 0) Object.assign(chat, { tools: offered }, choiceOf(request.tool_choice, offered));
  if (isJsonObject(metadata) && typeof metadata.user_id === 'string') chat.user = metadata.user_id;
  if (isJsonObject(output)) Object.assign(chat, outputOf(output));
  if (readsThinking && request.thinking !== undefined) chat.thinking = request.thinking;
  const lost = readsThinking ? LOST : ['thinking', ...LOST];
  for (const name of lost) {
    if (request[name] !== undefined)
      target.warn(`"${name}" is not supported by the API of this model and was left out.`);
  }
  return chat;
}

/** Fields without a counterpart in chat completions. */
const LOST = ['top_k', 'context_management', 'mcp_servers', 'container'];

function systemMessage(system: unknown): JsonObject[] {
  if (typeof system === 'string') return system === '' ? [] : [{ role: 'system', content: system }];
  if (!Array.isArray(system)) return [];
  const parts = (system as unknown[])
    .filter(isJsonObject)
    .filter(({ text }) => typeof text === 'string' && text !== '');
  if (parts.length === 0) return [];
  const isPlain = parts.every(({ cache_control: mark }) => mark === undefined);
  const content = isPlain ? parts.map(({ text }) => text).join('\n') : parts.map(textPart);
  return [{ role: 'system', content }];
}

function turnsOf(messages: unknown, target: EncodeTarget): JsonObject[] {
  return (messages as readonly JsonObject[]).flatMap((message, at) => {
    const path = `messages[${at}]`;
    const { role, content } = message;
    if (role === 'system') return systemMessage(content);
    if (role !== 'user' && role !== 'assistant') {
      throw invalid(`${path}.role`, `"${path}.role" must be "user" or "assistant"; found ${describeType(role)}.`);
    }
    if (typeof content === 'string') return [{ role, content }];
    if (!Array.isArray(content)) {
      throw invalid(
        `${path}.content`,
        `"${path}.content" must be text or a list of blocks; found ${describeType(content)}.`,
      );
    }
    const blocks = (content as unknown[]).map((block, index) => {
      if (isJsonObject(block)) return block;
      const where = `${path}.content[${index}]`;
      throw invalid(where, `"${where}" must be an object; found ${describeType(block)}.`);
    });
    return role === 'assistant' ? [assistantTurn(blocks, target)] : userTurns(blocks, path);
  });
}

function assistantTurn(blocks: readonly JsonObject[], target: EncodeTarget): JsonObject {
  const text = blocks.filter(({ type }) => type === 'text').map(({ text }) => (typeof text === 'string' ? text : ''));
  const thinking = blocks.filter(({ type }) => type === 'thinking' || type === 'redacted_thinking');
  const signed = thinking.filter(isSigned);
  const unsigned = thinking.filter((block) => !isSigned(block)).map(({ thinking: text }) => text);
  const calls = blocks
    .filter(({ type }) => type === 'tool_use')
    .map(({ id, name, input }) => ({
      id,
      type: 'function',
      function: { name: toolNameInChat(name), arguments: JSON.stringify(input ?? {}) },
    }));
  const known = ['text', 'thinking', 'redacted_thinking', 'tool_use'];
  const other = blocks.find(({ type }) => !known.includes(String(type)));
  if (other !== undefined)
    target.warn(`A block of type "${String(other.type)}" was left out: only its own vendor understands it.`);
  return {
    role: 'assistant',
    content: text.length > 0 ? text.join('') : null,
    // Vendors that do not sign their reasoning read it here, and some require it back.
    ...(unsigned.length > 0 && { reasoning_content: unsigned.filter((one) => typeof one === 'string').join('') }),
    // Byte for byte: the vendor that signed them reads them again, others drop them.
    ...(signed.length > 0 && { thinking_blocks: signed }),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
}

/** Servers that do not sign their thinking have an empty signature or none. */
function isSigned({ type, signature }: JsonObject): boolean {
  return type === 'redacted_thinking' || (typeof signature === 'string' && signature !== '');
}

/** Tool results first, each as its own message; the rest of the user's message follows. */
function userTurns(blocks: readonly JsonObject[], path: string): JsonObject[] {
  const results: JsonObject[] = [];
  const parts: JsonObject[] = [];
  for (const [index, block] of blocks.entries()) {
    const where = `${path}.content[${index}]`;
    if (block.type !== 'tool_result') {
      parts.push(partOf(block, where));
      continue;
    }
    const said = Array.isArray(block.content) ? (block.content as unknown[]).filter(isJsonObject) : [];
    const texts = typeof block.content === 'string' ? [block.content] : said.flatMap(textIn);
    results.push({ role: 'tool', tool_call_id: block.tool_use_id, content: texts.join('\n'), ...cacheMark(block) });
    // A tool message can only contain text; images follow in a message right after it.
    for (const each of said.filter(({ type }) => type !== 'text').map((one) => partOf(one, where))) parts.push(each);
  }
  if (parts.length === 0) return results;
  const only = parts.length === 1 && parts[0]?.type === 'text' && parts[0].cache_control === undefined;
  return [...results, { role: 'user', content: only ? parts[0]?.text : parts }];
}

function textIn(block: JsonObject): string[] {
  return block.type === 'text' && typeof block.text === 'string' ? [block.text] : [];
}

function partOf(block: JsonObject, where: string): JsonObject {
  const { type, source } = block;
  if (type === 'text') return textPart(block);
  const from = isJsonObject(source) ? source : {};
  const data = `data:${String(from.media_type)};base64,${String(from.data)}`;
  if (type === 'image') {
    const url = from.type === 'base64' ? data : from.url;
    if (typeof url === 'string') return { type: 'image_url', image_url: { url } };
  }
  if (type === 'document') {
    if (from.type === 'text') return textPart({ text: from.data });
    const filename = typeof block.title === 'string' ? block.title : 'document.pdf';
    if (from.type === 'base64') return { type: 'file', file: { filename, file_data: data } };
  }
  const what = type === 'image' || type === 'document' ? `${type} from "${String(from.type)}"` : `"${String(type)}"`;
  throw invalid(where, `"${where}" is a block that this model's API does not support: ${what}.`);
}

function textPart(block: JsonObject): JsonObject {
  return { type: 'text', text: block.text, ...cacheMark(block) };
}

function toolOf(tool: unknown, at: number, target: EncodeTarget): JsonObject[] {
  const path = `tools[${at}]`;
  if (!isJsonObject(tool)) throw invalid(path, `"${path}" must be an object; found ${describeType(tool)}.`);
  const { type, name, description, input_schema: parameters, strict } = tool;
  if (type === undefined || type === 'custom') {
    const reported = {
      name: toolNameInChat(name),
      parameters,
      ...(description !== undefined && { description }),
      ...(strict === true && { strict }),
    };
    return [{ type: 'function', function: reported, ...cacheMark(tool) }];
  }
  const kind = JSON.stringify(type);
  if (!target.dropUnsupported) {
    throw invalid(path, `"${path}" is ${kind}, a vendor-specific tool that this model does not have.`);
  }
  target.warn(`The tool ${kind} was left out: this model does not have it.`);
  return [];
}

const CHOICES: Readonly<Record<string, string>> = { auto: 'auto', any: 'required', none: 'none' };

function choiceOf(choice: unknown, offered: readonly JsonObject[]): JsonObject {
  if (!isJsonObject(choice)) return {};
  const name = toolNameInChat(choice.name);
  const isOffered = offered.some(({ function: tool }) => isJsonObject(tool) && tool.name === name);
  // Only a tool that was left out can be missing: its vendor alone runs it.
  if (choice.type === 'tool' && !isOffered) return {};
  const named = choice.type === 'tool' ? { type: 'function', function: { name } } : undefined;
  return {
    tool_choice: named ?? CHOICES[String(choice.type)] ?? 'auto',
    ...(choice.disable_parallel_tool_use === true && { parallel_tool_calls: false }),
  };
}

function outputOf({ effort, format }: JsonObject): JsonObject {
  const wanted: JsonObject = {};
  if (typeof effort === 'string') wanted.reasoning_effort = effort === 'max' ? 'xhigh' : effort;
  if (isJsonObject(format) && format.type === 'json_schema') {
    wanted.response_format = {
      type: 'json_schema',
      json_schema: { name: 'answer', schema: format.schema, strict: true },
    };
  }
  return wanted;
}
