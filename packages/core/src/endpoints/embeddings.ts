import { describeType, invalid, readModel } from '../encoding/read-fields.js';
import type { UpstreamOperation } from '../operation.js';
import { usageOfAnswer } from '../usage/usage-of-answer.js';
import { errorFormat } from './shared/error-format.js';
import { measureBody } from './shared/measure-input.js';

/** https://platform.openai.com/docs/api-reference/embeddings */
export const embeddings: UpstreamOperation = {
  kind: 'upstream',
  name: 'embeddings',
  method: 'POST',
  paths: ['/embeddings'],
  stream: undefined,
  errors: errorFormat,

  read(body) {
    const model = readModel(body);
    const { input } = body;
    if (typeof input !== 'string' && !Array.isArray(input)) {
      throw invalid('input', `"input" must be a string or an array; found ${describeType(input)}.`);
    }
    const size = measureBody(body);
    return {
      model,
      stream: false,
      wantsUsage: false,
      inputCharacters: size.characters,
      inputAttachments: size.attachments,
      maxOutputTokens: 0,
      answers: 1,
    };
  },

  usageOf: (answer) => usageOfAnswer(answer.usage),
  outputCharactersOf: () => 0,
};
