import { type ModelFamily as MessagesFamily, familyOf as messagesFamilyOf } from '../anthropic/model-families.js';
import { shortCallId } from '../shared/short-call-id.js';
import { withoutRegions } from './model-reference.js';
import { toolUseId } from './tool-use-id.js';

/** What a family of models accepts in Converse. The interface is one; what stands behind it is not. */
export interface ModelFamily {
  /** What it takes of what Messages can say: Converse tells the same in other words. */
  readonly messages: MessagesFamily;
  readonly isClaude: boolean;
  /** What may stand in a turn with results of tools. */
  readonly besideResults: 'anything' | 'text and images' | 'nothing';
  /** What a result may hold besides text. */
  readonly mediaInResults: ReadonlySet<string>;
  /** Results are objects, not text. */
  readonly jsonResults: boolean;
  /** Results may say that they are failures. */
  readonly resultStatus: boolean;
  /** Ids of calls as it takes them. */
  readonly spellId: (clientId: string) => string;
  /** Where `top_k` goes. */
  readonly topK: 'top_k' | 'inferenceConfig.topK' | undefined;
  /** By which field it is told how much to think. */
  readonly reasoning: 'thinking' | 'reasoningConfig' | 'reasoning_effort' | 'reasoning_config' | undefined;
  /** Marks for the prompt cache. */
  readonly promptCache: boolean;
  /** It searches the web by a tool of the vendor's. */
  readonly webSearch: boolean;
}

/** The family of a model by any of its names; for one that nobody knows, what most take. */
export function familyOf(model: string): ModelFamily {
  const name = withoutRegions(model.toLowerCase());
  for (const [pattern, family] of FAMILIES) if (pattern.test(name)) return family(name);
  return OTHER;
}

const IMAGE = new Set(['image']);
const IMAGE_AND_DOCUMENT = new Set(['image', 'document']);
const DOCUMENT = new Set(['document']);
const NONE: ReadonlySet<string> = new Set();

/** Of models that are not Claude: sampling as one likes, thinking by fields of their own. */
const PLAIN: MessagesFamily = {
  ...messagesFamilyOf(''),
  thinking: 'none',
  structuredOutput: false,
};
/** Models whose answers are held to a schema by the vendor (https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html). */
const BY_SCHEMA: MessagesFamily = { ...PLAIN, structuredOutput: true };

const OTHER: ModelFamily = {
  messages: PLAIN,
  isClaude: false,
  besideResults: 'anything',
  mediaInResults: IMAGE,
  jsonResults: false,
  resultStatus: true,
  spellId: toolUseId,
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
  spellId: shortCallId,
};
const NOVA: ModelFamily = { ...OTHER, topK: 'inferenceConfig.topK', promptCache: true, webSearch: true };

/** First match wins. What the models answered, as of August 2026. */
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
    // Enforced here from the generation of 4.5 on, and system messages stand at the beginning.
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
