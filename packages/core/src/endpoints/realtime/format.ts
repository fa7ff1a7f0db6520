import { isJsonObject, type JsonObject } from '../../encoding/json.js';
import { GatewayError } from '../../errors.js';
import type { RealtimeOperation } from '../../operations/realtime-operation.js';
import { NO_USAGE } from '../../usage/usage.js';
import { usageOfAnswer } from '../../usage/usage-of-answer.js';
import { errorFormat } from '../shared/error-format.js';
import { createSessionMeter } from './session-meter.js';

/** https://platform.openai.com/docs/api-reference/realtime */
export const realtime: RealtimeOperation = {
  name: 'realtime',
  path: '/realtime',
  errors: errorFormat,

  toUpstream(message) {
    if (typeof message !== 'string') throw unreadable('binary');
    // Most events are audio. Nothing else fits into one that has this form.
    if (AUDIO.test(message)) return message;
    const event = parse(message);
    if (event === undefined) throw unreadable('not a JSON object');
    // The model was chosen when the session began; the client knows it by another name. What is sent is what was read:
    // a key that occurs twice might be read otherwise by the upstream.
    return JSON.stringify({ ...event, ...withoutModel(event, 'session'), ...withoutModel(event, 'response') });
  },

  openMeter: createSessionMeter,

  usageOfMessage(message) {
    // In one event of hundreds.
    if (!message.includes('"response.done"')) return undefined;
    const event = parse(message);
    if (event?.type !== 'response.done' || !isJsonObject(event.response)) return undefined;
    return usageOfAnswer(event.response.usage);
  },

  failure(error, requestId) {
    const { type, code, message, param = null } = error;
    const reported = { type, code, message, param, event_id: null, request_id: requestId };
    return JSON.stringify({ type: 'error', event_id: `event_${requestId}`, error: reported });
  },

  usageOf: () => NO_USAGE,
  outputCharactersOf: () => 0,
};

/** An event with audio, as clients write it. */
const AUDIO =
  /^\{(?:"event_id":"[\w-]*",)?"type":"input_audio_buffer\.append",(?:"event_id":"[\w-]*",)?"audio":"[A-Za-z0-9+/=_-]*"\}$/;

function withoutModel(event: JsonObject, field: 'session' | 'response'): JsonObject {
  const value = event[field];
  if (!isJsonObject(value)) return {};
  const { model: _model, ...rest } = value;
  return { [field]: rest };
}

function unreadable(found: string): GatewayError {
  return new GatewayError(
    'invalid_input',
    `A message of a realtime session must be a JSON object as text; it was ${found}.`,
  );
}

function parse(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
