import type { ConversationOperation } from '../conversation-operation.js';
import { isJsonObject, type JsonObject } from '../json.js';
import { NO_USAGE } from '../usage.js';
import { usageOfAnswer } from '../usage-of-answer.js';
import { errorShape } from './error-shape.js';

/** https://platform.openai.com/docs/api-reference/realtime */
export const realtime: ConversationOperation = {
  name: 'realtime',
  path: '/realtime',
  errors: errorShape,

  toUpstream(message) {
    // Sound is most of what is said, and has no model in it.
    if (message.startsWith('{"type":"input_audio_buffer.append"')) return message;
    const event = parse(message);
    if (event?.type !== 'session.update' || !isJsonObject(event.session) || !('model' in event.session)) return message;
    // Which model it is was decided when the conversation began; the client knows it by another name.
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
    const told = { type, code, message, param, event_id: null, request_id: requestId };
    return JSON.stringify({ type: 'error', event_id: `event_${requestId}`, error: told });
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
