import type { UpstreamOperationName } from '@portico/core';
import type { Codec } from '@portico/core/provider';
import { mediaCodec } from './media.js';
import { adaptToOpenAiFamily } from './openai-families.js';
import { passThrough } from './pass-through.js';
import type { RequestRules } from './request-rules.js';
import { responsesCodec } from './responses.js';

/** Fields of messages that OpenAI's models neither write nor read: other vendors' reasoning and related fields. */
const FOREIGN_FIELDS = [
  'thinking_blocks',
  'reasoning_content',
  'reasoning',
  'reasoning_details',
  'provider_specific_fields',
];

const CHAT_RULES = {
  foreignFields: FOREIGN_FIELDS,
  cacheMarks: false,
  toolCallIds: 'forty characters',
} as const satisfies RequestRules;

/** The operations of OpenAI's own models, at any host. */
export const OPENAI_OPERATIONS = [
  'chat.completions',
  'responses',
  'responses.compact',
  'completions',
  'embeddings',
  'moderations',
  'images.generations',
  'images.edits',
  'audio.speech',
  'audio.transcriptions',
  'audio.translations',
] as const satisfies readonly UpstreamOperationName[];

/** Their request options. */
export function openAiCodecs(providerName: string): Readonly<Partial<Record<UpstreamOperationName, Codec>>> {
  return {
    'chat.completions': passThrough('chat.completions', { providerName }, CHAT_RULES, [
      (body, target) => adaptToOpenAiFamily(body, target, providerName),
    ]),
    responses: responsesCodec({ providerName }, {}, true, true),
    'responses.compact': responsesCodec({ providerName }, {}, true, true),
    completions: passThrough('completions', { providerName }),
    embeddings: passThrough('embeddings', { providerName }),
    moderations: passThrough('moderations', { providerName }),
    'images.generations': mediaCodec({ providerName }),
    'images.edits': mediaCodec({ providerName }),
    'audio.speech': mediaCodec({ providerName }),
    'audio.transcriptions': mediaCodec({ providerName }),
    'audio.translations': mediaCodec({ providerName }),
  };
}
