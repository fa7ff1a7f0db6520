import type { Provider } from '@portico/core';
import { azureSignIn } from './shared/azure-sign-in.js';
import { baseUrlOf } from './shared/base-url.js';
import { classifyOpenAiError } from './shared/classify-openai-error.js';
import { endpointPaths } from './shared/endpoints.js';
import { passThrough } from './shared/pass-through.js';

const who = 'azure_ai';

/**
 * Models on Azure AI Foundry that are not OpenAI's, and its serverless endpoints. `baseUrl` is the resource's address
 * (`https://my-resource.services.ai.azure.com`) or the endpoint's. Options as for `azure`.
 */
export const azureAi: Provider = {
  name: who,
  priceCatalogue: 'azure',
  keyVariables: ['AZURE_AI_API_KEY'],
  needsKey: false,
  codecs: {
    'chat.completions': passThrough(
      'chat.completions',
      { who },
      { renames: { max_completion_tokens: 'max_tokens' }, foreignFields: ['thinking_blocks'] },
    ),
    embeddings: passThrough('embeddings', { who }),
  },
  connect(settings) {
    const base = baseUrlOf(settings, undefined, who);
    const isResource = base.origin.endsWith('.services.ai.azure.com') && base.path === '';
    const path = isResource ? '/models' : base.path;
    const apiVersion =
      settings.apiVersion ?? base.query.get('api-version') ?? (isResource ? '2024-05-01-preview' : undefined);
    const { headers, ...signIn } = azureSignIn(settings, who);
    return {
      origin: base.origin,
      paths: endpointPaths(
        { ...base, path },
        ['chat.completions', 'embeddings'],
        apiVersion === undefined ? {} : { 'api-version': apiVersion },
      ),
      // Without it, fields beyond the service's own short list are refused.
      headers: { 'extra-parameters': 'pass-through', ...headers },
      ...signIn,
    };
  },
  classify: (answer) => classifyOpenAiError(answer, { who }),
};
