import type { Connection, ConnectionSettings, Provider } from '@portico/core/provider';
import { baseUrlOf, joinPath } from '../shared/base-url.js';
import { credentialHeader } from '../shared/credential.js';
import { readOptions } from '../shared/read-options.js';
import { chatCompletions } from './chat-completions.js';
import { classify } from './classify.js';
import { embeddings } from './embeddings.js';
import { imageGenerations, makesImages } from './images.js';
import { toldByAnswer } from './usage-to-chat.js';

const providerName = 'gemini';

/** The Gemini API of Google AI Studio (https://ai.google.dev/api). */
export const gemini: Provider = {
  name: providerName,
  priceCatalogue: 'google',
  keyVariables: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
  needsKey: true,
  codecs: {
    'chat.completions': chatCompletions(
      { providerName, needsMediaType: false, announcesMixedTools: true },
      (request, model) => ({ generateContentRequest: { model: modelName(model), ...request } }),
    ),
    embeddings,
    'images.generations': imageGenerations(providerName),
  },
  connect,
  classify: (answer) => classify(answer, providerName),
  readReportedUsage: toldByAnswer,
};

function connect(settings: ConnectionSettings): Connection {
  readOptions(settings, [], providerName);
  const { apiKey } = settings;
  const given = baseUrlOf(settings, 'https://generativelanguage.googleapis.com', providerName);
  const hasVersion = /\/v\d\w*$/.test(given.path);
  const base = hasVersion ? given : { ...given, path: `${given.path}/${settings.apiVersion ?? 'v1beta'}` };
  const model = modelPath(settings.model);
  return {
    origin: base.origin,
    paths: {
      'chat.completions': joinPath(base, `${model}:generateContent`),
      'messages.count_tokens': joinPath(base, `${model}:countTokens`),
      embeddings: joinPath(base, `${model}:batchEmbedContents`),
      ...(makesImages(model) ? { 'images.generations': joinPath(base, `${model}:predict`) } : {}),
    },
    streamPaths: { 'chat.completions': joinPath(base, `${model}:streamGenerateContent`, { alt: 'sse' }) },
    // In a header and never in the URL, which ends up in logs.
    headers: { ...(apiKey && credentialHeader(apiKey, providerName, 'x-goog-api-key')), ...settings.headers },
  };
}

function modelName(model: string): string {
  return /^(?:models|tunedModels)\//.test(model) ? model : `models/${model}`;
}

function modelPath(model: string): string {
  return `/${modelName(model).split('/').map(encodeURIComponent).join('/')}`;
}
