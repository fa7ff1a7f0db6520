import type { WireRules } from '../shared/pass-through.js';

/** How Bedrock's OpenAI endpoints differ from OpenAI: they serve other models. */
export const OPENAI_RULES: WireRules = { developerRole: false, nulls: false, foreignFields: ['thinking_blocks'] };
