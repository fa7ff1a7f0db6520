import type { Codec, Connection, ConnectionSettings, EncodeTarget, Provider } from '@portico/core';
import { chatCompletions as claudeChat } from '../anthropic/chat-completions.js';
import { countTokens as claudesCountTokens, messages } from '../anthropic/messages.js';
import { baseUrlOf, joinPath } from '../shared/base-url.js';
import { passThrough } from '../shared/pass-through.js';
import { readOptions } from '../shared/read-options.js';
import { responsesCodec } from '../shared/responses.js';
import { classify } from './classify.js';
import { countingFailure } from './count-tokens.js';
import { isClaude } from './kinds-of-models.js';
import { OPENAI_RULES } from './openai-rules.js';
import { regionOf } from './region-of.js';
import { SIGN_IN_OPTIONS, signIn } from './sign-in.js';

const who = 'bedrock_mantle';

const plainChat = passThrough('chat.completions', { who }, OPENAI_RULES);

/** Claude is asked in its own wire, all other models in OpenAI's. */
const chat: Codec = {
  encode: (request, target) => chatOf(target).encode(request, target),
  decode: (answer, target) => chatOf(target).decode?.(answer, target) ?? answer,
  openStream: (target) => chatOf(target).openStream(target),
};

/** Counts what `messages` would be asked. */
const countTokens: Codec = { ...messages, encode: claudesCountTokens.encode, failure: countingFailure };

function chatOf({ baseModel }: EncodeTarget): Codec {
  return isClaude(baseModel) ? claudeChat : plainChat;
}

/**
 * Bedrock's addresses in the wires of others (https://docs.aws.amazon.com/bedrock/latest/userguide/bedrock-mantle.html): chat
 * and Responses as OpenAI has them, Messages for Claude. Options: `region`, and who asks, as for `bedrock`.
 */
export const bedrockMantle: Provider = {
  name: who,
  priceCatalogue: 'aws',
  keyVariables: ['BEDROCK_MANTLE_API_KEY', 'AWS_BEARER_TOKEN_BEDROCK'],
  needsKey: false,
  codecs: {
    'chat.completions': chat,
    responses: responsesCodec({ who }, {}, true),
    messages,
    'messages.count_tokens': countTokens,
  },
  connect,
  classify: (answer) => classify(answer, who),
};

function connect(settings: ConnectionSettings): Connection {
  const options = readOptions(settings, ['region', ...SIGN_IN_OPTIONS], who);
  const region = regionOf(settings, options, undefined, who);
  const base = baseUrlOf(settings, `https://bedrock-mantle.${region}.api.aws`, who);
  const root = { ...base, path: base.path.replace(/\/(?:v1|anthropic)$|\/anthropic\/v1$/, '') };
  const signedIn = signIn(settings, options, 'bedrock-mantle', region, who);
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
