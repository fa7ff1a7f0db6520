import type { Provider, UpstreamOperationName } from '@portico/core';
import { hostedCodecs } from '../anthropic/hosted.js';
import { fitMistralRequest } from '../mistral/fit-request.js';
import { AI21, MISTRAL, PLAIN } from '../openai-compatible-vendors.js';
import { passThrough, type WireRules } from '../shared/pass-through.js';
import type { Edit } from '../shared/request-rules.js';

/** Another vendor's model on Vertex AI, in that vendor's wire. */
export interface PartnerModel {
  readonly codecs: Provider['codecs'];
  readonly operations: readonly UpstreamOperationName[];
  /** Below the place of the project; the second is for streams. */
  readonly paths: readonly [string, string];
}

/**
 * The partner's model that is named, as `claude-sonnet-4-5@20250929`, `mistral-medium-3` or `meta/llama-4-maas`; undefined
 * for Google's own. Throws a sentence for one of which the publisher cannot be told.
 */
export function partnerModel(model: string, who: string): PartnerModel | undefined {
  const [, named, name = model] = /^(?:publishers\/)?([^/]+)\/(?:models\/)?(.+)$/.exec(model) ?? [];
  const publisher = named ?? Object.keys(OWN_NAMES).find((one) => OWN_NAMES[one]?.test(model));
  if (publisher === 'anthropic') return raw(publisher, name, hostedCodecs('vertex-2023-10-16'));
  if (publisher === 'mistralai') return raw(publisher, name, chat(MISTRAL, who, name, [fitMistralRequest]));
  if (publisher === 'ai21') return raw(publisher, name, chat(AI21, who, name));
  if (named !== undefined && !GOOGLES.has(named)) return openAi(`${named}/${name}`, who);
  if (!OTHERS.test(model)) return undefined;
  throw new Error(`${who} serves Google's own models by their name; write "${model}" with its publisher before it.`);
}

/** Publishers whose models have their name. */
const OWN_NAMES: Readonly<Record<string, RegExp>> = {
  anthropic: /^claude-/i,
  mistralai: /^(?:mistral|codestral)-/i,
  ai21: /^jamba-/i,
};

const GOOGLES = new Set(['google', 'gemini', 'endpoints', 'models', 'tunedModels']);
const OTHERS = /^(?:llama|grok|deepseek|qwen|gpt-oss|kimi|minimax|glm)/i;

function raw(publisher: string, name: string, codecs: Provider['codecs']): PartnerModel {
  const place = `/publishers/${publisher}/models/${encodeURIComponent(name).replaceAll('%40', '@')}`;
  return {
    codecs,
    operations: publisher === 'anthropic' ? ['chat.completions', 'messages'] : ['chat.completions'],
    paths: [`${place}:rawPredict`, `${place}:streamRawPredict`],
  };
}

function openAi(name: string, who: string): PartnerModel {
  const path = '/endpoints/openapi/chat/completions';
  return { codecs: chat(PLAIN, who, name), operations: ['chat.completions'], paths: [path, path] };
}

/** `name` is the model's own here; a deployment may write it with more around it. */
function chat(rules: WireRules, who: string, name: string, edits: readonly Edit[] = []): Provider['codecs'] {
  const codec = passThrough('chat.completions', { who }, rules, edits);
  return {
    'chat.completions': { ...codec, encode: (request, target) => codec.encode(request, { ...target, model: name }) },
  };
}
