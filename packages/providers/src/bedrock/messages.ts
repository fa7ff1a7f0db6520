import type { Codec, JsonObject } from '@portico/core';
import { messages as claudes } from '../anthropic/messages.js';
import { eventStreamFraming } from './event-stream-framing.js';
import { guarded } from './guarded-stream.js';

/** Claude's own wire by InvokeModel, asked by clients that speak it: everything passes. */
export const messages: Codec = {
  encode: invokedBody,
  openStream: (target, request) => guarded(claudes.openStream(target, request)),
  framing: eventStreamFraming,
};

/** A body of Messages as InvokeModel takes it: the address says the model and whether it streams, the body says the version. */
export function invokedBody({ model: _model, stream: _stream, ...body }: JsonObject): JsonObject {
  return { anthropic_version: 'bedrock-2023-05-31', ...body };
}
