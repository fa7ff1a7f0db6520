import type {
  LanguageModelV3FilePart,
  LanguageModelV3Message,
  LanguageModelV3Prompt,
  LanguageModelV3TextPart,
  LanguageModelV3ToolCallPart,
  LanguageModelV3ToolResultPart,
} from '@ai-sdk/provider';
import { isJsonObject, type JsonObject } from '@portico/core';
import { invalid } from './invalid.js';
import { optionsOf, reasoningFromChat } from './reasoning.js';

/** The messages of a chat as a prompt. Results of several calls become one message, as models expect them. */
export function promptFromChat(messages: unknown): LanguageModelV3Prompt {
  if (!Array.isArray(messages)) throw invalid('messages', 'must be a list');
  const prompt: LanguageModelV3Message[] = [];
  const toolNames = new Map<unknown, string>();
  for (const [index, message] of (messages as unknown[]).entries()) {
    const path = `messages[${index}]`;
    if (!isJsonObject(message)) throw invalid(path, 'must be an object');
    switch (message.role) {
      case 'system':
      case 'developer':
        prompt.push({ role: 'system', content: textIn(message.content, path) });
        break;
      case 'user':
        prompt.push({ role: 'user', content: partsIn(message.content, path) });
        break;
      case 'assistant':
        prompt.push(assistantMessage(message, path, toolNames));
        break;
      case 'tool': {
        const result = toolResult(message, path, toolNames);
        const last = prompt.at(-1);
        if (last?.role === 'tool') last.content.push(result);
        else prompt.push({ role: 'tool', content: [result] });
        break;
      }
      default:
        throw invalid(`${path}.role`, 'must be system, developer, user, assistant or tool');
    }
  }
  return prompt;
}

function assistantMessage(message: JsonObject, path: string, toolNames: Map<unknown, string>): LanguageModelV3Message {
  const text = textIn(message.content ?? message.refusal, path);
  const calls = Array.isArray(message.tool_calls) ? (message.tool_calls as unknown[]) : [];
  return {
    role: 'assistant',
    content: [
      ...reasoningFromChat(message),
      ...(text === '' ? [] : [{ type: 'text' as const, text }]),
      ...calls.map((call, index) => toolCall(call, `${path}.tool_calls[${index}]`, toolNames)),
    ],
  };
}

function toolCall(call: unknown, path: string, toolNames: Map<unknown, string>): LanguageModelV3ToolCallPart {
  const { id, function: told, provider_specific_fields: kept } = isJsonObject(call) ? call : {};
  if (typeof id !== 'string' || !isJsonObject(told) || typeof told.name !== 'string') {
    throw invalid(path, 'must be a call of a function');
  }
  toolNames.set(id, told.name);
  const providerOptions = optionsOf(kept);
  return {
    type: 'tool-call',
    toolCallId: id,
    toolName: told.name,
    input: argumentsIn(told.arguments),
    ...(providerOptions && { providerOptions }),
  };
}

function argumentsIn(text: unknown): unknown {
  if (typeof text !== 'string' || text.trim() === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    // An interrupted answer is still part of the conversation.
    return text;
  }
}

function toolResult(message: JsonObject, path: string, toolNames: Map<unknown, string>): LanguageModelV3ToolResultPart {
  const { tool_call_id: id } = message;
  const toolName = toolNames.get(id);
  if (typeof id !== 'string' || toolName === undefined) {
    throw invalid(`${path}.tool_call_id`, 'must be the id of a call in an earlier message');
  }
  return {
    type: 'tool-result',
    toolCallId: id,
    toolName,
    output: { type: 'text', value: textIn(message.content, path) },
  };
}

function textIn(content: unknown, path: string): string {
  if (content === null || content === undefined) return '';
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) throw invalid(`${path}.content`, 'must be text or a list of parts');
  return (content as unknown[])
    .map((part, index) => {
      const text = isJsonObject(part) ? (part.text ?? part.refusal) : undefined;
      if (typeof text !== 'string') throw invalid(`${path}.content[${index}]`, 'must be text in this message');
      return text;
    })
    .join('');
}

type UserPart = LanguageModelV3TextPart | LanguageModelV3FilePart;

function partsIn(content: unknown, path: string): UserPart[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  if (!Array.isArray(content)) throw invalid(`${path}.content`, 'must be text or a list of parts');
  return (content as unknown[]).map((part, index) => userPart(part, `${path}.content[${index}]`));
}

function userPart(part: unknown, path: string): UserPart {
  const { type, text, image_url: image, input_audio: sound, file } = isJsonObject(part) ? part : {};
  if (type === 'text' && typeof text === 'string') return { type, text };
  if (type === 'image_url' && isJsonObject(image) && typeof image.url === 'string') {
    return filePart(image.url, 'image/*', path);
  }
  if (type === 'input_audio' && isJsonObject(sound) && typeof sound.data === 'string') {
    const format = typeof sound.format === 'string' ? sound.format : 'wav';
    return {
      type: 'file',
      mediaType: format === 'mp3' ? 'audio/mpeg' : `audio/${format}`,
      data: sound.data,
    };
  }
  if (type === 'file' && isJsonObject(file) && typeof file.file_data === 'string') {
    const { filename } = file;
    const found = filePart(file.file_data, 'application/pdf', path);
    return typeof filename === 'string' ? { ...found, filename } : found;
  }
  throw invalid(path, 'must be text, an image, sound, or a file with its data');
}

/** Bytes are passed as base64 text, URLs for the model to fetch. */
function filePart(url: string, usualType: string, path: string): LanguageModelV3FilePart {
  const [, mediaType = '', data] = /^data:([^;,]*)(?:;[^,]*)?;base64,(.*)$/s.exec(url) ?? [];
  if (data !== undefined) return { type: 'file', mediaType: mediaType || usualType, data };
  if (!/^https?:/.test(url) || !URL.canParse(url)) throw invalid(path, 'must be a data URL in base64, or a URL');
  return { type: 'file', mediaType: usualType, data: new URL(url) };
}
