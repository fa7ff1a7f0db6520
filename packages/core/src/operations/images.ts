import type { JsonObject } from '../json.js';
import type { Demand, UpstreamOperation } from '../operation.js';
import { usageOfAnswer } from '../usage-of-answer.js';
import { chunkStream } from './chunk-stream.js';
import { errorShape } from './error-shape.js';
import { invalid, kindOf, readModel } from './read-fields.js';

const common = {
  kind: 'upstream',
  method: 'POST',
  errors: errorShape,
  // The last event of its streams carries usage, asked or not.
  stream: chunkStream('image'),
  // Models that bill by the image say no tokens; theirs is a price per request.
  usageOf: (answer: JsonObject) => usageOfAnswer(answer.usage),
  outputCharactersOf: () => 0,
} as const;

/** https://platform.openai.com/docs/api-reference/images/create */
export const imageGenerations: UpstreamOperation = {
  ...common,
  name: 'images.generations',
  paths: ['/images/generations'],
  read: (body) => demandOf(body, body.stream === true, 0),
};

/** https://platform.openai.com/docs/api-reference/images/createEdit */
export const imageEdits: UpstreamOperation = {
  ...common,
  name: 'images.edits',
  paths: ['/images/edits'],
  input: 'form',
  read(body) {
    const images = [body.image, body['image[]']].flat().filter((image) => image !== undefined);
    if (images.length === 0) throw invalid('image', '"image" must be one or more image files; it is missing.');
    return demandOf(body, body.stream === 'true', images.length);
  },
};

function demandOf(body: JsonObject, stream: boolean, attachments: number): Demand {
  const model = readModel(body);
  const { prompt } = body;
  if (typeof prompt !== 'string') throw invalid('prompt', `"prompt" must be a string; found ${kindOf(prompt)}.`);
  const answers = Number(body.n ?? 1);
  return {
    model,
    stream,
    wantsUsage: false,
    inputCharacters: prompt.length,
    inputAttachments: attachments,
    maxOutputTokens: undefined,
    answers: Number.isSafeInteger(answers) && answers > 0 ? answers : 1,
  };
}
