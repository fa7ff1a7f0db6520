import type { JsonObject } from '@portico/core';
import type { Codec, EncodeTarget } from '@portico/core/provider';
import { chatAnswer } from '../anthropic/answer-to-chat.js';
import { chatCompletions as claudeChat } from '../anthropic/chat-completions.js';
import { familyOf as messagesFamilyOf } from '../anthropic/model-families.js';
import { passThrough } from '../shared/pass-through.js';
import { converseRequest } from './converse-request.js';
import { ConverseDecoder } from './converse-stream.js';
import { eventStreamFraming } from './event-stream-framing.js';
import { guarded } from './guarded-stream.js';
import { invokedBody } from './messages.js';
import { messageFromConverse } from './messages-from-converse.js';
import { isClaude } from './model-kinds.js';
import { type ModelReference, readReference } from './model-reference.js';
import { OPENAI_RULES } from './openai-rules.js';

/** Chat completions, through the interface in the model's reference; Converse by default. */
export const chatCompletions: Codec = {
  encode: (request, target) => routeOf(target).encode(request, target),
  decode: (answer, target) => routeOf(target).decode(answer, target),
  openStream: (target) => guarded(routeOf(target).openStream(target)),
  framing: eventStreamFraming,
  defaultMaxOutputTokens: (baseModel) =>
    isClaude(baseModel) ? messagesFamilyOf(baseModel).defaultMaxTokens : undefined,
};

type Route = Pick<Required<Codec>, 'encode' | 'decode' | 'openStream'>;

const converse: Route = {
  encode: converseRequest,
  decode(answer, target) {
    const message = messageFromConverse(answer, idOf(target), readReference(target.model).id);
    return chatAnswer(message, target, 'bedrock');
  },
  openStream: (target) => new ConverseDecoder(target, idOf(target), readReference(target.model).id),
};

const invoke: Route = {
  encode: (request, target) => invokedBody(claudeChat.encode(request, target)),
  decode: (answer, target) => chatAnswer(answer, target, 'bedrock'),
  openStream: claudeChat.openStream,
};

/** OpenAI's API, which some models have here. */
const openAiWire = passThrough('chat.completions', { providerName: 'bedrock' }, OPENAI_RULES);
const openai: Route = {
  encode: (request, target) => openAiWire.encode(request, { ...target, model: readReference(target.model).id }),
  decode: (answer: JsonObject) => answer,
  openStream: openAiWire.openStream,
};

const ROUTES: Readonly<Record<NonNullable<ModelReference['route']>, Route>> = { converse, invoke, openai };

function routeOf({ model }: EncodeTarget): Route {
  return ROUTES[readReference(model).route ?? 'converse'];
}

/** Converse answers have no id. */
function idOf({ createdAt }: EncodeTarget): string {
  return `chatcmpl-${createdAt}`;
}
