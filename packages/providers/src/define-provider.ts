import type { Provider } from '@portico/core';
import { type OpenAiCompatibleVendor, openAiCompatible } from './openai-compatible.js';
import { OLDER } from './openai-compatible-vendors.js';

/** A vendor that speaks OpenAI's wire. Its name and its address say enough; the rest has a usual value. */
export interface VendorDefinition
  extends Pick<OpenAiCompatibleVendor, 'name' | 'baseUrl'>,
    Partial<Omit<OpenAiCompatibleVendor, 'name' | 'baseUrl'>> {}

/**
 * A vendor of the host's own, for the gateway's `providers`: one that speaks OpenAI's wire told as data, or a provider with
 * codecs of its own. Of the first is assumed, where it does not say otherwise, that it has chat and embeddings, knows
 * nothing that OpenAI alone has a word for, and has its key in `NAME_API_KEY`.
 */
export function defineProvider(definition: VendorDefinition | Provider): Provider {
  if ('connect' in definition) return definition;
  return openAiCompatible({
    keyVariables: [`${definition.name.toUpperCase().replaceAll(/\W/g, '_')}_API_KEY`],
    operations: ['chat.completions', 'embeddings'],
    rules: OLDER,
    ...definition,
  });
}
