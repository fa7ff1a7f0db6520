import type { Provider } from '@portico/core/provider';
import { type OpenAiCompatibleVendor, openAiCompatible } from './openai-compatible.js';
import { LEGACY_MAX_TOKENS_RULES } from './openai-compatible-vendors.js';

/** A vendor with OpenAI's API. Name and URL are enough; everything else has a default. */
export interface VendorDefinition
  extends Pick<OpenAiCompatibleVendor, 'name' | 'baseUrl'>,
    Partial<Omit<OpenAiCompatibleVendor, 'name' | 'baseUrl'>> {}

/**
 * A custom vendor, for the gateway's `providers`: one with OpenAI's API described as data, or a provider with its own
 * codecs. Defaults of the first: it has chat and embeddings, does not support OpenAI's own extensions, and its key is
 * in `NAME_API_KEY`.
 */
export function defineProvider(definition: VendorDefinition | Provider): Provider {
  if ('connect' in definition) return definition;
  return openAiCompatible({
    keyVariables: [`${definition.name.toUpperCase().replaceAll(/\W/g, '_')}_API_KEY`],
    operations: ['chat.completions', 'embeddings'],
    rules: LEGACY_MAX_TOKENS_RULES,
    ...definition,
  });
}
