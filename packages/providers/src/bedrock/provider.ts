import type { UpstreamOperationName } from '@portico/core';
import type { Connection, ConnectionSettings, Provider } from '@portico/core/provider';
import { joinPath, parseBaseUrl } from '../shared/base-url.js';
import { readOptions, textOption } from '../shared/read-options.js';
import { chatCompletions } from './chat-completions.js';
import { classify } from './classify.js';
import { countTokens } from './count-tokens.js';
import { embeddings } from './embeddings.js';
import { images } from './images.js';
import { messages } from './messages.js';
import { isClaude, modelKind } from './model-kinds.js';
import { readReference, withoutRegions } from './model-reference.js';
import { regionOf } from './region-of.js';
import { domainOf } from './regions.js';
import { rerank } from './rerank.js';
import { SIGN_IN_OPTIONS, signIn } from './sign-in.js';

const providerName = 'bedrock';

/**
 * Amazon Bedrock (https://docs.aws.amazon.com/bedrock/latest/APIReference/). Chat uses Converse; Claude is called
 * through its own API if the client uses that. Options: `region`; `modelId`, an ARN if the model has another name;
 * and credentials: `accessKeyId`, `secretAccessKey`, `sessionToken`, `profile`, `roleArn`, `roleSessionName`,
 * `externalId`, `webIdentityToken`, `stsEndpoint`, or `credentials`, a function that returns them and renews them in
 * time. Without any, the standard AWS credential chain is used.
 */
export const bedrock: Provider = {
  name: providerName,
  priceCatalogue: 'aws',
  keyVariables: ['AWS_BEARER_TOKEN_BEDROCK'],
  // AWS credentials may replace a Bedrock key.
  needsKey: false,
  codecs: {
    'chat.completions': chatCompletions,
    messages,
    'messages.count_tokens': countTokens,
    embeddings,
    'images.generations': images,
    rerank,
  },
  connect,
  classify: (answer) => classify(answer),
};

const OPTIONS = ['region', 'modelId', ...SIGN_IN_OPTIONS] as const;

function connect(settings: ConnectionSettings): Connection {
  const options = readOptions(settings, OPTIONS, providerName);
  const { route, ...reference } = readReference(settings.model);
  const id = textOption(options, 'modelId', providerName) ?? reference.id;
  if (id.includes('/') && !id.startsWith('arn:')) {
    throw new Error(
      `${providerName} has no model "${id}". A model id may be prefixed with converse/, invoke/, openai/ or a region.`,
    );
  }
  const name = settings.baseModel ?? reference.name;
  const region = regionOf(settings, options, readReference(id).region ?? reference.region, providerName);
  const base = parseBaseUrl(settings.baseUrl ?? `https://bedrock-runtime.${region}.${domainOf(region)}`, providerName);
  const path = (operation: string, of = id) => joinPath(base, `/model/${encodeURIComponent(of)}/${operation}`);
  return {
    origin: base.origin,
    baseModel: reference.name,
    ...pathsOf(),
    ...signIn(settings, options, 'bedrock', region, providerName),
  };

  function pathsOf(): Pick<Connection, 'paths' | 'streamPaths'> {
    const kind = modelKind(name);
    if (kind !== 'chat') return { paths: { [OPERATIONS[kind]]: path('invoke') } };
    const invoked = { whole: path('invoke'), stream: path('invoke-with-response-stream') };
    const claude = isClaude(name) ? invoked : undefined;
    const chat = chatPaths(claude);
    return {
      paths: { 'chat.completions': chat.whole, ...(claude && { messages: claude.whole }), ...countPath() },
      streamPaths: { 'chat.completions': chat.stream, ...(claude && { messages: claude.stream }) },
    };
  }

  /** Inference profiles cannot count: the model behind one is called, by Bedrock's name for it. */
  function countPath(): Connection['paths'] {
    const model = withoutRegions(name);
    return isClaude(model) && model.startsWith('anthropic.')
      ? { 'messages.count_tokens': path('count-tokens', model) }
      : {};
  }

  function chatPaths(claude: { readonly whole: string; readonly stream: string } | undefined) {
    if (route === 'openai') {
      const both = joinPath(base, '/openai/v1/chat/completions');
      return { whole: both, stream: both };
    }
    if (route !== 'invoke') return { whole: path('converse'), stream: path('converse-stream') };
    if (claude !== undefined) return claude;
    throw new Error(
      `${providerName} supports "invoke/" for Claude only: write "${providerName}/${withoutRegions(reference.id)}" for Converse.`,
    );
  }
}

const OPERATIONS = {
  embeddings: 'embeddings',
  images: 'images.generations',
  rerank: 'rerank',
} as const satisfies Record<string, UpstreamOperationName>;
