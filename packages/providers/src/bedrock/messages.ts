import type { JsonObject } from '@portico/core';
import type { Codec } from '@portico/core/provider';
import { adaptToClaude, BEDROCK_HOST } from '../anthropic/adapt-messages.js';
import { messages as claudes } from '../anthropic/messages.js';
import { eventStreamFraming } from './event-stream-framing.js';
import { guarded } from './guarded-stream.js';

/** Claude's own API through InvokeModel, for clients that use it: what it does not refuse passes. */
export const messages: Codec = {
  encode: (request, target) => invokedBody(adaptToClaude(request, target, BEDROCK_HOST)),
  openStream: (target, request) => guarded(claudes.openStream(target, request)),
  framing: eventStreamFraming,
};

/**
 * A Messages body in the format of InvokeModel: the URL contains the model and whether it streams, the body contains
 * the version.
 */
export function invokedBody({ model: _model, stream: _stream, ...body }: JsonObject): JsonObject {
  return { anthropic_version: 'bedrock-2023-05-31', ...body };
}
