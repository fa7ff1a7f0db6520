import type { WireRules } from '../shared/pass-through.js';

/** Where Bedrock's addresses in OpenAI's wire depart from it: they serve other models behind it. */
export const OPENAI_RULES: WireRules = { developerRole: false, nulls: false, foreignFields: ['thinking_blocks'] };
