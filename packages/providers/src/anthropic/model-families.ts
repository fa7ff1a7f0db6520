/** What a family of models supports in this API. */
export interface ModelFamily {
  /** `max_tokens` if the client sets no limit: the API requires one. */
  readonly defaultMaxTokens: number;
  /** Thinking with a budget in tokens, thinking whose budget the model chooses, or none. */
  readonly thinking: 'none' | 'budget' | 'either' | 'adaptive';
  readonly mayDisableThinking: boolean;
  /** Values of `output_config.effort`, lowest first; empty if it is not supported. */
  readonly efforts: readonly Effort[];
  /** `temperature` and `top_p`: both, only one of them, or neither. */
  readonly sampling: 'both' | 'one' | 'none';
  /** `output_config.format` and `strict` tools. */
  readonly structuredOutput: boolean;
  /** Supports assistant prefill. */
  readonly prefill: boolean;
  /** `tool_choice` can force a call. */
  readonly forcedTools: boolean;
  /** A system message may be in the middle of the conversation. */
  readonly systemMidway: boolean;
}

export type Effort = 'low' | 'medium' | 'high' | 'xhigh' | 'max';

/**
 * The family of a model by any of its names: `claude-sonnet-4-5`, `claude-sonnet-4-5@20250929`,
 * `anthropic/claude-sonnet-4.5`, `us.anthropic.claude-sonnet-4-5-20250929-v1:0`. A Claude that is not in the table is
 * newer.
 */
export function familyOf(model: string): ModelFamily {
  const name = model.toLowerCase().replaceAll('.', '-');
  for (const [pattern, family] of FAMILIES) if (pattern.test(name)) return family;
  return name.includes('claude') ? CURRENT : FOREIGN;
}

const ALL_EFFORTS = ['low', 'medium', 'high', 'xhigh', 'max'] as const;

/** What the newest models have in common. 64,000 tokens: every model since 4.5 allows as much. */
const CURRENT: ModelFamily = {
  defaultMaxTokens: 64_000,
  thinking: 'adaptive',
  mayDisableThinking: true,
  efforts: ALL_EFFORTS,
  sampling: 'none',
  structuredOutput: true,
  prefill: false,
  forcedTools: true,
  systemMidway: false,
};
const ALWAYS_THINKING: ModelFamily = { ...CURRENT, mayDisableThinking: false, forcedTools: false };
const CLAUDE_4_6: ModelFamily = { ...CURRENT, thinking: 'either', sampling: 'one' };
const CLAUDE_4_5: ModelFamily = { ...CLAUDE_4_6, thinking: 'budget', efforts: [], prefill: true };
// These models answer 400 if the input and `max_tokens` together exceed the context, so a default at the
// model's own maximum would reject long inputs that fit.
const CLAUDE_4_1: ModelFamily = { ...CLAUDE_4_5, defaultMaxTokens: 32_000 };
const CLAUDE_4: ModelFamily = { ...CLAUDE_4_1, sampling: 'both', structuredOutput: false };
const CLAUDE_3_5: ModelFamily = { ...CLAUDE_4, defaultMaxTokens: 8_192, thinking: 'none' };
const CLAUDE_3: ModelFamily = { ...CLAUDE_3_5, defaultMaxTokens: 4_096 };
/** Other models behind this API (Ollama, routers): nothing is known, so nothing special is sent. */
const FOREIGN: ModelFamily = { ...CLAUDE_4, defaultMaxTokens: 4_096 };

/** First match wins. Read from the vendor's model pages and from responses of the API, as of September 2026. */
const FAMILIES: readonly (readonly [RegExp, ModelFamily])[] = [
  [/claude-sonnet-5-5/, ALWAYS_THINKING],
  [/claude-(?:opus-5-5|fable|mythos)/, { ...ALWAYS_THINKING, systemMidway: true }],
  [/claude-opus-(?:5|4-8)/, { ...CURRENT, systemMidway: true }],
  [/claude-opus-4-6/, { ...CLAUDE_4_6, efforts: ['low', 'medium', 'high', 'max'] }],
  [/claude-sonnet-4-6/, { ...CLAUDE_4_6, efforts: ['low', 'medium', 'high'] }],
  [/claude-(?:opus|sonnet|haiku)-4-5/, CLAUDE_4_5],
  [/claude-opus-4-1/, CLAUDE_4_1],
  [/claude-(?:opus|sonnet)-4(?:-0|[-@]20|$)/, CLAUDE_4],
  [/claude-3-7/, CLAUDE_4],
  [/claude-3-5/, CLAUDE_3_5],
  [/claude-(?:3|2|v2|instant)/, CLAUDE_3],
];
