/** What a family of models accepts on this wire. */
export interface ModelFamily {
  readonly thinking: Thinking;
  /** Takes a JSON schema as it is, nearly; older models take the wire's own subset of OpenAPI. */
  readonly jsonSchema: boolean;
  /** Tools of the client go together with tools the vendor runs, and with an answer in JSON. */
  readonly mixesTools: boolean;
  /** Calls have ids of the vendor's, and a call without the signature it came with is refused. */
  readonly signsCalls: boolean;
  /** Results of tools may hold images and files. */
  readonly mediaInResults: boolean;
  /** Takes instructions apart from the conversation. */
  readonly systemInstruction: boolean;
}

/** How a family is told how much to think. */
export type Thinking =
  | { readonly by: 'nothing' }
  /** Thinks, and nobody can say how much. */
  | { readonly by: 'itself' }
  /** By a number of tokens. `least` is the smallest that is taken; `mayRest` where none at all is, too. */
  | { readonly by: 'budget'; readonly least: number; readonly most: number; readonly mayRest: boolean }
  /** By one of these words, from the least; it never rests. */
  | { readonly by: 'level'; readonly levels: readonly ThinkingLevel[] };

export type ThinkingLevel = 'MINIMAL' | 'LOW' | 'MEDIUM' | 'HIGH';

/**
 * The family of a model by any of its names: `gemini-2.5-pro`, `models/gemini-2.5-pro-preview-06-05`,
 * `publishers/google/models/gemini-3-flash-preview`. A Gemini that is not in the table is newer than it.
 */
export function familyOf(model: string): ModelFamily {
  const name = model.toLowerCase();
  for (const [pattern, family] of FAMILIES) if (pattern.test(name)) return family;
  return name.includes('gemini') ? CURRENT : FOREIGN;
}

const NO_THINKING: Thinking = { by: 'nothing' };

/** What the newest models have in common. */
const CURRENT: ModelFamily = {
  thinking: { by: 'level', levels: ['LOW', 'MEDIUM', 'HIGH'] },
  jsonSchema: true,
  mixesTools: true,
  signsCalls: true,
  mediaInResults: true,
  systemInstruction: true,
};
const GEMINI_3_FLASH: ModelFamily = {
  ...CURRENT,
  thinking: { by: 'level', levels: ['MINIMAL', 'LOW', 'MEDIUM', 'HIGH'] },
};
const GEMINI_3_PRO: ModelFamily = { ...CURRENT, thinking: { by: 'level', levels: ['LOW', 'HIGH'] } };
const GEMINI_3_IMAGE: ModelFamily = { ...CURRENT, thinking: { by: 'itself' } };
const GEMINI_2_5: ModelFamily = {
  ...CURRENT,
  thinking: { by: 'budget', least: 1, most: 24_576, mayRest: true },
  mixesTools: false,
  signsCalls: false,
  mediaInResults: false,
};
const GEMINI_2_5_LITE: ModelFamily = {
  ...GEMINI_2_5,
  thinking: { by: 'budget', least: 512, most: 24_576, mayRest: true },
};
const GEMINI_2_5_PRO: ModelFamily = {
  ...GEMINI_2_5,
  thinking: { by: 'budget', least: 128, most: 32_768, mayRest: false },
};
const GEMINI_2_5_MEDIA: ModelFamily = { ...GEMINI_2_5, thinking: NO_THINKING };
const GEMINI_2: ModelFamily = { ...GEMINI_2_5_MEDIA, jsonSchema: false };
const EARLY_GEMMA: ModelFamily = { ...GEMINI_2, systemInstruction: false };
/** Tuned models and others behind this wire: nothing is known, so nothing unusual is sent. */
const FOREIGN: ModelFamily = GEMINI_2;

/** First match wins. Read from the vendor's pages and what other clients found, as of September 2026. */
const FAMILIES: readonly (readonly [RegExp, ModelFamily])[] = [
  [/gemma-?[123]/, EARLY_GEMMA],
  [/gemma/, GEMINI_2],
  [/gemini-(?:1|2\.0|exp|pro$|pro-vision|ultra)|learnlm/, GEMINI_2],
  [/gemini-2\.5-.*(?:image|tts|audio|computer-use)/, GEMINI_2_5_MEDIA],
  [/gemini-2\.5-flash-lite/, GEMINI_2_5_LITE],
  [/gemini-2\.5-pro/, GEMINI_2_5_PRO],
  [/gemini-2\.5/, GEMINI_2_5],
  [/gemini-.*(?:image|tts|audio)/, GEMINI_3_IMAGE],
  [/gemini-3-pro/, GEMINI_3_PRO],
  [/gemini-3(?:\.[0-6])?-flash/, GEMINI_3_FLASH],
];
