import { chunkStream } from '../encoding/chunk-stream.js';
import { isJsonObject } from '../encoding/json.js';
import {
  describeType,
  invalid,
  readCount,
  readFlag,
  readLimit,
  readModel,
  readWantsUsage,
} from '../encoding/read-fields.js';
import type { UpstreamOperation } from '../operation.js';
import { usageOfAnswer } from '../usage/usage-of-answer.js';
import { errorFormat } from './shared/error-format.js';
import { measureBody } from './shared/measure-input.js';

/** The endpoint's own default if the client sets no limit. */
const DEFAULT_MAX_TOKENS = 16;

/** https://platform.openai.com/docs/api-reference/completions (legacy) */
export const completions: UpstreamOperation = {
  kind: 'upstream',
  name: 'completions',
  method: 'POST',
  paths: ['/completions'],
  stream: chunkStream('text_completion'),
  errors: errorFormat,

  read(body) {
    const model = readModel(body);
    const { prompt } = body;
    if (prompt !== null && typeof prompt !== 'string' && !Array.isArray(prompt)) {
      throw invalid('prompt', `"prompt" must be a string or an array; found ${describeType(prompt)}.`);
    }
    const size = measureBody(body);
    const prompts = Array.isArray(prompt) && typeof prompt[0] !== 'number' ? prompt.length : 1;
    const answers = prompts * Math.max(readCount(body, 'best_of') ?? 1, readCount(body, 'n') ?? 1, 1);
    return {
      model,
      stream: readFlag(body, 'stream'),
      wantsUsage: readWantsUsage(body),
      inputCharacters: size.characters,
      inputAttachments: 0,
      maxOutputTokens: (readLimit(body, 'max_tokens') ?? DEFAULT_MAX_TOKENS) * answers,
      answers,
    };
  },

  usageOf: (answer) => usageOfAnswer(answer.usage),

  outputCharactersOf(answer) {
    if (!Array.isArray(answer.choices)) return 0;
    let characters = 0;
    for (const choice of answer.choices) {
      if (isJsonObject(choice) && typeof choice.text === 'string') characters += choice.text.length;
    }
    return characters;
  },
};
