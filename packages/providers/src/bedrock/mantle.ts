import type { Codec, Connection, ConnectionSettings, EncodeTarget, Provider } from '@portico/core/provider';
import { chatCompletions as claudeChat } from '../anthropic/chat-completions.js';
import { countTokens as claudesCountTokens, messages } from '../anthropic/messages.js';
import { baseUrlOf, joinPath } from '../shared/base-url.js';
import { passThrough } from '../shared/pass-through.js';
import { readOptions } from '../shared/read-options.js';
import { responsesCodec } from '../shared/responses.js';
import { classify } from './classify.js';
import { countingFailure } from './count-tokens.js';
import { isClaude } from './model-kinds.js';
import { OPENAI_RULES } from './openai-rules.js';
import { regionOf } from './region-of.js';
import { SIGN_IN_OPTIONS, signIn } from './sign-in.js';

const providerName = 'bedrock_mantle';

const plainChat = passThrough('chat.completions', { providerName }, OPENAI_RULES);

/** Claude is called through its own API, all other models through OpenAI's. */
const chat: Codec = {
  encode: (request, target) => chatOf(target).encode(request, target),
  decode: (answer, target) => chatOf(target).decode?.(answer, target) ?? answer,
  openStream: (target) => chatOf(target).openStream(target),
};

/** Counts the tokens of a Messages request. */
const countTokens: Codec = { ...messages, encode: claudesCountTokens.encode, failure: countingFailure };

function chatOf({ baseModel }: EncodeTarget): Codec {
  return isClaude(baseModel) ? claudeChat : plainChat;
}

/**
 * Bedrock's endpoints with the APIs of others
 * (https://docs.aws.amazon.com/bedrock/latest/userguide/bedrock-mantle.html): chat and Responses as at OpenAI,
 * Messages for Claude. Options: `region`, and credentials, as for `bedrock`.
 */
export const bedrockMantle: Provider = {
  name: providerName,
  priceCatalogue: 'aws',
  keyVariables: ['BEDROCK_MANTLE_API_KEY', 'AWS_BEARER_TOKEN_BEDROCK'],
  needsKey: false,
  codecs: {
    'chat.completions': chat,
    responses: responsesCodec({ providerName }, {}, true),
    messages,
    'messages.count_tokens': countTokens,
  },
  connect,
  classify: (answer) => classify(answer, providerName),
};

function connect(settings: ConnectionSettings): Connection {
  const options = readOptions(settings, ['region', ...SIGN_IN_OPTIONS], providerName);
  const region = regionOf(settings, options, undefined, providerName);
  const base = baseUrlOf(settings, `https://bedrock-mantle.${region}.api.aws`, providerName);
  const root = { ...base, path: base.path.replace(/\/(?:v1|anthropic)$|\/anthropic\/v1$/, '') };
  const signedIn = signIn(settings, options, 'bedrock-mantle', region, providerName);
  if (isClaude(settings.baseModel ?? settings.model)) {
    const path = joinPath(root, '/anthropic/v1/messages');
    const headers = { 'anthropic-version': '2023-06-01', ...signedIn.headers };
    const paths = { 'chat.completions': path, messages: path, 'messages.count_tokens': `${path}/count_tokens` };
    return { origin: base.origin, paths, ...signedIn, headers };
  }
  return {
    origin: base.origin,
    paths: {
      'chat.completions': joinPath(root, '/v1/chat/completions'),
      responses: joinPath(root, '/v1/responses'),
    },
    ...signedIn,
  };
}
