import { chunkStream } from '../../encoding/chunk-stream.js';
import { isJsonObject } from '../../encoding/json.js';
import { describeType, invalid, readModel } from '../../encoding/read-fields.js';
import type { UpstreamOperation } from '../../operation.js';
import { usageOfAnswer } from '../../usage/usage-of-answer.js';
import { errorFormat } from '../shared/error-format.js';

const common: Omit<UpstreamOperation, 'name' | 'paths'> = {
  kind: 'upstream',
  method: 'POST',
  input: 'form',
  textAnswers: true,
  errors: errorFormat,
  stream: chunkStream('transcript'),

  read(body) {
    const model = readModel(body);
    const { file, prompt } = body;
    if (!isJsonObject(file)) {
      const found = file === undefined ? 'it is missing' : `found ${describeType(file)}`;
      throw invalid('file', `"file" must be one audio file; ${found}.`);
    }
    return {
      model,
      stream: body.stream === 'true',
      // The last event of its streams carries usage, requested or not.
      wantsUsage: false,
      inputCharacters: typeof prompt === 'string' ? prompt.length : 0,
      inputAttachments: 1,
      maxOutputTokens: undefined,
      answers: 1,
    };
  },

  // Models billed per second report `{ type: 'duration' }`, which has no token price: they are estimated.
  usageOf: (answer) => usageOfAnswer(answer.usage),
  outputCharactersOf: (answer) => (typeof answer.text === 'string' ? answer.text.length : 0),
};

/** https://platform.openai.com/docs/api-reference/audio/createTranscription */
export const transcriptions: UpstreamOperation = {
  ...common,
  name: 'audio.transcriptions',
  paths: ['/audio/transcriptions'],
};

/** The same, translated to English. https://platform.openai.com/docs/api-reference/audio/createTranslation */
export const translations: UpstreamOperation = {
  ...common,
  name: 'audio.translations',
  paths: ['/audio/translations'],
};
