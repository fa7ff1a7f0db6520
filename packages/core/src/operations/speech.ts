import type { UpstreamOperation } from '../operation.js';
import { chunkStream } from './chunk-stream.js';
import { errorShape } from './error-shape.js';
import { invalid, kindOf, readModel } from './read-fields.js';

/** https://platform.openai.com/docs/api-reference/audio/createSpeech */
export const speech: UpstreamOperation = {
  kind: 'upstream',
  name: 'audio.speech',
  method: 'POST',
  paths: ['/audio/speech'],
  binaryAnswers: true,
  errors: errorShape,
  stream: chunkStream('speech'),

  read(body) {
    const model = readModel(body);
    const { input, instructions } = body;
    if (typeof input !== 'string') throw invalid('input', `"input" must be a string; found ${kindOf(input)}.`);
    return {
      model,
      stream: body.stream_format === 'sse',
      // The last event of its streams carries usage, asked or not.
      wantsUsage: false,
      inputCharacters: input.length + (typeof instructions === 'string' ? instructions.length : 0),
      inputAttachments: 0,
      maxOutputTokens: undefined,
      answers: 1,
    };
  },

  // Sound says nothing of what it took: what is charged is an estimate from the text.
  usageOf: () => undefined,
  outputCharactersOf: () => 0,
};
