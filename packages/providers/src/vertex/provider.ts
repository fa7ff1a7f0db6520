import type { Connection, ConnectionSettings, Provider } from '@portico/core';
import { chatCompletions } from '../gemini/chat-completions.js';
import { classify } from '../gemini/classify.js';
import { joinPath, parseBaseUrl } from '../shared/base-url.js';
import { readOptions, textOption } from '../shared/read-options.js';
import { embeddings, takesContent } from './embeddings.js';
import { signIn } from './sign-in.js';

const who = 'vertex_ai';

/**
 * Gemini on Vertex AI (https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference). Options:
 * `project`, unless the credentials name it; `location`, `us-central1` if it is not said; `credentials`, the JSON or the
 * path of a key file; `tokenProvider`, a function that gives a token and renews it in time. Without a credential, Google's
 * default ones are looked for. A key stands for Vertex AI in express mode.
 */
export const vertex: Provider = {
  name: who,
  priceCatalogue: 'google',
  keyVariables: ['VERTEXAI_CREDENTIALS', 'GOOGLE_APPLICATION_CREDENTIALS'],
  // Google's machines have an account of their own.
  needsKey: false,
  codecs: {
    'chat.completions': chatCompletions({ who, needsMediaType: true, announcesMixedTools: false }),
    embeddings,
  },
  connect,
  classify: (answer) => classify(answer, who),
};

const OPTIONS = ['project', 'location', 'credentials', 'tokenProvider'] as const;

function connect(settings: ConnectionSettings): Connection {
  const options = readOptions(settings, OPTIONS, who);
  const location = textOption(options, 'location', who) ?? 'us-central1';
  if (!/^[a-z][a-z0-9-]*$/.test(location)) throw new Error(`"${location}" is no location of ${who}.`);
  const { headers, sign, isByKey, ...credential } = signIn(settings, options.credentials, options.tokenProvider, who);
  const project = textOption(options, 'project', who) ?? credential.project;
  if (project === undefined && !isByKey) throw new Error(`${who} needs the option "project", the id of your project.`);

  const base = parseBaseUrl(settings.baseUrl ?? usualAddress(isByKey ? 'global' : location), who);
  const version = /\/v\d\w*$/.test(base.path) ? '' : `/${settings.apiVersion ?? 'v1beta1'}`;
  const place = isByKey ? '' : `/projects/${encodeURIComponent(project ?? '')}/locations/${location}`;
  const path = (operation: string, query?: Readonly<Record<string, string>>) =>
    joinPath(base, `${version}${place}${modelPath(settings.model)}:${operation}`, query);
  return {
    origin: base.origin,
    paths: {
      'chat.completions': path('generateContent'),
      embeddings: path(takesContent(settings.model) ? 'embedContent' : 'predict'),
    },
    streamPaths: { 'chat.completions': path('streamGenerateContent', { alt: 'sse' }) },
    headers,
    ...(sign === undefined ? {} : { sign }),
  };
}

function usualAddress(location: string): string {
  if (location === 'global') return 'https://aiplatform.googleapis.com';
  // Of several regions at once.
  if (location === 'us' || location === 'eu') return `https://aiplatform.${location}.rep.googleapis.com`;
  return `https://${location}-aiplatform.googleapis.com`;
}

/** Models by their name, and tuned ones by the number of their endpoint, which LiteLLM's users write behind `gemini/`. */
function modelPath(model: string): string {
  const endpoint = /^(?:gemini\/|endpoints\/)?(\d+)$/.exec(model)?.[1];
  if (endpoint !== undefined) return `/endpoints/${endpoint}`;
  const name = model.replace(/^(?:publishers\/google\/)?models\/|^google\//, '');
  if (name.includes('/') || PARTNERS.test(name)) {
    throw new Error(`${who} serves Google's own models here; "${model}" is one of a partner.`);
  }
  return `/publishers/google/models/${encodeURIComponent(name)}`;
}

/** Other vendors' models on Vertex AI speak other wires. */
const PARTNERS = /^(?:claude|mistral|codestral|jamba|llama|grok|deepseek|qwen|gpt-oss|kimi|minimax|glm)/i;
