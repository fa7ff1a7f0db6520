import { isJsonObject, type JsonObject } from '@portico/core';
import { parseDataUrl, textOfBase64 } from '../shared/data-url.js';
import { invalid } from '../shared/drop-parameter.js';
import { callsOf, LEGACY_ID } from '../shared/function-tools.js';

/** A conversation in the format of this API. */
export interface Conversation {
  readonly messages: readonly JsonObject[];
  /** Text files, which are separate from the conversation. */
  readonly documents: readonly JsonObject[];
}

/** `thinks`: the model's earlier thoughts are sent back as such; otherwise as the plan for its calls, or not at all. */
export function messagesFromChat(messages: readonly JsonObject[], thinks: boolean): Conversation {
  const documents: JsonObject[] = [];
  const told = messages.map((message, index) => messageFromChat(message, `messages[${index}]`, thinks, documents));
  return { messages: told.filter((message) => message !== undefined), documents };
}

function messageFromChat(
  message: JsonObject,
  path: string,
  thinks: boolean,
  documents: JsonObject[],
): JsonObject | undefined {
  switch (message.role) {
    case 'system':
    case 'developer':
      return { role: 'system', content: textOf(message.content, path) };
    case 'user':
      return { role: 'user', content: userContent(message.content, path, documents) };
    case 'assistant':
      return assistantMessage(message, path, thinks);
    case 'tool':
      return { role: 'tool', tool_call_id: message.tool_call_id, content: textOf(message.content, path) };
    case 'function':
      return { role: 'tool', tool_call_id: LEGACY_ID, content: textOf(message.content, path) };
    default:
      throw invalid(`${path}.role`, `"${path}.role" is not supported by this API.`);
  }
}

function assistantMessage(message: JsonObject, path: string, thinks: boolean): JsonObject | undefined {
  const calls = callsOf(message, path);
  const text = textOf(message.content ?? message.refusal ?? '', path);
  const { reasoning_content: thoughts } = message;
  const thought = typeof thoughts === 'string' && thoughts !== '' ? thoughts : undefined;
  const parts = [
    ...(thinks && thought !== undefined ? [{ type: 'thinking', thinking: thought }] : []),
    ...(text === '' ? [] : [{ type: 'text', text }]),
  ];
  if (parts.length === 0 && calls.length === 0) return undefined;
  const [only] = parts;
  return {
    role: 'assistant',
    // With calls, an empty text is rejected.
    ...(parts.length === 0 ? {} : { content: parts.length === 1 && only?.text !== undefined ? only.text : parts }),
    ...(!thinks && thought !== undefined && calls.length > 0 ? { tool_plan: thought } : {}),
    ...(calls.length === 0 ? {} : { tool_calls: calls.map(callFromChat) }),
  };
}

function callFromChat({ id, function: called }: JsonObject): JsonObject {
  const { name, arguments: args } = called as JsonObject; // `callsOf` has checked it
  return { id, type: 'function', function: { name, arguments: typeof args === 'string' && args !== '' ? args : '{}' } };
}

function userContent(content: unknown, path: string, documents: JsonObject[]): unknown {
  if (!Array.isArray(content)) return textOf(content, path);
  const parts = (content as unknown[]).flatMap((part, index) => userPart(part, `${path}.content[${index}]`, documents));
  // A question that consists only of its file.
  return parts.length === 0 ? '' : parts;
}

function userPart(part: unknown, path: string, documents: JsonObject[]): JsonObject[] {
  if (typeof part === 'string') return [{ type: 'text', text: part }];
  if (!isJsonObject(part)) throw invalid(path, `"${path}" must be an object.`);
  if (typeof part.text === 'string') return [{ type: 'text', text: part.text }];
  const { type, image_url: image, file } = part;
  if (type === 'image_url') return [{ type, image_url: typeof image === 'string' ? { url: image } : image }];
  if (type === 'file' && isJsonObject(file)) {
    const text = textOfFile(file);
    if (text !== undefined) {
      const title = typeof file.filename === 'string' ? { title: file.filename } : {};
      documents.push({ data: { text, ...title } });
      return [];
    }
  }
  throw invalid(path, `"${path}": this API accepts text, images and text files, but not this kind of part.`);
}

function textOfFile({ file_data: data }: JsonObject): string | undefined {
  const found = typeof data === 'string' ? parseDataUrl(data) : undefined;
  if (found === undefined || !/^text\/|json$|xml$/.test(found.mediaType)) return undefined;
  return 'text' in found.data ? found.data.text : textOfBase64(found.data.base64);
}

/** Content as one text; other parts are rejected. */
function textOf(content: unknown, path: string): string {
  if (content === null || content === undefined) return '';
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) throw invalid(`${path}.content`, `"${path}.content" must be text or a list of parts.`);
  return (content as unknown[])
    .map((part, index) => {
      const text = isJsonObject(part) ? (part.text ?? part.refusal) : part;
      if (typeof text === 'string') return text;
      throw invalid(
        `${path}.content[${index}]`,
        `"${path}.content[${index}]" must be text: the API accepts nothing else there.`,
      );
    })
    .join('');
}
