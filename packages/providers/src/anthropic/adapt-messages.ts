import { isJsonObject, type JsonObject } from '@portico/core';
import type { EncodeTarget } from '@portico/core/provider';
import { BRIDGED_REASONING } from '@portico/core/provider';
import { mapMarks } from '../shared/cache-marks.js';
import { warnOnce } from '../shared/warn-once.js';
import { without } from '../shared/without.js';
import { familyOf } from './model-families.js';
import { hasBudget, lacksThinking } from './reasoning-from-chat.js';
import { isSignedThinking } from './signed-thinking.js';

/** What a Messages request may carry at a host of this API, where that differs from Anthropic. */
export interface MessagesHost {
  /** Marks for the cache have only a `type`: no `ttl` and no `scope`. */
  readonly plainMarks?: true;
  /** `cache_control` must not be at the top level of the body; it goes to the last block instead. */
  readonly topLevelMark?: false;
  /** The only fields of the body. */
  readonly fields?: readonly string[];
  /** Fields, and fields of tools, that need their beta in `anthropic_beta` of the body, by the beta's name without a date. */
  readonly bodyBetas?: { readonly fields: Betas; readonly tools: Betas };
}

type Betas = Readonly<Record<string, string>>;

/**
 * Amazon Bedrock's InvokeModel. Betas of the client's header do not reach the body, so a field stays only if the body
 * itself names its beta (https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html).
 */
export const BEDROCK_HOST: MessagesHost = {
  topLevelMark: false,
  fields: [
    'anthropic_version',
    'anthropic_beta',
    'max_tokens',
    'messages',
    'system',
    'stop_sequences',
    'tools',
    'tool_choice',
    'thinking',
    'output_config',
    'metadata',
    'context_management',
    'temperature',
    'top_p',
    'top_k',
    'model',
    'stream',
  ],
  bodyBetas: {
    fields: { context_management: 'context-management' },
    tools: {
      eager_input_streaming: 'fine-grained-tool-streaming',
      defer_loading: 'tool-search-tool',
      input_examples: 'tool-examples',
    },
  },
};

/** Other vendors with this API: their caches have one lifetime. */
export const FOREIGN_HOST: MessagesHost = { plainMarks: true };

/** A Messages request as a Claude at this host accepts it. Everything else passes. */
export function adaptToClaude(request: JsonObject, given: EncodeTarget, host: MessagesHost = {}): JsonObject {
  const target = warnOnce(given);
  return adaptToHost(withOwnThinking(withoutSystemMidway(request, target), target), target, host);
}

/** A Messages request of any model at this host. */
export function adaptToHost(request: JsonObject, given: EncodeTarget, host: MessagesHost): JsonObject {
  const target = warnOnce(given);
  let body = host.topLevelMark === false ? withMarkOnBlock(request) : request;
  if (host.plainMarks) body = mapMarks(body, ({ type }) => ({ type }));
  if (host.bodyBetas) body = withoutBetaFields(body, host.bodyBetas, target);
  const { fields } = host;
  if (fields === undefined) return body;
  for (const name of Object.keys(body)) {
    if (fields.includes(name)) continue;
    target.warn(`"${name.slice(0, 64)}" was left out: this host does not support it.`);
    body = without(body, name);
  }
  return body;
}

/** Removes thinking that the gateway sealed for another vendor: no vendor with this API can read it. */
export function withoutBridgedThinking(request: JsonObject): JsonObject {
  return withBlocks(request, (block) => !isBridged(block));
}

function isBridged({ type, signature }: JsonObject): boolean {
  return type === 'thinking' && typeof signature === 'string' && signature.startsWith(BRIDGED_REASONING);
}

/** Claude accepts only thinking that it signed. */
function withOwnThinking(request: JsonObject, target: EncodeTarget): JsonObject {
  const kept = withBlocks(request, (block) => {
    if (block.type !== 'thinking' && block.type !== 'redacted_thinking') return true;
    return isSignedThinking(block) && !isBridged(block);
  });
  if (kept === request) return request;
  target.warn('Thinking of an earlier turn was left out: it has no signature of this vendor.');
  const turns = (kept.messages as unknown[]).filter(isTurn);
  const { thinking } = kept;
  if (!isJsonObject(thinking) || !hasBudget(thinking) || !lacksThinking(turns)) return kept;
  target.warn('The model does not think before this answer: the thinking that led to its tool calls is not its own.');
  return without(kept, 'thinking');
}

