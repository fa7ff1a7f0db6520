import { isJsonObject, type JsonObject } from '@portico/core';
import type { EncodeTarget } from '@portico/core/provider';
import { without } from '../shared/without.js';

/**
 * What Mistral's models need beyond the common rules (https://docs.mistral.ai/api): thoughts and files are content
 * parts, a prefill is marked, and tools that may not be called are removed.
 */
export function adaptMistralRequest(body: JsonObject, target: EncodeTarget): void {
  // With `none` and tools, the model writes calls as text.
  if (body.tool_choice === 'none') {
    delete body.tools;
    delete body.tool_choice;
  }
  if (!Array.isArray(body.messages)) return;
  const thinks =
    /magistral/.test(target.baseModel) ||
    (typeof body.reasoning_effort === 'string' && body.reasoning_effort !== 'none');
  const messages = (body.messages as unknown[]).map((message) => {
    if (!isJsonObject(message)) return message;
    return message.role === 'assistant' ? assistantMessage(message, thinks, target) : withOwnParts(message);
  });
  const last = messages.at(-1);
  if (isJsonObject(last) && last.role === 'assistant' && last.prefix === undefined) {
    messages[messages.length - 1] = { ...last, prefix: true };
  }
  body.messages = messages;
}

/** Unknown fields are rejected. */
const UNKNOWN_FIELDS = [
  'reasoning',
  'reasoning_details',
  'provider_specific_fields',
  'refusal',
  'annotations',
  'audio',
];

function assistantMessage(message: JsonObject, thinks: boolean, target: EncodeTarget): JsonObject {
  const { reasoning_content: thoughts } = message;
  const told = [...UNKNOWN_FIELDS, 'reasoning_content'].reduce(without, message);
  if (typeof thoughts !== 'string' || thoughts === '') return told;
  if (!thinks) {
    target.warn('"messages[].reasoning_content" was dropped: the model does not think.');
    return told;
  }
  const thinking = { type: 'thinking', thinking: [{ type: 'text', text: thoughts }] };
  return { ...told, content: [thinking, ...partsOf(told.content)] };
}

function partsOf(content: unknown): unknown[] {
  if (Array.isArray(content)) return content;
  return typeof content === 'string' && content !== '' ? [{ type: 'text', text: content }] : [];
}

function withOwnParts(message: JsonObject): JsonObject {
  if (!Array.isArray(message.content)) return message;
  return { ...message, content: (message.content as unknown[]).map(ownPart) };
}

function ownPart(part: unknown): unknown {
  if (!isJsonObject(part)) return part;
  const { type, file, input_audio: sound } = part;
  if (type === 'input_audio' && isJsonObject(sound)) return { type, input_audio: sound.data };
  if (type !== 'file' || !isJsonObject(file)) return part;
  if (file.file_data === undefined) return { type, file_id: file.file_id };
  const named = typeof file.filename === 'string' ? { document_name: file.filename } : {};
  return { type: 'document_url', document_url: file.file_data, ...named };
}
