import type { UpstreamOperation } from '../operation.js';
import { NO_USAGE } from '../usage.js';
import { usageOfAnswer } from '../usage-of-answer.js';
import { errorShape } from './error-shape.js';
import { type InputSize, measureInput } from './measure-input.js';
import { invalid, kindOf, readModel } from './read-fields.js';

/** https://platform.openai.com/docs/api-reference/moderations */
export const moderations: UpstreamOperation = {
  kind: 'upstream',
  name: 'moderations',
  method: 'POST',
  paths: ['/moderations'],
  stream: undefined,
  errors: errorShape,

  read(body) {
    const model = readModel(body);
    const { input } = body;
    if (typeof input !== 'string' && !Array.isArray(input)) {
      throw invalid('input', `"input" must be a string or an array; found ${kindOf(input)}.`);
    }
    const size: InputSize = { characters: 0, attachments: 0 };
    measureInput(input, size, 'input');
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

  // Vendors who bill moderations count them in the answer; the others give them away.
  usageOf: (answer) => usageOfAnswer(answer.usage) ?? NO_USAGE,
  outputCharactersOf: () => 0,
};
