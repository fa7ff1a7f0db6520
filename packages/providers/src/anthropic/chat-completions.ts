import { type Codec, type EncodeTarget, isJsonObject, type JsonObject } from '@portico/core';
import { invalid } from '../shared/leave-out.js';
import { warnOnce } from '../shared/warn-once.js';
import { chatAnswer } from './answer-to-chat.js';
import { type ConverseRules, conversationFromChat, type Turn } from './messages-from-chat.js';
import { familyOf, type ModelFamily } from './model-families.js';
import { parametersFromChat } from './parameters-from-chat.js';
import { hasBudget, lacksThinking, type Reasoning, reasoningFromChat } from './reasoning-from-chat.js';
import { openChatStream } from './stream-to-chat.js';
import { structuredOutputFromChat } from './structured-output.js';
import { isForced, toolsFromChat } from './tools-from-chat.js';

/** Chat completions told in Messages. */
export const chatCompletions: Codec = {
  encode: (request, target) => messagesRequest(request, target, familyOf(target.baseModel)),
  decode: (answer, target) => chatAnswer(answer, target),
  openStream: (target) => openChatStream(target),
  defaultMaxOutputTokens: (baseModel) => familyOf(baseModel).defaultMaxTokens,
};

/** Room for the answer beside a budget of thinking that fills the usual bound. Tokens. */
const ANSWER_TOKENS = 4_096;

/** A chat request as one of Messages, for a model of this family. */
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
 * Thinking by a budget goes neither with a forced call nor with a turn that began without thinking (400). What the client
 * can rely on, the call, wins over what only makes the answer better.
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
      'The model does not think before this answer: it must call a tool, and this wire allows one of the two.',
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

/** The last word of the assistant is the beginning of its answer here, if the model allows that at all. */
function endingWell(
  turns: readonly Turn[],
  family: ModelFamily,
  isThinking: boolean,
  target: EncodeTarget,
): readonly Turn[] {
  const last = turns.at(-1);
  const end = last?.content.at(-1);
  // A turn that ends in a tool the vendor runs is not a beginning: the vendor broke it off and goes on with it.
  if (last?.role !== 'assistant' || end?.type !== 'text' || typeof end.text !== 'string') return turns;
  if (!family.prefill || isThinking) {
    const reason = 'The model does not go on from words put into its mouth';
    if (!target.dropUnsupported) throw invalid('messages', `${reason}: the last message must be one of the user.`);
    target.warn(`${reason}; it was asked to continue.`);
    return [...turns, { role: 'user', content: [{ type: 'text', text: 'Continue.' }] }];
  }
  // White space at the end is refused.
  const text = end.text.trimEnd();
  return [...turns.slice(0, -1), { ...last, content: [...last.content.slice(0, -1), { ...end, text }] }];
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
