import { openAiError } from '../error-bodies.js';
import { plainChat, plainResponses } from '../plain-requests.js';
import type { StrictVendorDefinition } from '../strict-rule.js';
import { openAiChat } from './openai-chat.js';
import { openAiEmbeddings, openAiImages, openAiSpeech, openAiTranscriptions } from './openai-media.js';
import { openAiResponses } from './openai-responses.js';

/** What OpenAI's own ids look like: a prefix and at least 32 hexadecimal digits. */
export const OPENAI_IDS = /^(resp|rs|msg|fc|ctc|conv)_[0-9a-f]{32,}$/;

/** The wires of OpenAI, by their paths below a base. */
export const openAiWires = (base: string): StrictVendorDefinition['wires'] => ({
  chat: { path: `${base}/chat/completions`, plain: plainChat('gpt-4o-mini', { pictures: true }), rules: openAiChat },
  responses: { path: `${base}/responses`, plain: plainResponses('gpt-4o-mini'), rules: openAiResponses },
  embeddings: {
    path: `${base}/embeddings`,
    plain: { model: 'text-embedding-3-small', input: 'Hello' },
    rules: openAiEmbeddings,
  },
  images: { path: `${base}/images/generations`, plain: { model: 'dall-e-3', prompt: 'A cat' }, rules: openAiImages },
  speech: {
    path: `${base}/audio/speech`,
    plain: { model: 'gpt-4o-mini-tts', input: 'Hello', voice: 'alloy' },
    rules: openAiSpeech,
  },
  transcriptions: {
    path: `${base}/audio/transcriptions`,
    plain: { model: 'gpt-4o-transcribe', file: {} },
    rules: openAiTranscriptions,
  },
});

/** OpenAI. */
export const openAi: StrictVendorDefinition = {
  name: 'openai',
  title: 'OpenAI',
  model: 'gpt-4o-mini',
  errorBody: openAiError,
  ownIds: OPENAI_IDS,
  wires: openAiWires('/v1'),
};
