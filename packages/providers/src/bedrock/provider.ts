import type { Connection, ConnectionSettings, Provider, UpstreamOperationName } from '@portico/core';
import { joinPath, parseBaseUrl } from '../shared/base-url.js';
import { readOptions, textOption } from '../shared/read-options.js';
import { chatCompletions } from './chat-completions.js';
import { classify } from './classify.js';
import { countTokens } from './count-tokens.js';
import { embeddings } from './embeddings.js';
import { images } from './images.js';
import { isClaude, kindOf } from './kinds-of-models.js';
import { messages } from './messages.js';
import { readReference, withoutRegions } from './model-reference.js';
import { regionOf } from './region-of.js';
import { domainOf } from './regions.js';
import { rerank } from './rerank.js';
import { SIGN_IN_OPTIONS, signIn } from './sign-in.js';

const who = 'bedrock';

/**
 * Amazon Bedrock (https://docs.aws.amazon.com/bedrock/latest/APIReference/). Chat goes to Converse; Claude is asked in its
 * own wire where the client speaks that. Options: `region`; `modelId`, an ARN where the model is named otherwise; and who
 * asks: `accessKeyId`, `secretAccessKey`, `sessionToken`, `profile`, `roleArn`, `roleSessionName`, `externalId`,
 * `webIdentityToken`, `stsEndpoint`, or `credentials`, a function that gives keys and renews them in time. Without any,
 * keys are looked for where AWS' own tools look.
 */
export const bedrock: Provider = {
  name: who,
  priceCatalogue: 'aws',
  keyVariables: ['AWS_BEARER_TOKEN_BEDROCK'],
  // Keys of AWS may stand in for a key of Bedrock.
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
  const options = readOptions(settings, OPTIONS, who);
  const { route, ...reference } = readReference(settings.model);
  const id = textOption(options, 'modelId', who) ?? reference.id;
  if (id.includes('/') && !id.startsWith('arn:')) {
    throw new Error(`${who} has no model "${id}". In front of one may stand converse/, invoke/, openai/ or a region.`);
  }
  const name = settings.baseModel ?? reference.name;
  const region = regionOf(settings, options, readReference(id).region ?? reference.region, who);
  const base = parseBaseUrl(settings.baseUrl ?? `https://bedrock-runtime.${region}.${domainOf(region)}`, who);
  const path = (operation: string, of = id) => joinPath(base, `/model/${encodeURIComponent(of)}/${operation}`);
  return {
    origin: base.origin,
    baseModel: reference.name,
    ...pathsOf(),
    ...signIn(settings, options, 'bedrock', region, who),
  };

  function pathsOf(): Pick<Connection, 'paths' | 'streamPaths'> {
    const kind = kindOf(name);
    if (kind !== 'chat') return { paths: { [OPERATIONS[kind]]: path('invoke') } };
    const invoked = { whole: path('invoke'), stream: path('invoke-with-response-stream') };
    const claude = isClaude(name) ? invoked : undefined;
    const chat = chatPaths(claude);
    return {
      paths: { 'chat.completions': chat.whole, ...(claude && { messages: claude.whole }), ...countPath() },
      streamPaths: { 'chat.completions': chat.stream, ...(claude && { messages: claude.stream }) },
    };
  }

  /** Inference profiles count nothing: the model behind one is asked, by the name that Bedrock has for it. */
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
      `${who} asks Claude alone by "invoke/": write "${who}/${withoutRegions(reference.id)}" for Converse.`,
    );
  }
}

const OPERATIONS = {
  embeddings: 'embeddings',
  images: 'images.generations',
  rerank: 'rerank',
} as const satisfies Record<string, UpstreamOperationName>;
