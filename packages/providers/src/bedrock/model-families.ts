import { type ModelFamily as MessagesFamily, familyOf as messagesFamilyOf } from '../anthropic/model-families.js';
import { shortCallId } from '../shared/short-call-id.js';
import { withoutRegions } from './model-reference.js';
import { toolUseId } from './tool-use-id.js';

/**
 * What a family of models supports in Converse. The interface is the same for all models, their capabilities are not.
 */
export interface ModelFamily {
  /** What it supports of Messages: Converse has the same content in another format. */
  readonly messages: MessagesFamily;
  readonly isClaude: boolean;
  /** What may be in a turn with tool results. */
  readonly besideResults: 'anything' | 'text and images' | 'nothing';
  /** What a result may contain besides text. */
  readonly mediaInResults: ReadonlySet<string>;
  /** Results are objects, not text. */
  readonly jsonResults: boolean;
  /** Results may be marked as failures. */
  readonly resultStatus: boolean;
  /** Format of its call ids. */
  readonly formatId: (clientId: string) => string;
  /** Where `top_k` is sent. */
  readonly topK: 'top_k' | 'inferenceConfig.topK' | undefined;
  /** The field for the amount of thinking. */
  readonly reasoning: 'thinking' | 'reasoningConfig' | 'reasoning_effort' | 'reasoning_config' | undefined;
  /** Supports cache marks. */
  readonly promptCache: boolean;
  /** Supports web search with a tool of the vendor's. */
  readonly webSearch: boolean;
}

/** The family of a model by any of its names; for an unknown one, what most support. */
export function familyOf(model: string): ModelFamily {
  const name = withoutRegions(model.toLowerCase());
  for (const [pattern, family] of FAMILIES) if (pattern.test(name)) return family(name);
  return OTHER;
}

const IMAGE = new Set(['image']);
const IMAGE_AND_DOCUMENT = new Set(['image', 'document']);
const DOCUMENT = new Set(['document']);
const NONE: ReadonlySet<string> = new Set();

/** For models other than Claude: any sampling parameters, thinking by their own fields. */
const PLAIN: MessagesFamily = {
  ...messagesFamilyOf(''),
  thinking: 'none',
  structuredOutput: false,
};
/**
 * Models for which the vendor enforces a schema
 * (https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html).
 */
const BY_SCHEMA: MessagesFamily = { ...PLAIN, structuredOutput: true };

const OTHER: ModelFamily = {
  messages: PLAIN,
  isClaude: false,
  besideResults: 'anything',
  mediaInResults: IMAGE,
  jsonResults: false,
  resultStatus: true,
  formatId: toolUseId,
  topK: undefined,
  reasoning: undefined,
  promptCache: false,
  webSearch: false,
};
const UNFORCED = { ...OTHER, messages: { ...PLAIN, forcedTools: false } };
const UNFORCED_BY_SCHEMA = { ...OTHER, messages: { ...BY_SCHEMA, forcedTools: false } };
const MISTRAL: ModelFamily = {
  ...UNFORCED,
  besideResults: 'nothing',
  mediaInResults: DOCUMENT,
  jsonResults: true,
  formatId: shortCallId,
};
const NOVA: ModelFamily = { ...OTHER, topK: 'inferenceConfig.topK', promptCache: true, webSearch: true };

/** First match wins. From responses of the models, as of August 2026. */
const FAMILIES: readonly (readonly [RegExp, (name: string) => ModelFamily])[] = [
  [/claude/, claude],
  [/^amazon\.nova-2/, () => ({ ...NOVA, reasoning: 'reasoningConfig' })],
  [/^amazon\.nova/, () => NOVA],
  [/^meta\./, () => ({ ...UNFORCED, besideResults: 'nothing', mediaInResults: IMAGE_AND_DOCUMENT })],
  [
    /^mistral\.(?:mistral-large-3|magistral|ministral|voxtral)/,
    () => ({ ...MISTRAL, messages: UNFORCED_BY_SCHEMA.messages }),
  ],
  [/^mistral\./, () => MISTRAL],
  [/^qwen\./, () => ({ ...UNFORCED_BY_SCHEMA, mediaInResults: NONE, reasoning: 'reasoning_config' })],
  [/^openai\.gpt-oss/, () => ({ ...UNFORCED_BY_SCHEMA, reasoning: 'reasoning_effort' })],
  [/^(?:zai|moonshotai?|minimax|deepseek\.v|nvidia|google)\b/, () => ({ ...OTHER, messages: BY_SCHEMA })],
  [/^writer\./, () => ({ ...OTHER, resultStatus: false })],
];

function claude(name: string): ModelFamily {
  const messages = messagesFamilyOf(name);
  return {
    ...OTHER,
    isClaude: true,
    // Enforced here from the generation of 4.5 on; system messages must be at the beginning.
    messages: {
      ...messages,
      structuredOutput: messages.structuredOutput && !name.includes('opus-4-1'),
      systemMidway: false,
    },
    besideResults: 'text and images',
    mediaInResults: IMAGE_AND_DOCUMENT,
    topK: 'top_k',
    reasoning: 'thinking',
    promptCache: true,
  };
}
