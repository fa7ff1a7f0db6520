import { chunkStream } from '../../encoding/chunk-stream.js';
import { describeType, invalid, readModel } from '../../encoding/read-fields.js';
import type { UpstreamOperation } from '../../operation.js';
import { errorFormat } from '../shared/error-format.js';

/** https://platform.openai.com/docs/api-reference/audio/createSpeech */
export const speech: UpstreamOperation = {
  kind: 'upstream',
  name: 'audio.speech',
  method: 'POST',
  paths: ['/audio/speech'],
  binaryAnswers: true,
  errors: errorFormat,
  stream: chunkStream('speech'),

  read(body) {
    const model = readModel(body);
    const { input, instructions } = body;
    if (typeof input !== 'string') throw invalid('input', `"input" must be a string; found ${describeType(input)}.`);
    return {
      model,
      stream: body.stream_format === 'sse',
      // The last event of its streams carries usage, requested or not.
      wantsUsage: false,
      inputCharacters: input.length + (typeof instructions === 'string' ? instructions.length : 0),
      inputAttachments: 0,
      maxOutputTokens: undefined,
      answers: 1,
    };
  },

  // Audio does not report usage: the charge is an estimate from the text.
  usageOf: () => undefined,
  outputCharactersOf: () => 0,
};
