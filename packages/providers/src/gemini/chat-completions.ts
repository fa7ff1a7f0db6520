import type { JsonObject } from '@portico/core';
import type { Codec, EncodeTarget } from '@portico/core/provider';
import { warnOnce } from '../shared/warn-once.js';
import { chatAnswer } from './answer-to-chat.js';
import { contentsFromChat } from './contents-from-chat.js';
import type { GeminiVariant } from './gemini-variant.js';
import { jsonArrayFraming } from './json-array-framing.js';
import { familyOf } from './model-families.js';
import { parametersFromChat } from './parameters-from-chat.js';
import { createChatStream } from './stream-to-chat.js';
import { structuredOutputFromChat } from './structured-output.js';
import { thinkingFromChat } from './thinking-from-chat.js';
import { hasTools, toolsFromChat } from './tools-from-chat.js';

/** Chat completions through generateContent. `asCounted` converts a request to the one that counts its tokens. */
export function chatCompletions(
  variant: GeminiVariant,
  asCounted: (request: JsonObject, model: string) => JsonObject,
): Codec {
  return {
    encode: (request, target) => encode(request, warnOnce(target), variant),
    decode: (answer, target) => chatAnswer(answer, target, variant.providerName),
    openStream: (target) => createChatStream(target, variant.providerName),
    framing: jsonArrayFraming,
    readsThinking: true,
    counting: {
      encode: (request, target) => asCounted(encode(request, warnOnce(target), variant), target.model),
      tokensIn: ({ totalTokens }) => (typeof totalTokens === 'number' ? totalTokens : undefined),
    },
  };
}

function encode(request: JsonObject, target: EncodeTarget, variant: GeminiVariant): JsonObject {
  const family = familyOf(target.baseModel);
  // The operation has checked that it is a list of objects, each with a role.
  const messages = request.messages as JsonObject[];
  const structured = structuredOutputFromChat(request, family, target, hasTools(request));
  const { instructions, contents } = contentsFromChat(messages, family, variant, target, structured.instruction);
  const { tools, config: toolConfig } = toolsFromChat(request, family, variant, target, structured.answerFunction);
  const clientsMaxTokens = numberOf(request.max_completion_tokens) ?? numberOf(request.max_tokens);
  const maxOutputTokens = clientsMaxTokens ?? target.maxOutputTokens;
  const thinkingConfig = thinkingFromChat(request, family, target, clientsMaxTokens);
  const { config, beside } = parametersFromChat(request, target);

  const generationConfig = {
    ...config,
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
    ...structured.config,
    ...(thinkingConfig === undefined ? {} : { thinkingConfig }),
  };
  return {
    ...(instructions.length > 0 ? { systemInstruction: { parts: instructions } } : {}),
    contents,
    ...(tools.length > 0 ? { tools } : {}),
    ...(toolConfig === undefined ? {} : { toolConfig }),
    ...(Object.keys(generationConfig).length > 0 ? { generationConfig } : {}),
    ...beside,
  };
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
