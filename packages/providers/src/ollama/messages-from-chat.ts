import { isJsonObject, type JsonObject } from '@portico/core';
import type { EncodeTarget } from '@portico/core/provider';
import { callArguments } from '../shared/call-arguments.js';
import { parseDataUrl } from '../shared/data-url.js';
import { invalid } from '../shared/drop-parameter.js';
import { callsOf, LEGACY_ID } from '../shared/function-tools.js';

/** A conversation in the format of this API: each message has one text, and its images separately. */
export function messagesFromChat(messages: readonly JsonObject[], target: EncodeTarget): JsonObject[] {
  const toolNames = new Map<unknown, unknown>();
  return messages.map((message, index) => {
    const path = `messages[${index}]`;
    const { role } = message;
    if (role === 'assistant') return assistantMessage(message, path, toolNames, target);
    if (role === 'tool' || role === 'function') {
      const id = role === 'function' ? LEGACY_ID : message.tool_call_id;
      const name = role === 'function' ? message.name : toolNames.get(id);
      return {
        role: 'tool',
        content: readContent(message.content, path).text,
        ...(name === undefined ? {} : { tool_name: name }),
        tool_call_id: id,
      };
    }
    if (role !== 'user' && role !== 'system' && role !== 'developer') {
      throw invalid(`${path}.role`, `"${path}.role" is not supported by this API.`);
    }
    const { text, images } = readContent(message.content, path);
    const told = role === 'developer' ? 'system' : role;
    return { role: told, content: text, ...(images.length > 0 ? { images } : {}) };
  });
}

function assistantMessage(
  message: JsonObject,
  path: string,
  toolNames: Map<unknown, unknown>,
  target: EncodeTarget,
): JsonObject {
  const calls = callsOf(message, path).map(({ id, function: called }) => {
    const { name, arguments: args } = called as JsonObject; // `callsOf` has checked it
    toolNames.set(id, name);
    return { ...(id === undefined ? {} : { id }), function: { name, arguments: callArguments(args, target) } };
  });
  const { reasoning_content: thinking } = message;
  return {
    role: 'assistant',
    content: readContent(message.content ?? message.refusal, path).text,
    ...(typeof thinking === 'string' && thinking !== '' ? { thinking } : {}),
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
  };
}

interface Content {
  readonly text: string;
  /** In base64. */
  readonly images: readonly string[];
}

function readContent(content: unknown, path: string): Content {
  if (content === null || content === undefined) return { text: '', images: [] };
  if (typeof content === 'string') return { text: content, images: [] };
  if (!Array.isArray(content)) throw invalid(`${path}.content`, `"${path}.content" must be text or a list of parts.`);
  const images: string[] = [];
  let text = '';
  for (const [index, part] of (content as unknown[]).entries()) {
    const place = `${path}.content[${index}]`;
    const said = isJsonObject(part) ? (part.text ?? part.refusal) : part;
    if (typeof said === 'string') text += said;
    else images.push(imageOf(part, place));
  }
  return { text, images };
}

function imageOf(part: unknown, path: string): string {
  if (!isJsonObject(part) || part.type !== 'image_url') {
    throw invalid(path, `"${path}": this API accepts text and images, but not this kind of part.`);
  }
  const { image_url: image } = part;
  const url = isJsonObject(image) ? image.url : image;
  const file = typeof url === 'string' ? parseDataUrl(url) : undefined;
  if (file !== undefined && 'base64' in file.data) return file.data.base64;
  throw invalid(path, `"${path}": ollama does not fetch URLs. Send the image as a data URL.`);
}
