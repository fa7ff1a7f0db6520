import type { Connection, ConnectionSettings, Provider } from '@portico/core/provider';
import { chatCompletions } from './anthropic/chat-completions.js';
import { messages } from './anthropic/messages.js';
import { azureSignIn } from './shared/azure-sign-in.js';
import { type BaseUrl, baseUrlOf, joinPath } from './shared/base-url.js';
import { classifyOpenAiError } from './shared/classify-openai-error.js';
import { endpointPaths } from './shared/endpoints.js';
import { passThrough } from './shared/pass-through.js';

const providerName = 'azure_ai';

/**
 * Models on Azure AI Foundry that are not OpenAI's, and its serverless endpoints. `baseUrl` is the resource's URL
 * (`https://my-resource.services.ai.azure.com`) or the endpoint's. Claude is called through Anthropic's API: by its
 * name, or if the URL ends in `/anthropic`. Options as for `azure`.
 */
export const azureAi: Provider = {
  name: providerName,
  priceCatalogue: 'azure',
  keyVariables: ['AZURE_AI_API_KEY'],
  needsKey: false,
  codecs: {
    'chat.completions': passThrough(
      'chat.completions',
      { providerName },
      { renames: { max_completion_tokens: 'max_tokens' }, foreignFields: ['thinking_blocks'] },
    ),
    embeddings: passThrough('embeddings', { providerName }),
  },
  connect(settings) {
    const base = baseUrlOf(settings, undefined, providerName);
    if (/^claude/i.test(settings.model) || base.path.includes('/anthropic')) return connectClaude(settings, base);
    const isResource = base.origin.endsWith('.services.ai.azure.com') && base.path === '';
    const path = isResource ? '/models' : base.path;
    const apiVersion =
      settings.apiVersion ?? base.query.get('api-version') ?? (isResource ? '2024-05-01-preview' : undefined);
    const { headers, ...signIn } = azureSignIn(settings, providerName);
    return {
      origin: base.origin,
      paths: endpointPaths(
        { ...base, path },
        ['chat.completions', 'embeddings'],
        apiVersion === undefined ? {} : { 'api-version': apiVersion },
      ),
      // Without it, fields that the service does not list are rejected.
      headers: { 'extra-parameters': 'pass-through', ...headers },
      ...signIn,
    };
  },
  classify: (answer) => classifyOpenAiError(answer, { providerName }),
};

function connectClaude(settings: ConnectionSettings, base: BaseUrl): Connection {
  const path = joinPath({ ...base, path: base.path.replace(/\/anthropic.*$/, '') }, '/anthropic/v1/messages');
  const { headers, ...signIn } = azureSignIn(settings, providerName);
  return {
    origin: base.origin,
    paths: { 'chat.completions': path, messages: path },
    codecs: { 'chat.completions': chatCompletions, messages },
    headers: { 'anthropic-version': '2023-06-01', ...headers },
    ...signIn,
  };
}
