import { type EncodeTarget, isJsonObject, type JsonObject } from '@portico/core';
import { annotationsFromGrounding } from './annotations-from-grounding.js';
import { unreadableCall, withoutCandidates } from './answer-failures.js';
import { CandidateReader } from './candidate-reader.js';
import { finishToChat, isBrokenCall } from './finish-to-chat.js';
import { logprobsToChat } from './logprobs-to-chat.js';
import { usageToChat } from './usage-to-chat.js';

/**
 * A whole answer as a chat completion. Thoughts are in `reasoning_content`. Signatures are in `provider_specific_fields`
 * of the tool call, the image or the message they belong to; what only this wire can say, in those of the choice.
 */
export function chatAnswer(answer: JsonObject, target: EncodeTarget, who: string): JsonObject {
  const candidates = candidatesOf(answer);
  if (candidates.length === 0) throw withoutCandidates(answer, who);
  const usage = isJsonObject(answer.usageMetadata) ? usageToChat(answer.usageMetadata) : undefined;
  const choices = candidates.map((candidate, place) => choiceOf(candidate, place, callIds(answer, target, place), who));
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

/** The answer's own id, or one made from when it was asked for. */
export function idOf({ responseId }: JsonObject, target: EncodeTarget): string {
  return typeof responseId === 'string' && responseId !== '' ? responseId : `chatcmpl-${target.createdAt}`;
}

/** How ids of calls begin for which the vendor has none: by the answer and the choice, so that no two are the same. */
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

function choiceOf(candidate: JsonObject, place: number, ids: string, who: string): JsonObject {
  const reader = new CandidateReader(ids);
  let text = '';
  let reasoning = '';
  let sound = '';
  const calls: JsonObject[] = [];
  const images: JsonObject[] = [];
  const teller = {
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
  for (const part of partsOf(candidate)) reader.read(part, teller);
  reader.endCall(teller);
  const isEmpty = text === '' && calls.length === 0 && images.length === 0;
  if (isEmpty && isBrokenCall(candidate.finishReason)) throw unreadableCall(candidate.finishReason, who);

  const annotations = annotationsFromGrounding(candidate.groundingMetadata, text);
  const { carried } = reader;
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
      ...(carried === undefined ? {} : { provider_specific_fields: carried }),
    },
    logprobs: logprobsToChat(candidate.logprobsResult),
    ...finishToChat(candidate, calls.length > 0),
  };
}

/** The answers that an answer holds, one for each that was asked for. */
export function candidatesOf({ candidates }: JsonObject): readonly JsonObject[] {
  return Array.isArray(candidates) ? (candidates as unknown[]).filter(isJsonObject) : [];
}

/** The parts of a candidate; none where the vendor left them out, as it does where the bound cut its thoughts. */
export function partsOf({ content }: JsonObject): readonly unknown[] {
  return isJsonObject(content) && Array.isArray(content.parts) ? (content.parts as unknown[]) : [];
}
