import type { Connection, ConnectionSettings, Provider } from '@portico/core/provider';
import { chatCompletions } from '../gemini/chat-completions.js';
import { classify } from '../gemini/classify.js';
import { imageGenerations, makesImages } from '../gemini/images.js';
import { toldByAnswer } from '../gemini/usage-to-chat.js';
import { joinPath, parseBaseUrl } from '../shared/base-url.js';
import { readOptions, textOption } from '../shared/read-options.js';
import { embeddings, takesContent } from './embeddings.js';
import { type PartnerModel, partnerModel } from './publishers.js';
import { signIn } from './sign-in.js';

const providerName = 'vertex_ai';

/**
 * Gemini, Imagen and partners' models on Vertex AI
 * (https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference). Options: `project`, unless the
 * credentials contain it; `location`, default `us-central1`; `credentials`, the JSON or the path of a key file;
 * `tokenProvider`, a function that returns a token and renews it in time. Without a credential, Google's default ones
 * are used. A key selects Vertex AI in express mode.
 */
export const vertex: Provider = {
  name: providerName,
  priceCatalogue: 'google',
  keyVariables: ['VERTEXAI_CREDENTIALS', 'GOOGLE_APPLICATION_CREDENTIALS'],
  // Google's machines have a service account of their own.
  needsKey: false,
  codecs: {
    'chat.completions': chatCompletions(
      { providerName, needsMediaType: true, announcesMixedTools: false },
      // Tool choice and safety settings are rejected here.
      ({ contents, systemInstruction, tools, generationConfig }) => ({
        contents,
        systemInstruction,
        tools,
        generationConfig,
      }),
    ),
    embeddings,
    'images.generations': imageGenerations(providerName),
  },
  connect,
  classify: (answer) => classify(answer, providerName),
  readReportedUsage: toldByAnswer,
};

const OPTIONS = ['project', 'location', 'credentials', 'tokenProvider'] as const;

function connect(settings: ConnectionSettings): Connection {
  const options = readOptions(settings, OPTIONS, providerName);
  const location = textOption(options, 'location', providerName) ?? 'us-central1';
  if (!/^[a-z][a-z0-9-]*$/.test(location)) throw new Error(`"${location}" is not a location of ${providerName}.`);
  const { headers, sign, isByKey, ...credential } = signIn(
    settings,
    options.credentials,
    options.tokenProvider,
    providerName,
  );
  const project = textOption(options, 'project', providerName) ?? credential.project;
  if (project === undefined && !isByKey)
    throw new Error(`${providerName} needs the option "project", the id of your project.`);

  const partner = partnerModel(settings.model, providerName);
  const base = parseBaseUrl(settings.baseUrl ?? defaultBaseUrl(isByKey ? 'global' : location), providerName);
  const usualVersion = partner === undefined ? 'v1beta1' : 'v1';
  const version = /\/v\d\w*$/.test(base.path) ? '' : `/${settings.apiVersion ?? usualVersion}`;
  const place = isByKey ? '' : `/projects/${encodeURIComponent(project ?? '')}/locations/${location}`;
  const path = (below: string, query?: Readonly<Record<string, string>>) =>
    joinPath(base, `${version}${place}${below}`, query);
  return {
    origin: base.origin,
    ...(partner === undefined ? googlesModel(settings.model, path) : partnersModel(partner, path)),
    headers,
    ...(sign === undefined ? {} : { sign }),
  };
}

type Path = (below: string, query?: Readonly<Record<string, string>>) => string;

function googlesModel(model: string, path: Path): Pick<Connection, 'paths' | 'streamPaths'> {
  const place = modelPath(model);
  return {
    paths: {
      'chat.completions': path(`${place}:generateContent`),
      'messages.count_tokens': path(`${place}:countTokens`),
      embeddings: path(`${place}:${takesContent(model) ? 'embedContent' : 'predict'}`),
      ...(makesImages(model) ? { 'images.generations': path(`${place}:predict`) } : {}),
    },
    streamPaths: { 'chat.completions': path(`${place}:streamGenerateContent`, { alt: 'sse' }) },
  };
}

function partnersModel(partner: PartnerModel, path: Path): Pick<Connection, 'paths' | 'streamPaths' | 'codecs'> {
  const [whole, streamed] = partner.paths.map((below) => path(below));
  const all = (one: string | undefined) => Object.fromEntries(partner.operations.map((operation) => [operation, one]));
  return { paths: all(whole), streamPaths: all(streamed), codecs: partner.codecs };
}

function defaultBaseUrl(location: string): string {
  if (location === 'global') return 'https://aiplatform.googleapis.com';
  // Of several regions at once.
  if (location === 'us' || location === 'eu') return `https://aiplatform.${location}.rep.googleapis.com`;
  return `https://${location}-aiplatform.googleapis.com`;
}

/** Models by name, and tuned ones by the number of their endpoint, which LiteLLM's users write behind `gemini/`. */
function modelPath(model: string): string {
  const endpoint = /^(?:gemini\/|endpoints\/)?(\d+)$/.exec(model)?.[1];
  if (endpoint !== undefined) return `/endpoints/${endpoint}`;
  const name = model.replace(/^(?:publishers\/google\/)?models\/|^google\//, '');
  return `/publishers/google/models/${encodeURIComponent(name)}`;
}
