import type { Codec, UpstreamOperationName } from '@portico/core';
import { mediaCodec } from './media.js';
import { fitOpenAiFamily } from './openai-families.js';
import { passThrough } from './pass-through.js';
import { responsesCodec } from './responses.js';

/** Fields of messages that OpenAI's models neither write nor read: other vendors' reasoning, and what comes with it. */
const FOREIGN_FIELDS = [
  'thinking_blocks',
  'reasoning_content',
  'reasoning',
  'reasoning_details',
  'provider_specific_fields',
];

/** What OpenAI's own models can be asked, wherever they are hosted. */
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

/** How they are asked. */
export function openAiCodecs(who: string): Readonly<Partial<Record<UpstreamOperationName, Codec>>> {
  return {
    'chat.completions': passThrough('chat.completions', { who }, { foreignFields: FOREIGN_FIELDS }, [
      (body, target) => fitOpenAiFamily(body, target, who),
    ]),
    responses: responsesCodec({ who }, {}, true),
    'responses.compact': responsesCodec({ who }, {}, true),
    completions: passThrough('completions', { who }),
    embeddings: passThrough('embeddings', { who }),
    moderations: passThrough('moderations', { who }),
    'images.generations': mediaCodec({ who }),
    'images.edits': mediaCodec({ who }),
    'audio.speech': mediaCodec({ who }),
    'audio.transcriptions': mediaCodec({ who }),
    'audio.translations': mediaCodec({ who }),
  };
}
