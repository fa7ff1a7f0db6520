import { isJsonObject, type JsonObject } from '@portico/core';
import type { Codec, EncodeTarget } from '@portico/core/provider';
import { invalid } from '../shared/drop-parameter.js';
import { warnOnce } from '../shared/warn-once.js';
import { chatAnswer } from './answer-to-chat.js';
import { type ConverseRules, conversationFromChat, type Turn } from './messages-from-chat.js';
import { familyOf, type ModelFamily } from './model-families.js';
import { parametersFromChat } from './parameters-from-chat.js';
import { hasBudget, lacksThinking, type Reasoning, reasoningFromChat } from './reasoning-from-chat.js';
import { createChatStream } from './stream-to-chat.js';
import { structuredOutputFromChat } from './structured-output.js';
import { isForced, toolsFromChat } from './tools-from-chat.js';

/** Chat completions through the Messages API. */
export const chatCompletions: Codec = {
  encode: (request, target) => messagesRequest(request, target, familyOf(target.baseModel)),
  decode: (answer, target) => chatAnswer(answer, target),
  openStream: (target) => createChatStream(target),
  readsThinking: true,
  defaultMaxOutputTokens: (baseModel) => familyOf(baseModel).defaultMaxTokens,
};

/** Tokens for the answer in addition to a thinking budget that uses up the default limit. */
const ANSWER_TOKENS = 4_096;

/** Translates a chat request to a Messages request, for a model of this family. */
export function messagesRequest(
  request: JsonObject,
  givenTarget: EncodeTarget,
  family: ModelFamily,
  converse?: ConverseRules,
): JsonObject {
  const target = warnOnce(givenTarget);
  // The operation has checked that it is a list of objects, each with a role.
  const conversation = conversationFromChat(request.messages as JsonObject[], family, target, converse);
  const structured = structuredOutputFromChat(request, family, target);
  const { tools, choice } = toolsFromChat(request, family, target, conversation.calledTools, structured.tool);
  const clientsMaxTokens = numberOf(request.max_completion_tokens) ?? numberOf(request.max_tokens);
  const wanted = reasoningFromChat(request, family, target, clientsMaxTokens);
  const { thinking, effort } = allowed(wanted, choice, conversation.turns, target);
  const isThinking = thinking !== undefined && thinking.type !== 'disabled';

  const system = [...conversation.system];
  if (structured.instruction !== undefined) system.push({ type: 'text', text: structured.instruction });
  const outputConfig = {
    ...(isJsonObject(request.output_config) ? request.output_config : {}),
    ...(effort === undefined ? {} : { effort }),
    ...(structured.format === undefined ? {} : { format: structured.format }),
  };
  return {
    model: target.model,
    max_tokens: clientsMaxTokens ?? defaultMaxTokens(target.maxOutputTokens ?? family.defaultMaxTokens, thinking),
    ...(system.length > 0 ? { system } : {}),
    messages: endingWell(conversation.turns, family, isThinking, target),
    ...(tools.length > 0 ? { tools } : {}),
    ...(choice === undefined ? {} : { tool_choice: choice }),
    ...(thinking === undefined ? {} : { thinking }),
    ...(Object.keys(outputConfig).length > 0 ? { output_config: outputConfig } : {}),
    ...parametersFromChat(request, { family, target, isThinking }),
    ...(target.stream ? { stream: true } : {}),
  };
}

/**
 * A thinking budget is not allowed together with a forced call or in a turn that began without thinking (400). The
 * call, on which the client relies, takes precedence over thinking, which only improves the answer.
 */
function allowed(
  wanted: Reasoning,
  choice: JsonObject | undefined,
  turns: readonly Turn[],
  target: EncodeTarget,
): Reasoning {
  if (!hasBudget(wanted.thinking)) return wanted;
  if (isForced(choice)) {
    target.warn(
      'The model does not think before this answer: it must call a tool, and this API allows only one of the two.',
    );
  } else if (lacksThinking(turns)) {
    target.warn(
      'The model does not think before this answer: the thinking that led to its tool calls was not sent back.',
    );
  } else {
    return wanted;
  }
  return { ...wanted, thinking: undefined };
}

function defaultMaxTokens(usual: number, thinking: JsonObject | undefined): number {
  const budget = numberOf(thinking?.budget_tokens) ?? 0;
  return Math.max(usual, budget + ANSWER_TOKENS);
}

/** A last assistant message is the beginning of the answer (prefill), if the model supports that. */
function endingWell(
  turns: readonly Turn[],
  family: ModelFamily,
  isThinking: boolean,
  target: EncodeTarget,
): readonly Turn[] {
  const last = turns.at(-1);
  const end = last?.content.at(-1);
  // A turn that ends in a tool the vendor runs is not a prefill: the vendor paused it and continues it.
  if (last?.role !== 'assistant' || end?.type !== 'text' || typeof end.text !== 'string') return turns;
  if (!family.prefill || isThinking) {
    const reason = 'The model does not support assistant prefill';
    if (!target.dropUnsupported) throw invalid('messages', `${reason}: the last message must be from the user.`);
    target.warn(`${reason}; a request to continue was added.`);
    return [...turns, { role: 'user', content: [{ type: 'text', text: 'Continue.' }] }];
  }
  // White space at the end is rejected.
  const text = end.text.trimEnd();
  return [...turns.slice(0, -1), { ...last, content: [...last.content.slice(0, -1), { ...end, text }] }];
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
