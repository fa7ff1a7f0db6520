import { isJsonObject, type JsonObject } from '@portico/core';
import type { EncodeTarget } from '@portico/core/provider';
import { dropParameter, invalid } from '../shared/drop-parameter.js';
import type { Turn } from './messages-from-chat.js';
import type { Effort, ModelFamily } from './model-families.js';

/** How much the model thinks, in the parameters of this API. */
export interface Reasoning {
  readonly thinking: JsonObject | undefined;
  /** For `output_config`. */
  readonly effort: Effort | undefined;
}

/** Reads `reasoning_effort`, and `thinking` for clients that use this API's own parameter. */
export function reasoningFromChat(
  request: JsonObject,
  family: ModelFamily,
  target: EncodeTarget,
  clientsMaxTokens: number | undefined,
): Reasoning {
  const effort = request.reasoning_effort ?? undefined;
  if (effort !== undefined && !isAskedEffort(effort)) {
    throw invalid('reasoning_effort', `"reasoning_effort" must be one of ${Object.keys(BUDGETS).join(', ')}.`);
  }
  const own = request.thinking ?? undefined;
  if (own !== undefined) {
    if (!isJsonObject(own)) throw invalid('thinking', '"thinking" must be an object.');
    const thinking = suitable(own, family, target, clientsMaxTokens);
    return { thinking, effort: effort === undefined ? undefined : nearestEffort(effort, family) };
  }
  if (effort === undefined) return NO_REASONING;
  if (effort === 'none') return withoutThinking(family, target);
  switch (family.thinking) {
    case 'none':
      dropParameter(target, 'reasoning_effort', 'The model does not think before it answers.');
      return NO_REASONING;
    case 'budget':
      return { thinking: budgeted(BUDGETS[effort], target, clientsMaxTokens), effort: undefined };
    default:
      return { thinking: { type: 'adaptive' }, effort: nearestEffort(effort, family) };
  }
}

/** True if thinking has a fixed budget, with which the API allows fewer parameters than with adaptive thinking. */
export function hasBudget(thinking: JsonObject | undefined): boolean {
  return thinking?.type === 'enabled';
}

/**
 * True if the model waits for results of calls that it made without thinking first. The API does not allow thinking
 * in such a turn, and most clients lose the thinking of a turn.
 */
export function lacksThinking(turns: readonly Turn[]): boolean {
  const called = turns.findLast(({ role }) => role === 'assistant');
  const isAnswered = turns.at(-1)?.content[0]?.type === 'tool_result';
  const opening = called?.content[0]?.type;
  return isAnswered && opening !== 'thinking' && opening !== 'redacted_thinking';
}

type AskedEffort = 'none' | 'minimal' | Effort;

const NO_REASONING: Reasoning = { thinking: undefined, effort: undefined };

/** Tokens; 1,024 is the minimum of the API. The three in the middle are LiteLLM's, which most clients know. */
const BUDGETS: Readonly<Record<AskedEffort, number>> = {
  none: 0,
  minimal: 1_024,
  low: 1_024,
  medium: 2_048,
  high: 4_096,
  xhigh: 8_192,
  max: 16_384,
};
const LEAST_BUDGET = 1_024;

function isAskedEffort(value: unknown): value is AskedEffort {
  return typeof value === 'string' && Object.hasOwn(BUDGETS, value);
}

/** The highest effort of the family that is not above the requested one: more would cost more than requested. */
function nearestEffort(asked: AskedEffort, family: ModelFamily): Effort | undefined {
  const most = ORDER.indexOf(asked === 'none' || asked === 'minimal' ? 'low' : asked);
  return family.efforts.findLast((effort) => ORDER.indexOf(effort) <= most);
}

const ORDER: readonly Effort[] = ['low', 'medium', 'high', 'xhigh', 'max'];

function withoutThinking(family: ModelFamily, target: EncodeTarget): Reasoning {
  if (family.thinking === 'none' || family.thinking === 'budget') return NO_REASONING;
  if (family.mayDisableThinking) return { thinking: { type: 'disabled' }, effort: undefined };
  target.warn('The model cannot answer without thinking; the smallest thinking budget was set.');
  return { thinking: undefined, effort: family.efforts[0] };
}

/** The client's limit covers thinking and answer together, as at OpenAI: half of it is left for the answer. */
function budgeted(tokens: number, target: EncodeTarget, clientsMaxTokens: number | undefined): JsonObject | undefined {
  const most = clientsMaxTokens === undefined ? tokens : Math.floor(clientsMaxTokens / 2);
  if (most >= LEAST_BUDGET) return { type: 'enabled', budget_tokens: Math.min(tokens, most) };
  if ((clientsMaxTokens ?? 0) > LEAST_BUDGET) return { type: 'enabled', budget_tokens: LEAST_BUDGET };
  target.warn(`The model does not think: ${LEAST_BUDGET} tokens, the minimum for thinking, exceed the output limit.`);
  return undefined;
}

/** The API's own parameter, in the form that the family supports. */
function suitable(
  thinking: JsonObject,
  family: ModelFamily,
  target: EncodeTarget,
  clientsMaxTokens: number | undefined,
): JsonObject | undefined {
  if (thinking.type === 'enabled' && family.thinking === 'adaptive') {
    target.warn('"thinking.budget_tokens" was left out: the model chooses its thinking budget itself.');
    const { budget_tokens: _without, ...rest } = thinking;
    return { ...rest, type: 'adaptive' };
  }
  if (thinking.type === 'adaptive' && family.thinking === 'budget') {
    target.warn('"thinking" got a fixed budget: the model does not choose its thinking budget itself.');
    return budgeted(BUDGETS.high, target, clientsMaxTokens);
  }
  if (thinking.type !== 'disabled' && family.thinking === 'none') {
    dropParameter(target, 'thinking', 'The model does not think before it answers.');
    return undefined;
  }
  if (thinking.type === 'disabled' && !family.mayDisableThinking) {
    target.warn('The model cannot answer without thinking.');
    return undefined;
  }
  return thinking;
}
