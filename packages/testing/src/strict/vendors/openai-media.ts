import { atMost, noField, noValue, onlyFields, onlyValues, type Say } from '../checks/fields.js';
import { withTop } from '../examples.js';
import { words } from '../json-places.js';
import type { StrictRule } from '../strict-rule.js';
import { invalidValue, outOfBounds, unknownParameter } from './openai-chat.js';

const SPEC = 'openai/openai-openapi openapi.json';

/** What OpenAI's embeddings refuse, in a vendor's words for unknown fields. */
export const openAiEmbeddings: readonly StrictRule[] = [
  onlyFields('', words('input model encoding_format dimensions user'), unknownParameter, {
    source: `${SPEC}, CreateEmbeddingRequest`,
  }),
  onlyValues('encoding_format', ['float', 'base64'], invalidValue(['float', 'base64']), {
    source: `${SPEC}, CreateEmbeddingRequest`,
  }),
  atMost(
    'input',
    2048,
    'x',
    outOfBounds('array too long', 'array_above_max_length', 'an array with maximum length 2048'),
    {
      source: `${SPEC}, CreateEmbeddingRequest, maxItems of input`,
      when: ({ body }) => Array.isArray(body.input),
      refused: withTop({ input: Array.from({ length: 2049 }, () => 'x') }),
      accepted: withTop({ input: Array.from({ length: 2048 }, () => 'x') }),
    },
  ),
  noField('dimensions', 256, () => ({ message: 'This model does not support specifying dimensions.' }), {
    source: `${SPEC}, CreateEmbeddingRequest: only text-embedding-3 and later`,
    when: ({ model }) => model.includes('ada-002'),
    tag: 'older models',
    refused: withTop({ dimensions: 256 }, { model: 'text-embedding-ada-002' }),
    accepted: withTop({ dimensions: 256 }),
  }),
];

const GPT_IMAGE = { model: 'gpt-image-1' };

/** What OpenAI's images refuse. */
export const openAiImages: readonly StrictRule[] = [
  onlyFields(
    '',
    words(`prompt model n quality response_format output_format output_compression stream partial_images size moderation
      background style user`),
    unknownParameter,
    { source: `${SPEC}, CreateImageRequest` },
  ),
  ...(['response_format', 'style'] as const).map((name) =>
    noField(name, name === 'style' ? 'vivid' : 'b64_json', unknownParameter, {
      source: `${SPEC}, CreateImageRequest: not supported for the GPT image models`,
      when: ({ model }) => model.startsWith('gpt-image'),
      tag: 'gpt-image',
      refused: withTop({ [name]: name === 'style' ? 'vivid' : 'b64_json' }, GPT_IMAGE),
      accepted: withTop({ [name]: name === 'style' ? 'vivid' : 'b64_json' }),
    }),
  ),
  ...(['background', 'output_format', 'moderation'] as const).map((name) =>
    noField(name, 'auto', unknownParameter, {
      source: `${SPEC}, CreateImageRequest: only for the GPT image models`,
      when: ({ model }) => model.startsWith('dall-e'),
      tag: 'dall-e',
      refused: withTop({ [name]: 'auto' }),
      accepted: withTop({ [name]: 'auto' }, GPT_IMAGE),
    }),
  ),
  noValue(
    'n',
    (value) => typeof value === 'number' && value > 1,
    '`n` above 1',
    outOfBounds('integer above maximum value', 'integer_above_max_value', 'a value <= 1'),
    {
      source: `${SPEC}, CreateImageRequest: for dall-e-3, only n=1 is supported`,
      when: ({ model }) => model === 'dall-e-3',
      refused: withTop({ n: 2 }),
      accepted: withTop({ n: 2 }, GPT_IMAGE),
    },
  ),
];

/** What OpenAI's speech refuses. */
export const openAiSpeech: readonly StrictRule[] = [
  onlyFields('', words('model input instructions voice response_format speed stream_format'), unknownParameter, {
    source: `${SPEC}, CreateSpeechRequest`,
  }),
  atMost(
    'input',
    4096,
    'x',
    outOfBounds('string too long', 'string_above_max_length', 'a string with maximum length 4096'),
    { source: `${SPEC}, CreateSpeechRequest, maxLength of input` },
  ),
  ...(['instructions', 'stream_format'] as const).map((name) =>
    noField(name, name === 'instructions' ? 'Slowly' : 'sse', unsupportedWith(name), {
      source: `${SPEC}, CreateSpeechRequest: does not work with tts-1 or tts-1-hd`,
      when: ({ model, body }) => model.startsWith('tts-1') && body[name] !== 'audio',
      tag: 'tts-1',
      refused: withTop({ [name]: name === 'instructions' ? 'Slowly' : 'sse' }, { model: 'tts-1' }),
      accepted: withTop({ [name]: name === 'instructions' ? 'Slowly' : 'sse' }),
    }),
  ),
];

const FORMATS = ['json', 'text', 'srt', 'verbose_json', 'vtt', 'diarized_json'];

/** What OpenAI's transcriptions refuse. Fields of lists are told without their brackets. */
export const openAiTranscriptions: readonly StrictRule[] = [
  onlyFields(
    '',
    words(`file model language languages keywords prompt response_format temperature include timestamp_granularities
      stream chunking_strategy known_speaker_names known_speaker_references`),
    unknownParameter,
    { source: `${SPEC}, CreateTranscriptionRequest` },
  ),
  onlyValues('response_format', FORMATS, invalidValue(FORMATS), {
    source: `${SPEC}, AudioResponseFormat`,
    refused: withTop({ response_format: 'xml' }, { model: 'whisper-1' }),
    accepted: withTop({ response_format: 'srt' }, { model: 'whisper-1' }),
  }),
  noValue(
    'response_format',
    (value) => !['json', 'text'].includes(String(value)),
    'formats other than `json` and `text`',
    ({ value }) => ({
      message: `response_format '${String(value)}' is not compatible with model. Use 'json' or 'text' instead.`,
      param: 'response_format',
      code: 'unsupported_value',
    }),
    {
      source: `${SPEC}, CreateTranscriptionRequest: for gpt-4o-transcribe the only supported format is json`,
      when: ({ model }) => /^gpt-4o(-mini)?-transcribe$/.test(model),
      tag: 'gpt-4o-transcribe',
      refused: withTop({ response_format: 'srt' }),
      accepted: withTop({ response_format: 'json' }),
    },
  ),
];

function unsupportedWith(name: string): Say {
  return () => ({
    message: `Unsupported parameter: '${name}' is not supported with this model.`,
    param: name,
    code: 'unsupported_parameter',
  });
}
