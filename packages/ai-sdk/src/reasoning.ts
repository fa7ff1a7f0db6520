import type { LanguageModelV3ReasoningPart, SharedV3ProviderMetadata, SharedV3ProviderOptions } from '@ai-sdk/provider';
import { isJsonObject, type JsonObject } from '@portico/core';

/** One block of thinking, with the data that its vendor needs back. */
export interface Thought {
  text: string;
  metadata: SharedV3ProviderMetadata | undefined;
}

/**
 * Fields of a message that carry thoughts back to the model unchanged: `thinking_blocks` for those that fit this
 * format (Claude's), else `provider_specific_fields.reasoning_parts`. Empty if nothing must come back.
 */
export function replayedThoughts(thoughts: readonly Thought[]): JsonObject {
  const kept = thoughts.filter(({ metadata }) => metadata !== undefined && Object.keys(metadata).length > 0);
  if (kept.length === 0) return {};
  const blocks = kept.map(thinkingBlock);
  if (blocks.every((block) => block !== undefined)) return { thinking_blocks: blocks };
  const parts = thoughts.map(({ text, metadata }) => ({ text, ...(metadata && { providerMetadata: metadata }) }));
  return { provider_specific_fields: { reasoning_parts: parts } };
}

function thinkingBlock({ text, metadata }: Thought): JsonObject | undefined {
  const { signature, redactedData: data } = metadata?.anthropic ?? {};
  if (typeof signature === 'string') return { type: 'thinking', thinking: text, signature };
  return typeof data === 'string' ? { type: 'redacted_thinking', data } : undefined;
}

/** The thoughts of an earlier assistant message, in the format that the model needs. */
export function reasoningFromChat(message: JsonObject): LanguageModelV3ReasoningPart[] {
  const { thinking_blocks: blocks, provider_specific_fields: kept, reasoning_content: text } = message;
  if (isJsonObject(kept) && Array.isArray(kept.reasoning_parts)) {
    return objectsIn(kept.reasoning_parts).map((part) => reasoning(part.text, optionsOf(part.providerMetadata)));
  }
  if (Array.isArray(blocks)) {
    return objectsIn(blocks).map(({ thinking, signature, data }) => {
      if (typeof data === 'string') return reasoning('', { anthropic: { redactedData: data } });
      return reasoning(thinking, typeof signature === 'string' ? { anthropic: { signature } } : undefined);
    });
  }
  return typeof text === 'string' && text !== '' ? [reasoning(text, undefined)] : [];
}

function reasoning(text: unknown, providerOptions: SharedV3ProviderOptions | undefined): LanguageModelV3ReasoningPart {
  return {
    type: 'reasoning',
    text: typeof text === 'string' ? text : '',
    ...(providerOptions && { providerOptions }),
  };
}

/**
 * The data of a model for a part, in the format in which it accepts it back: objects by the vendor's name, and no
 * other fields.
 */
export function optionsOf(kept: unknown): SharedV3ProviderOptions | undefined {
  if (!isJsonObject(kept)) return undefined;
  const own = Object.entries(kept).filter(([, value]) => isJsonObject(value));
  return own.length === 0 ? undefined : (Object.fromEntries(own) as SharedV3ProviderOptions); // as the model sent it
}

function objectsIn(list: readonly unknown[]): JsonObject[] {
  return list.filter(isJsonObject);
}
