import type { Codec, EncodeTarget, JsonObject } from '@portico/core';
import { warnOnce } from '../shared/warn-once.js';
import { chatAnswer } from './answer-to-chat.js';
import { contentsFromChat } from './contents-from-chat.js';
import { jsonArrayFraming } from './json-array-framing.js';
import { familyOf } from './model-families.js';
import { parametersFromChat } from './parameters-from-chat.js';
import { openChatStream } from './stream-to-chat.js';
import { structuredOutputFromChat } from './structured-output.js';
import type { Surface } from './surface.js';
import { thinkingFromChat } from './thinking-from-chat.js';
import { hasTools, toolsFromChat } from './tools-from-chat.js';

/** Chat completions told in generateContent. `asCounted` makes of a request the one that counts its tokens. */
export function chatCompletions(
  surface: Surface,
  asCounted: (request: JsonObject, model: string) => JsonObject,
): Codec {
  return {
    encode: (request, target) => encode(request, warnOnce(target), surface),
    decode: (answer, target) => chatAnswer(answer, target, surface.who),
    openStream: (target) => openChatStream(target, surface.who),
    framing: jsonArrayFraming,
    counting: {
      encode: (request, target) => asCounted(encode(request, warnOnce(target), surface), target.model),
      tokensIn: ({ totalTokens }) => (typeof totalTokens === 'number' ? totalTokens : undefined),
    },
  };
}

function encode(request: JsonObject, target: EncodeTarget, surface: Surface): JsonObject {
  const family = familyOf(target.baseModel);
  // The operation has checked that it is a list of objects, each with a role.
  const messages = request.messages as JsonObject[];
  const structured = structuredOutputFromChat(request, family, target, hasTools(request));
  const { instructions, contents } = contentsFromChat(messages, family, surface, target, structured.instruction);
  const { tools, config: toolConfig } = toolsFromChat(request, family, surface, target, structured.answerFunction);
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
