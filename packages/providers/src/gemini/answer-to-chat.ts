import { isJsonObject, type JsonObject } from '@portico/core';
import type { EncodeTarget } from '@portico/core/provider';
import { annotationsFromGrounding } from './annotations-from-grounding.js';
import { unreadableCall, withoutCandidates } from './answer-failures.js';
import { CandidateReader } from './candidate-reader.js';
import { finishToChat, isBrokenCall } from './finish-to-chat.js';
import { logprobsToChat } from './logprobs-to-chat.js';
import { usageToChat } from './usage-to-chat.js';

/**
 * A whole answer as a chat completion. Thoughts are in `reasoning_content`. Signatures are in
 * `provider_specific_fields` of the tool call, the image or the message they belong to; what only this API has is in
 * those of the choice.
 */
export function chatAnswer(answer: JsonObject, target: EncodeTarget, providerName: string): JsonObject {
  const candidates = candidatesOf(answer);
  if (candidates.length === 0) throw withoutCandidates(answer, providerName);
  const usage = isJsonObject(answer.usageMetadata) ? usageToChat(answer.usageMetadata) : undefined;
  const choices = candidates.map((candidate, place) =>
    choiceOf(candidate, place, callIds(answer, target, place), providerName),
  );
  return {
    id: idOf(answer, target),
    object: 'chat.completion',
    created: target.createdAt,
    model: answer.modelVersion ?? target.model,
    choices,
    ...(usage === undefined ? {} : { usage: usage.shown }),
    ...serviceTier(answer.usageMetadata),
  };
}

/** The answer's own id, or one made from the time of the request. */
export function idOf({ responseId }: JsonObject, target: EncodeTarget): string {
  return typeof responseId === 'string' && responseId !== '' ? responseId : `chatcmpl-${target.createdAt}`;
}

/** Prefix for call ids if the vendor sends none: the answer and the choice, so that all are unique. */
export function callIds(answer: JsonObject, target: EncodeTarget, place: number): string {
  const own = idOf(answer, target)
    .replaceAll(/[^\w-]/g, '')
    .slice(0, 40);
  return place === 0 ? `call_${own}` : `call_${own}_${place}`;
}

/** OpenAI's names of the tiers that both have. */
export function serviceTier(usage: unknown): { service_tier?: string } {
  const tier = isJsonObject(usage) ? usage.serviceTier : undefined;
  if (tier === 'standard') return { service_tier: 'default' };
  return tier === 'priority' || tier === 'flex' ? { service_tier: tier } : {};
}

function choiceOf(candidate: JsonObject, place: number, ids: string, providerName: string): JsonObject {
  const reader = new CandidateReader(ids);
  let text = '';
  let reasoning = '';
  let sound = '';
  const calls: JsonObject[] = [];
  const images: JsonObject[] = [];
  const sink = {
    text: (piece: string) => {
      text += piece;
    },
    reasoning: (piece: string) => {
      reasoning += piece;
    },
    call: (call: JsonObject) => void calls.push(call),
    image: (image: JsonObject) => void images.push(image),
    audio: (data: string) => {
      sound += data;
    },
  };
  for (const part of partsOf(candidate)) reader.read(part, sink);
  reader.endCall(sink);
  const isEmpty = text === '' && calls.length === 0 && images.length === 0;
  if (isEmpty && isBrokenCall(candidate.finishReason)) throw unreadableCall(candidate.finishReason, providerName);

  const annotations = annotationsFromGrounding(candidate.groundingMetadata, text);
  const { replayState } = reader;
  return {
    index: typeof candidate.index === 'number' ? candidate.index : place,
    message: {
      role: 'assistant',
      content: text === '' && calls.length > 0 ? null : text,
      refusal: null,
      ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
      ...(images.length === 0 ? {} : { images }),
      ...(sound === '' ? {} : { audio: { id: `audio_${ids}`, data: sound, transcript: text, expires_at: 0 } }),
      ...(annotations.length === 0 ? {} : { annotations }),
      ...(replayState === undefined ? {} : { provider_specific_fields: replayState }),
    },
    logprobs: logprobsToChat(candidate.logprobsResult),
    ...finishToChat(candidate, calls.length > 0),
  };
}

/** The candidates of an answer, one for each requested one. */
export function candidatesOf({ candidates }: JsonObject): readonly JsonObject[] {
  return Array.isArray(candidates) ? (candidates as unknown[]).filter(isJsonObject) : [];
}

/** The parts of a candidate; none if the vendor left them out, as it does if the limit was reached while thinking. */
export function partsOf({ content }: JsonObject): readonly unknown[] {
  return isJsonObject(content) && Array.isArray(content.parts) ? (content.parts as unknown[]) : [];
}
