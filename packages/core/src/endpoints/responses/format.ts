import { isJsonObject, type JsonObject } from '../../encoding/json.js';
import { describeType, invalid, readFlag, readLimit, readModel } from '../../encoding/read-fields.js';
import type { ErrorFormat, UpstreamOperation } from '../../operation.js';
import { NO_USAGE } from '../../usage/usage.js';
import { usageOfAnswer } from '../../usage/usage-of-answer.js';
import { errorFormat } from '../shared/error-format.js';
import { type InputSize, measureBody, measureInput, requiredCapabilitiesOf } from '../shared/measure-input.js';
import { namedEvents } from '../shared/named-events.js';

const errors: ErrorFormat = {
  body: errorFormat.body,
  // The API has it at the top level; its clients read `error` as well.
  event(error, requestId) {
    const reported = JSON.parse(errorFormat.body(error, requestId)) as { readonly error: object };
    const { message, code } = error;
    const event = { type: 'error', code, message, param: error.param ?? null, ...reported };
    return `event: error\ndata: ${JSON.stringify(event)}\n\n`;
  },
};

function isSaid(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** Accepted; it runs in the background. */
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
  storage: {
    requestField: 'previous_response_id',
    requiresStoredState: ({ background, session, prompt }) => background === true || isSaid(session) || isSaid(prompt),
    isStored: ({ store }) => store !== false,
    isUnderWay,
    idOf: ({ id, response }) => textOf(isJsonObject(response) ? response.id : id),
  },
  stream: {
    ...namedEvents,
    // The last event of its streams reports the usage.
    usageChunk: () => '{"type":"keepalive"}',
  },

  read(body) {
    const model = readModel(body);
    const { input, prompt } = body;
    // A stored prompt may be the only input.
    if (typeof input !== 'string' && !Array.isArray(input) && prompt === undefined) {
      throw invalid('input', `"input" must be a string or an array of items; found ${describeType(input)}.`);
    }
    const size = measureBody(body);
    return {
      model,
      stream: readFlag(body, 'stream'),
      wantsUsage: false,
      inputCharacters: size.characters,
      inputAttachments: size.attachments,
      maxOutputTokens: readLimit(body, 'max_output_tokens'),
      answers: 1,
      requiredCapabilities: requiredCapabilitiesOf(size, body, isJsonObject(body.text) ? body.text.format : undefined),
    };
  },

  // Its usage is reported, and charged, once it is finished.
  usageOf: (answer) => (isUnderWay(answer) ? NO_USAGE : usageOfAnswer(answer.usage)),

  outputCharactersOf(answer) {
    const size: InputSize = { characters: 0, attachments: 0 };
    measureInput(answer.output, size, 'output');
    return size.characters;
  },
};