interface Turn {
  readonly role: 'user' | 'assistant';
  readonly content: JsonObject[];
}

function isTurn(message: unknown): message is Turn & JsonObject {
  return isJsonObject(message) && Array.isArray(message.content) && message.content.every(isJsonObject);
}

/** The request without the blocks of the model that are refused; the same object if there are none. */
function withBlocks(request: JsonObject, keeps: (block: JsonObject) => boolean): JsonObject {
  const { messages } = request;
  if (!Array.isArray(messages)) return request;
  let changed = false;
  const kept = (messages as unknown[]).flatMap((message) => {
    if (!isTurn(message) || message.role !== 'assistant' || message.content.every(keeps)) return [message];
    changed = true;
    const content = message.content.filter(keeps);
    // A message without content is refused.
    return content.length === 0 ? [] : [{ ...message, content }];
  });
  return changed ? { ...request, messages: kept } : request;
}

/** Older models accept system messages only at the top: a later one becomes text of the user's turn beside it. */
function withoutSystemMidway(request: JsonObject, target: EncodeTarget): JsonObject {
  const { messages } = request;
  if (!Array.isArray(messages) || familyOf(target.baseModel).systemMidway) return request;
  const isSystem = (message: unknown): message is JsonObject => isJsonObject(message) && message.role === 'system';
  if (!messages.some(isSystem)) return request;
  target.warn('A system message in the middle of the conversation became text of the user: the model has none there.');
  const turns: unknown[] = [];
  // Results of tools must come first in their message, so a text before them waits.
  let waiting: unknown[] = [];
  for (const message of messages as unknown[]) {
    const last = turns.at(-1);
    if (isSystem(message)) {
      if (isJsonObject(last) && last.role === 'user')
        turns[turns.length - 1] = { ...last, content: [...blocksOf(last.content), ...blocksOf(message.content)] };
      else waiting.push(...blocksOf(message.content));
      continue;
    }
    if (waiting.length === 0) turns.push(message);
    else if (isJsonObject(message) && message.role === 'user')
      turns.push({ ...message, content: [...blocksOf(message.content), ...waiting] });
    else turns.push({ role: 'user', content: waiting }, message);
    waiting = [];
  }
  if (waiting.length > 0) turns.push({ role: 'user', content: waiting });
  return { ...request, messages: turns };
}

function blocksOf(content: unknown): unknown[] {
  if (Array.isArray(content)) return content;
  return typeof content === 'string' && content !== '' ? [{ type: 'text', text: content }] : [];
}

/** The automatic mark, on the last block that can have one. */
function withMarkOnBlock({ cache_control: mark, ...request }: JsonObject): JsonObject {
  if (!isJsonObject(mark) || !Array.isArray(request.messages)) return request;
  const messages = request.messages as unknown[];
  const last = messages.at(-1);
  const blocks = isJsonObject(last) ? blocksOf(last.content) : [];
  const at = blocks.findLastIndex((block) => isJsonObject(block) && MARKABLE.has(block.type));
  if (!isJsonObject(last) || at < 0) return request;
  const content = blocks.with(at, { cache_control: mark, ...(blocks[at] as JsonObject) }); // found as an object
  return { ...request, messages: [...messages.slice(0, -1), { ...last, content }] };
}

const MARKABLE: ReadonlySet<unknown> = new Set(['text', 'image', 'document', 'tool_use', 'tool_result']);

/** A field and the beta that allows it go together, or not at all. */
function withoutBetaFields(
  request: JsonObject,
  { fields, tools }: NonNullable<MessagesHost['bodyBetas']>,
  target: EncodeTarget,
): JsonObject {
  const named = Array.isArray(request.anthropic_beta) ? (request.anthropic_beta as unknown[]).map(String) : [];
  const missing = (betas: Betas) =>
    Object.keys(betas).filter((field) => !named.some((beta) => beta.startsWith(betas[field] as string))); // its own key
  const drop = (holder: JsonObject, names: readonly string[]) =>
    names.reduce((kept, name) => {
      if (kept[name] === undefined) return kept;
      target.warn(`"${name}" was left out: its beta is not in "anthropic_beta" of the body.`);
      return without(kept, name);
    }, holder);
  const body = drop(request, missing(fields));
  if (!Array.isArray(body.tools)) return body;
  const names = missing(tools);
  return { ...body, tools: (body.tools as unknown[]).map((tool) => (isJsonObject(tool) ? drop(tool, names) : tool)) };
}
