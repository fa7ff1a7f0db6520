import type {
  LanguageModelV3Content,
  LanguageModelV3File,
  LanguageModelV3GenerateResult,
  LanguageModelV3Source,
  LanguageModelV3ToolCall,
} from '@ai-sdk/provider';
import type { JsonObject } from '@portico/core';
import { sentencesOf, WARNING } from './collect-warnings.js';
import { finishToChat } from './finish-to-chat.js';
import { replayedThoughts, type Thought } from './reasoning.js';
import { usageToChat } from './usage-to-chat.js';

/** Values for an answer if the model does not have them. */
export interface AnswerHead {
  readonly id: string;
  /** Seconds since the epoch. */
  readonly created: number;
  readonly model: string;
}

/** A whole answer of a model as a chat completion. */
export function answerToChat(result: LanguageModelV3GenerateResult, head: AnswerHead): JsonObject {
  const { content, finishReason, usage, warnings, response } = result;
  const text = joined(content, 'text');
  const reasoning = joined(content, 'reasoning');
  const calls = content
    .filter((part) => part.type === 'tool-call')
    .filter(isClients)
    .map(callToChat);
  const images = content.filter((part) => part.type === 'file').flatMap(imageToChat);
  const annotations = content.filter((part) => part.type === 'source').flatMap(annotationToChat);
  const thoughts: Thought[] = content
    .filter((part) => part.type === 'reasoning')
    .map((part) => ({ text: part.text, metadata: part.providerMetadata }));
  const counted = usageToChat(usage);
  return {
    id: response?.id ?? head.id,
    object: 'chat.completion',
    created: head.created,
    model: response?.modelId ?? head.model,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: text === '' && calls.length > 0 ? null : text,
          refusal: null,
          ...(reasoning !== '' && { reasoning_content: reasoning }),
          ...replayedThoughts(thoughts),
          ...(calls.length > 0 && { tool_calls: calls }),
          ...(images.length > 0 && { images }),
          ...(annotations.length > 0 && { annotations }),
        },
        logprobs: null,
        finish_reason: finishToChat(finishReason, calls.length > 0),
      },
    ],
    ...(counted && { usage: counted }),
    ...(warnings.length > 0 && { [WARNING]: sentencesOf(warnings) }),
  };
}

function joined(content: readonly LanguageModelV3Content[], type: 'text' | 'reasoning'): string {
  return content.map((part) => (part.type === type ? part.text : '')).join('');
}

/** Tools that the vendor runs are not shown. */
export function isClients({ providerExecuted }: { readonly providerExecuted?: boolean | undefined }): boolean {
  return providerExecuted !== true;
}

export function callToChat({
  toolCallId: id,
  toolName: name,
  input,
  providerMetadata,
}: LanguageModelV3ToolCall): JsonObject {
  return {
    id,
    type: 'function',
    function: { name, arguments: input },
    ...(providerMetadata && { provider_specific_fields: providerMetadata }),
  };
}

/** An image from a model, where clients look for it; chat has no place for other files. */
export function imageToChat({ mediaType, data }: LanguageModelV3File): JsonObject[] {
  if (!mediaType.startsWith('image/')) return [];
  const base64 = typeof data === 'string' ? data : base64Of(data);
  return [{ type: 'image_url', image_url: { url: `data:${mediaType};base64,${base64}` } }];
}

function base64Of(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

export function annotationToChat(source: LanguageModelV3Source): JsonObject[] {
  if (source.sourceType !== 'url') return [];
  const { url, title = url } = source;
  return [{ type: 'url_citation', url_citation: { url, title, start_index: 0, end_index: 0 } }];
}
