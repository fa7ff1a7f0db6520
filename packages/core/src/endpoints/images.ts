import { chunkStream } from '../encoding/chunk-stream.js';
import type { JsonObject } from '../encoding/json.js';
import { describeType, invalid, readModel } from '../encoding/read-fields.js';
import type { RequestSummary, UpstreamOperation } from '../operation.js';
import { usageOfAnswer } from '../usage/usage-of-answer.js';
import { errorFormat } from './shared/error-format.js';

const common = {
  kind: 'upstream',
  method: 'POST',
  errors: errorFormat,
  // The last event of its streams carries usage, requested or not.
  stream: chunkStream('image'),
  // Models that bill per image report no tokens; they need a price per request.
  usageOf: (answer: JsonObject) => usageOfAnswer(answer.usage),
  outputCharactersOf: () => 0,
} as const;

/** https://platform.openai.com/docs/api-reference/images/create */
export const imageGenerations: UpstreamOperation = {
  ...common,
  name: 'images.generations',
  paths: ['/images/generations'],
  read: (body) => summaryOf(body, body.stream === true, 0),
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
    return summaryOf(body, body.stream === 'true', images.length);
  },
};

function summaryOf(body: JsonObject, stream: boolean, attachments: number): RequestSummary {
  const model = readModel(body);
  const { prompt } = body;
  if (typeof prompt !== 'string') throw invalid('prompt', `"prompt" must be a string; found ${describeType(prompt)}.`);
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
