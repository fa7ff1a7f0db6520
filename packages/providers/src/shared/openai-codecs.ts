import type { Codec, UpstreamOperationName } from '@portico/core';
import { fitOpenAiFamily } from './openai-families.js';
import { passThrough } from './pass-through.js';
import { transcriptionCodec } from './transcriptions.js';

/** Fields of messages that OpenAI's models neither write nor read: other vendors' reasoning, and what comes with it. */
const FOREIGN_FIELDS = [
  'thinking_blocks',
  'reasoning_content',
  'reasoning',
  'reasoning_details',
  'provider_specific_fields',
];

/** The operations of OpenAI's own models, wherever they are hosted. */
export function openAiCodecs(who: string): Readonly<Partial<Record<UpstreamOperationName, Codec>>> {
  return {
    'chat.completions': passThrough('chat.completions', { who }, { foreignFields: FOREIGN_FIELDS }, [
      (body, target) => fitOpenAiFamily(body, target, who),
    ]),
    completions: passThrough('completions', { who }),
    embeddings: passThrough('embeddings', { who }),
    'audio.transcriptions': transcriptionCodec({ who }),
  };
}
