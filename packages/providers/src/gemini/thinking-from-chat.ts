import { isJsonObject, type JsonObject } from '@portico/core';
import type { EncodeTarget } from '@portico/core/provider';
import { dropParameter, invalid } from '../shared/drop-parameter.js';
import type { ModelFamily, Thinking, ThinkingLevel } from './model-families.js';

/**
 * Converts `reasoning_effort`, and `thinking` of the Messages API, to `generationConfig.thinkingConfig`. Thoughts are
 * included if thinking was requested, and not if it was disabled.
 */
export function thinkingFromChat(
  request: JsonObject,
  family: ModelFamily,
  target: EncodeTarget,
  clientsMaxTokens: number | undefined,
): JsonObject | undefined {
  const own = request.thinking ?? undefined;
  const effort = own === undefined ? (request.reasoning_effort ?? undefined) : effortOf(own);
  if (effort !== undefined && !isEffort(effort)) {
    throw invalid('reasoning_effort', `"reasoning_effort" must be one of ${Object.keys(BUDGETS).join(', ')}.`);
  }
  const budget = isJsonObject(own) ? own.budget_tokens : undefined;
  const name = own === undefined ? 'reasoning_effort' : 'thinking';
  const { thinking } = family;
  if (effort === 'none') return withoutThinking(thinking, target);
  if (effort === undefined && own === undefined) return undefined;
  if (thinking.by === 'nothing') {
    dropParameter(target, name, 'The model does not think before it answers.');
    return undefined;
  }
  if (typeof budget === 'number') {
    // The newest models still accept a number of tokens, and convert it to a level themselves.
    return thinking.by === 'itself' ? SHOWN : { ...SHOWN, thinkingBudget: withinRange(budget, thinking) };
  }
  if (effort === undefined) return SHOWN;
  switch (thinking.by) {
    case 'itself':
      target.warn(`"${name}" was left out: the model chooses its thinking budget itself.`);
      return SHOWN;
    case 'budget':
      return { ...SHOWN, thinkingBudget: withinRange(bounded(BUDGETS[effort], clientsMaxTokens), thinking) };
    case 'level':
      return { ...SHOWN, thinkingLevel: nearestLevel(effort, thinking.levels) };
  }
}

type Effort = 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max';

/** Tokens. The three in the middle are LiteLLM's, which most clients know. */
const BUDGETS: Readonly<Record<Effort, number>> = {
  none: 0,
  minimal: 1,
  low: 1_024,
  medium: 2_048,
  high: 4_096,
  xhigh: 8_192,
  max: 16_384,
};
const SHOWN = { includeThoughts: true } as const;

function isEffort(value: unknown): value is Effort {
  return typeof value === 'string' && Object.hasOwn(BUDGETS, value);
}

/** `thinking` without a number of tokens: disabled, or unspecified. */
function effortOf(thinking: unknown): Effort | undefined {
  if (!isJsonObject(thinking)) throw invalid('thinking', '"thinking" must be an object.');
  return thinking.type === 'disabled' ? 'none' : undefined;
}

function withoutThinking(thinking: Thinking, target: EncodeTarget): JsonObject | undefined {
  if (thinking.by === 'nothing') return undefined;
  if (thinking.by === 'budget' && thinking.canDisable) return { thinkingBudget: 0 };
  target.warn('The model cannot answer without thinking; the smallest thinking budget was set.');
  if (thinking.by === 'budget') return { thinkingBudget: thinking.least };
  return thinking.by === 'level' ? { thinkingLevel: thinking.levels[0] } : undefined;
}

/** The client's limit covers thinking and answer together, as at OpenAI: half of it is left for the answer. */
function bounded(tokens: number, clientsMaxTokens: number | undefined): number {
  return clientsMaxTokens === undefined ? tokens : Math.min(tokens, Math.floor(clientsMaxTokens / 2));
}

function withinRange(tokens: number, thinking: Thinking): number {
  // A negative budget means that the model decides.
  if (thinking.by !== 'budget' || tokens < 0) return tokens;
  if (tokens === 0 && thinking.canDisable) return 0;
  return Math.min(Math.max(tokens, thinking.least), thinking.most);
}

const ORDER: readonly ThinkingLevel[] = ['MINIMAL', 'LOW', 'MEDIUM', 'HIGH'];
const ASKED: Readonly<Record<Effort, ThinkingLevel>> = {
  none: 'MINIMAL',
  minimal: 'MINIMAL',
  low: 'LOW',
  medium: 'MEDIUM',
  high: 'HIGH',
  xhigh: 'HIGH',
  max: 'HIGH',
};

/** The lowest level that is not below the requested one: early models have two levels, and none in the middle. */
function nearestLevel(effort: Effort, levels: readonly ThinkingLevel[]): ThinkingLevel | undefined {
  const least = ORDER.indexOf(ASKED[effort]);
  return levels.find((level) => ORDER.indexOf(level) >= least) ?? levels.at(-1);
}
