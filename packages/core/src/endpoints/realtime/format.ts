import { isJsonObject, type JsonObject } from '../../encoding/json.js';
import type { RealtimeOperation } from '../../operations/realtime-operation.js';
import { NO_USAGE } from '../../usage/usage.js';
import { usageOfAnswer } from '../../usage/usage-of-answer.js';
import { errorFormat } from '../shared/error-format.js';

/** https://platform.openai.com/docs/api-reference/realtime */
export const realtime: RealtimeOperation = {
  name: 'realtime',
  path: '/realtime',
  errors: errorFormat,

  toUpstream(message) {
    // Most events are audio and contain no model.
    if (message.startsWith('{"type":"input_audio_buffer.append"')) return message;
    const event = parse(message);
    if (event?.type !== 'session.update' || !isJsonObject(event.session) || !('model' in event.session)) return message;
    // The model was chosen when the session began; the client knows it by another name.
    const { model: _model, ...session } = event.session;
    return JSON.stringify({ ...event, session });
  },

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

function parse(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
