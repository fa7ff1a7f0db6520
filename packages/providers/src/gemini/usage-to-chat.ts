import { isJsonObject, type JsonObject, type Usage } from '@portico/core';
import type { Provider } from '@portico/core/provider';

/** The usage of one answer, for accounting and for the client. */
export interface ChatUsage {
  readonly buckets: Usage;
  /** OpenAI's `usage` object. */
  readonly shown: JsonObject;
}

/** What an answer of the API, or the latest part of a streamed one, reports about itself. */
export function toldByAnswer({
  usageMetadata,
  modelVersion,
}: JsonObject): ReturnType<NonNullable<Provider['readReportedUsage']>> {
  const used = isJsonObject(usageMetadata) ? usageToChat(usageMetadata) : undefined;
  return used && { usage: used.buckets, model: typeof modelVersion === 'string' ? modelVersion : undefined };
}

/**
 * Reads the API's `usageMetadata`, whose prompt includes cached tokens, and whose candidates exclude thoughts.
 * Undefined if the vendor did not count.
 */
export function usageToChat(usage: JsonObject): ChatUsage | undefined {
  const prompt = count(usage.promptTokenCount) + count(usage.toolUsePromptTokenCount);
  const visible = count(usage.candidatesTokenCount);
  const thoughts = count(usage.thoughtsTokenCount);
  const total = count(usage.totalTokenCount);
  if (prompt + visible + thoughts === 0) return undefined;

  // Some answers count thoughts in the candidates, some only in the total: the total minus the prompt
  // is the output.
  const completion = total > prompt ? total - prompt : visible + thoughts;
  const reasoning = Math.min(Math.max(thoughts, completion - visible), completion);
  const cached = Math.min(count(usage.cachedContentTokenCount), prompt);

  const input = [usage.promptTokensDetails, usage.toolUsePromptTokensDetails];
  const audioInput = Math.min(
    tokensOf('AUDIO', input) - Math.min(tokensOf('AUDIO', [usage.cacheTokensDetails]), cached),
    prompt - cached,
  );
  const audioInputTokens = Math.max(0, audioInput);
  const output = [usage.candidatesTokensDetails];
  const audioOutputTokens = Math.min(tokensOf('AUDIO', output), completion - reasoning);
  const imageInput = tokensOf('IMAGE', input);
  const imageOutput = tokensOf('IMAGE', output);
  return {
    buckets: {
      inputTokens: prompt - cached - audioInputTokens,
      cacheReadTokens: cached,
      cacheWriteTokens: 0,
      cacheWriteHourTokens: 0,
      outputTokens: completion - reasoning - audioOutputTokens,
      reasoningTokens: reasoning,
      audioInputTokens,
      audioOutputTokens,
      estimated: false,
    },
    shown: {
      prompt_tokens: prompt,
      completion_tokens: completion,
      total_tokens: prompt + completion,
      prompt_tokens_details: {
        cached_tokens: cached,
        audio_tokens: audioInputTokens,
        ...(imageInput === 0 ? {} : { image_tokens: imageInput }),
      },
      completion_tokens_details: {
        reasoning_tokens: reasoning,
        audio_tokens: audioOutputTokens,
        ...(imageOutput === 0 ? {} : { image_tokens: imageOutput }),
      },
    },
  };
}

/**
 * The usage of a stream so far. Counts are running totals, of which the last counts; a frame with fewer fields does
 * not remove earlier ones.
 */
export function updateUsage(known: JsonObject, said: unknown): JsonObject {
  return isJsonObject(said) ? { ...known, ...said } : known;
}

/** Kinds of content are names, or numbers if the server was asked for those. */
const NUMBERS: Readonly<Record<string, number>> = { IMAGE: 2, AUDIO: 4 };

function tokensOf(modality: string, lists: readonly unknown[]): number {
  let tokens = 0;
  for (const list of lists) {
    if (!Array.isArray(list)) continue;
    for (const detail of (list as unknown[]).filter(isJsonObject)) {
      if (detail.modality === modality || detail.modality === NUMBERS[modality]) tokens += count(detail.tokenCount);
    }
  }
  return tokens;
}

function count(value: unknown): number {
  return typeof value === 'number' && value > 0 && Number.isFinite(value) ? Math.round(value) : 0;
}
