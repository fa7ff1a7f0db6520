import { isJsonObject } from '../json.js';
import type { UpstreamOperation } from '../operation.js';
import { usageOfAnswer } from '../usage-of-answer.js';
import { chunkStream } from './chunk-stream.js';
import { errorShape } from './error-shape.js';
import { invalid, kindOf, readModel } from './read-fields.js';

const common: Omit<UpstreamOperation, 'name' | 'paths'> = {
  kind: 'upstream',
  method: 'POST',
  input: 'form',
  textAnswers: true,
  errors: errorShape,
  stream: chunkStream('transcript'),

  read(body) {
    const model = readModel(body);
    const { file, prompt } = body;
    if (!isJsonObject(file)) {
      const found = file === undefined ? 'it is missing' : `found ${kindOf(file)}`;
      throw invalid('file', `"file" must be one audio file; ${found}.`);
    }
    return {
      model,
      stream: body.stream === 'true',
      // The last event of its streams carries usage, asked or not.
      wantsUsage: false,
      inputCharacters: typeof prompt === 'string' ? prompt.length : 0,
      inputAttachments: 1,
      maxOutputTokens: undefined,
      answers: 1,
    };
  },

  // Models that bill by the second say `{ type: 'duration' }`, which no token price fits: theirs is an estimate.
  usageOf: (answer) => usageOfAnswer(answer.usage),
  outputCharactersOf: (answer) => (typeof answer.text === 'string' ? answer.text.length : 0),
};

/** https://platform.openai.com/docs/api-reference/audio/createTranscription */
export const transcriptions: UpstreamOperation = {
  ...common,
  name: 'audio.transcriptions',
  paths: ['/audio/transcriptions'],
};

/** The same into English. https://platform.openai.com/docs/api-reference/audio/createTranslation */
export const translations: UpstreamOperation = {
  ...common,
  name: 'audio.translations',
  paths: ['/audio/translations'],
};
