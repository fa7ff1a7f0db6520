import type { Connection, ConnectionSettings, Provider } from '@portico/core';
import { baseUrlOf, joinPath } from '../shared/base-url.js';
import { classifyOpenAiError } from '../shared/classify-openai-error.js';
import { credentialHeader } from '../shared/credential.js';
import { readOptions } from '../shared/read-options.js';
import { chatCompletions } from './chat-completions.js';

const who = 'replicate';

/**
 * Language models on Replicate (https://replicate.com/docs/reference/http): `owner/name`, `owner/name:version`, or
 * `deployments/owner/name`. A prediction is waited for, up to the minute that the vendor keeps the connection; a stream is
 * the whole answer at once.
 */
export const replicate: Provider = {
  name: who,
  keyVariables: ['REPLICATE_API_TOKEN', 'REPLICATE_API_KEY'],
  needsKey: true,
  codecs: { 'chat.completions': chatCompletions },
  connect,
  classify: (answer) => classifyOpenAiError(answer, { who }),
};

function connect(settings: ConnectionSettings): Connection {
  readOptions(settings, [], who);
  const base = baseUrlOf(settings, 'https://api.replicate.com/v1', who);
  return {
    origin: base.origin,
    paths: { 'chat.completions': joinPath(base, `${placeOf(settings.model)}/predictions`) },
    headers: {
      prefer: 'wait=60',
      ...(settings.apiKey && credentialHeader(settings.apiKey, who)),
      ...settings.headers,
    },
  };
}

/** Versions are told in the body; official models and deployments have a place of their own. */
function placeOf(model: string): string {
  if (model.includes(':')) return '';
  const place = model.startsWith('deployments/') ? model : `models/${model}`;
  return `/${place.split('/').map(encodeURIComponent).join('/')}`;
}
