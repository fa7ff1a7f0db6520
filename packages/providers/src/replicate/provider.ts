import type { Connection, ConnectionSettings, Provider } from '@portico/core/provider';
import { baseUrlOf, joinPath } from '../shared/base-url.js';
import { classifyOpenAiError } from '../shared/classify-openai-error.js';
import { credentialHeader } from '../shared/credential.js';
import { readOptions } from '../shared/read-options.js';
import { chatCompletions } from './chat-completions.js';

const providerName = 'replicate';

/**
 * Language models on Replicate (https://replicate.com/docs/reference/http): `owner/name`, `owner/name:version`, or
 * `deployments/owner/name`. The prediction is awaited, for up to the minute that the vendor keeps the connection
 * open; a stream contains the whole answer at once.
 */
export const replicate: Provider = {
  name: providerName,
  keyVariables: ['REPLICATE_API_TOKEN', 'REPLICATE_API_KEY'],
  needsKey: true,
  codecs: { 'chat.completions': chatCompletions },
  connect,
  classify: (answer) => classifyOpenAiError(answer, { providerName }),
};

function connect(settings: ConnectionSettings): Connection {
  readOptions(settings, [], providerName);
  const base = baseUrlOf(settings, 'https://api.replicate.com/v1', providerName);
  return {
    origin: base.origin,
    paths: { 'chat.completions': joinPath(base, `${placeOf(settings.model)}/predictions`) },
    headers: {
      prefer: 'wait=60',
      ...(settings.apiKey && credentialHeader(settings.apiKey, providerName)),
      ...settings.headers,
    },
  };
}

/** Versions are in the body; official models and deployments have their own URL. */
function placeOf(model: string): string {
  if (model.includes(':')) return '';
  const place = model.startsWith('deployments/') ? model : `models/${model}`;
  return `/${place.split('/').map(encodeURIComponent).join('/')}`;
}
