import { GatewayError, isJsonObject, type JsonObject } from '@portico/core';
import type { EncodeTarget } from '@portico/core/provider';
import { append } from '../shared/append.js';
import { annotationsFromCitations } from './annotations-from-citations.js';
import { ChatOrder } from './chat-order.js';
import { finishToChat } from './finish-to-chat.js';
import { isSignedThinking } from './signed-thinking.js';
import { ANSWER_TOOL } from './structured-output.js';
import { usageToChat } from './usage-to-chat.js';

/**
 * A whole answer as a chat completion. Thinking is in `reasoning_content` as text and in `thinking_blocks` with its
 * signatures; what only this API has is in `provider_specific_fields.content_blocks`, every block unchanged.
 */
export function chatAnswer(answer: JsonObject, target: EncodeTarget, providerName = 'Anthropic'): JsonObject {
  if (!Array.isArray(answer.content)) {
    throw new GatewayError('upstream_error', `${providerName} answered with JSON that is not a message.`, {
      upstreamStatus: 200,
    });
  }
  const blocks = (answer.content as unknown[]).filter(isJsonObject);
  const calls = blocks.filter(({ type, name }) => type === 'tool_use' && name !== ANSWER_TOOL);
  const usage = isJsonObject(answer.usage) ? usageToChat(answer.usage) : undefined;
  return {
    id: answer.id,
    object: 'chat.completion',
    created: target.createdAt,
    model: answer.model ?? target.model,
    choices: [
      { index: 0, message: messageOf(blocks, calls), logprobs: null, ...finishToChat(answer, calls.length > 0) },
    ],
    ...(usage === undefined ? {} : { usage: usage.shown }),
    ...serviceTier(answer.usage),
  };
}

/** OpenAI's names of the tiers that both have. */
export function serviceTier(usage: unknown): { service_tier?: string } {
  const tier = isJsonObject(usage) ? usage.service_tier : undefined;
  if (tier === 'standard') return { service_tier: 'default' };
  return tier === 'priority' || tier === 'flex' ? { service_tier: tier } : {};
}

function messageOf(blocks: readonly JsonObject[], calls: readonly JsonObject[]): JsonObject {
  const order = new ChatOrder();
  const annotations: JsonObject[] = [];
  let text = '';
  let reasoning = '';
  for (const block of blocks) {
    order.begin(block);
    order.end(block);
    if (block.type === 'text' && typeof block.text === 'string') {
      append(annotations, annotationsFromCitations(block, text.length));
      text += block.text;
    } else if (block.type === 'thinking' && typeof block.thinking === 'string') {
      reasoning += block.thinking;
    }
  }
  const structured = blocks.find(({ type, name }) => type === 'tool_use' && name === ANSWER_TOOL);
  const thinking = blocks.filter(isSignedThinking);
  const content = structured === undefined ? text : JSON.stringify(structured.input ?? {});
  return {
    role: 'assistant',
    content: content === '' && calls.length > 0 ? null : content,
    refusal: null,
    ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
    ...(thinking.length === 0 ? {} : { thinking_blocks: thinking }),
    ...(calls.length === 0 ? {} : { tool_calls: calls.map(toolCall) }),
    ...(annotations.length === 0 ? {} : { annotations }),
    ...(order.isBroken ? { provider_specific_fields: { content_blocks: blocks } } : {}),
  };
}

function toolCall({ id, name, input }: JsonObject): JsonObject {
  return { id, type: 'function', function: { name, arguments: JSON.stringify(input ?? {}) } };
}
