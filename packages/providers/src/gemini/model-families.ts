/** What a family of models supports in this API. */
export interface ModelFamily {
  readonly thinking: Thinking;
  /** Supports nearly all of JSON Schema; older models support a subset of OpenAPI. */
  readonly jsonSchema: boolean;
  /** Tools of the client can be combined with tools the vendor runs, and with a JSON answer. */
  readonly mixesTools: boolean;
  /** Calls have ids from the vendor, and a call without its signature is rejected. */
  readonly signsCalls: boolean;
  /** Tool results may contain images and files. */
  readonly mediaInResults: boolean;
  /** Accepts instructions separately from the conversation. */
  readonly systemInstruction: boolean;
}

/** How the amount of thinking is set for a family. */
export type Thinking =
  | { readonly by: 'nothing' }
  /** Thinks, and the amount cannot be set. */
  | { readonly by: 'itself' }
  /** By a number of tokens. `least` is the minimum; `canDisable`: zero is allowed too. */
  | { readonly by: 'budget'; readonly least: number; readonly most: number; readonly canDisable: boolean }
  /** By one of these levels, lowest first; thinking cannot be disabled. */
  | { readonly by: 'level'; readonly levels: readonly ThinkingLevel[] };

export type ThinkingLevel = 'MINIMAL' | 'LOW' | 'MEDIUM' | 'HIGH';

/**
 * The family of a model by any of its names: `gemini-2.5-pro`, `models/gemini-2.5-pro-preview-06-05`,
 * `publishers/google/models/gemini-3-flash-preview`. A Gemini that is not in the table is newer.
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
  thinking: { by: 'budget', least: 1, most: 24_576, canDisable: true },
  mixesTools: false,
  signsCalls: false,
  mediaInResults: false,
};
const GEMINI_2_5_LITE: ModelFamily = {
  ...GEMINI_2_5,
  thinking: { by: 'budget', least: 512, most: 24_576, canDisable: true },
};
const GEMINI_2_5_PRO: ModelFamily = {
  ...GEMINI_2_5,
  thinking: { by: 'budget', least: 128, most: 32_768, canDisable: false },
};
const GEMINI_2_5_MEDIA: ModelFamily = { ...GEMINI_2_5, thinking: NO_THINKING };
const GEMINI_2: ModelFamily = { ...GEMINI_2_5_MEDIA, jsonSchema: false };
const EARLY_GEMMA: ModelFamily = { ...GEMINI_2, systemInstruction: false };
/** Tuned models and others behind this API: nothing is known, so nothing special is sent. */
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
