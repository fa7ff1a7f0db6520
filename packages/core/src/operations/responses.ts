import { isJsonObject, type JsonObject } from '../json.js';
import type { ErrorSpelling, UpstreamOperation } from '../operation.js';
import { NO_USAGE } from '../usage.js';
import { usageOfAnswer } from '../usage-of-answer.js';
import { errorShape } from './error-shape.js';
import { type InputSize, measureInput, needsOf } from './measure-input.js';
import { namedEvents } from './named-events.js';
import { invalid, kindOf, readCount, readFlag, readModel } from './read-fields.js';

const errors: ErrorSpelling = {
  body: errorShape.body,
  // The wire has it flat; its clients read `error` as well.
  event(error, requestId) {
    const told = JSON.parse(errorShape.body(error, requestId)) as { readonly error: object };
    const { message, code } = error;
    const event = { type: 'error', code, message, param: error.param ?? null, ...told };
    return `event: error\ndata: ${JSON.stringify(event)}\n\n`;
  },
};

function isSaid(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** Accepted, to be made in the background. */
export function isUnderWay({ status }: JsonObject): boolean {
  return status === 'queued' || status === 'in_progress';
}

/** https://platform.openai.com/docs/api-reference/responses/create */
export const responses: UpstreamOperation = {
  kind: 'upstream',
  name: 'responses',
  method: 'POST',
  paths: ['/responses'],
  errors,
  keeps: {
    reference: 'previous_response_id',
    needsKeeper: ({ background, conversation, prompt }) =>
      background === true || isSaid(conversation) || isSaid(prompt),
    isKept: ({ store }) => store !== false,
    isUnderWay,
    idOf: ({ id, response }) => textOf(isJsonObject(response) ? response.id : id),
  },
  stream: {
    ...namedEvents,
    // The last event of its streams tells their usage.
    usageChunk: () => '{"type":"keepalive"}',
  },

  read(body) {
    const model = readModel(body);
    const { input, instructions, tools, prompt } = body;
    // A stored prompt may be all there is.
    if (typeof input !== 'string' && !Array.isArray(input) && prompt === undefined) {
      throw invalid('input', `"input" must be a string or an array of items; found ${kindOf(input)}.`);
    }
    const size: InputSize = { characters: 0, attachments: 0 };
    measureInput(input, size, 'input');
    if (instructions !== undefined) measureInput(instructions, size, 'instructions');
    if (tools !== undefined) measureInput(tools, size, 'tools');
    return {
      model,
      stream: readFlag(body, 'stream'),
      wantsUsage: false,
      inputCharacters: size.characters,
      inputAttachments: size.attachments,
      maxOutputTokens: readCount(body, 'max_output_tokens'),
      answers: 1,
      needs: needsOf(size, tools, isJsonObject(body.text) ? body.text.format : undefined),
    };
  },

  // What it will have consumed is told, and charged, once it is done.
  usageOf: (answer) => (isUnderWay(answer) ? NO_USAGE : usageOfAnswer(answer.usage)),

  outputCharactersOf(answer) {
    const size: InputSize = { characters: 0, attachments: 0 };
    measureInput(answer.output, size, 'output');
    return size.characters;
  },
};
