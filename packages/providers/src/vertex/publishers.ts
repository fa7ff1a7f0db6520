import type { UpstreamOperationName } from '@portico/core';
import type { Provider } from '@portico/core/provider';
import { hostedCodecs } from '../anthropic/hosted.js';
import { adaptMistralRequest } from '../mistral/adapt-request.js';
import { AI21, MISTRAL, STANDARD_RULES } from '../openai-compatible-vendors.js';
import { passThrough, type WireRules } from '../shared/pass-through.js';
import type { Edit } from '../shared/request-rules.js';

/** Another vendor's model on Vertex AI, with that vendor's API. */
export interface PartnerModel {
  readonly codecs: Provider['codecs'];
  readonly operations: readonly UpstreamOperationName[];
  /** Below the path of the project; the second is for streams. */
  readonly paths: readonly [string, string];
}

/**
 * The partner's model, such as `claude-sonnet-4-5@20250929`, `mistral-medium-3` or `meta/llama-4-maas`; undefined for
 * Google's own. Throws a sentence if the publisher is not known.
 */
export function partnerModel(model: string, providerName: string): PartnerModel | undefined {
  const [, named, name = model] = /^(?:publishers\/)?([^/]+)\/(?:models\/)?(.+)$/.exec(model) ?? [];
  const publisher = named ?? Object.keys(OWN_NAMES).find((one) => OWN_NAMES[one]?.test(model));
  if (publisher === 'anthropic') return raw(publisher, name, hostedCodecs('vertex-2023-10-16'));
  if (publisher === 'mistralai') return raw(publisher, name, chat(MISTRAL, providerName, name, [adaptMistralRequest]));
  if (publisher === 'ai21') return raw(publisher, name, chat(AI21, providerName, name));
  if (named !== undefined && !GOOGLES.has(named)) return openAi(`${named}/${name}`, providerName);
  if (!OTHERS.test(model)) return undefined;
  throw new Error(
    `${providerName} serves only Google's own models without a publisher; write "${model}" with its publisher in front.`,
  );
}

/** Publishers whose models contain their name. */
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

function openAi(name: string, providerName: string): PartnerModel {
  const path = '/endpoints/openapi/chat/completions';
  return { codecs: chat(STANDARD_RULES, providerName, name), operations: ['chat.completions'], paths: [path, path] };
}

/** `name` is the model's base name; a deployment may have more around it. */
function chat(rules: WireRules, providerName: string, name: string, edits: readonly Edit[] = []): Provider['codecs'] {
  const codec = passThrough('chat.completions', { providerName }, rules, edits);
  return {
    'chat.completions': { ...codec, encode: (request, target) => codec.encode(request, { ...target, model: name }) },
  };
}
