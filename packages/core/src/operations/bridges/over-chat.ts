import type { Codec, Counting } from '../../codec.js';
import { GatewayError } from '../../errors.js';
import type { Connection, Provider } from '../../provider.js';
import { chatFromMessages } from './chat-from-messages.js';
import { chatFromResponse } from './chat-from-response.js';
import { chatFromResponses } from './chat-from-responses.js';
import { openChatStream } from './chat-stream-from-response.js';
import { messageFromChat } from './message-from-chat.js';
import { openMessageStream } from './message-stream-from-chat.js';
import { responseFromChat } from './response-from-chat.js';
import { openResponseStream } from './response-stream-from-chat.js';
import { responsesFromChat } from './responses-from-chat.js';

/**
 * Wires of clients, told in terms of chat completions: once for all vendors that have those and not the wire itself. Where
 * a model is asked for responses alone, its chat completions are told in terms of these.
 */
export const bridges = {
  codecs(own: Provider['codecs']): Provider['codecs'] {
    const { responses } = own;
    const chat = own['chat.completions'] ?? (responses && chatOverResponses(responses));
    if (chat === undefined) return own;
    return {
      messages: messagesOverChat(chat),
      responses: responsesOverChat(chat),
      ...(chat.counting && { 'messages.count_tokens': countingOverChat(chat.counting) }),
      ...own,
      'chat.completions': chat,
    };
  },

  connection(own: Connection): Connection {
    const { paths, streamPaths } = own;
    const bridged = { ...own, paths: withBridges(paths) };
    return streamPaths === undefined ? bridged : { ...bridged, streamPaths: withBridges(streamPaths) };
  },
};

function chatOverResponses(responses: Codec): Codec {
  return {
    ...responses,
    encode: (request, target) => responses.encode(responsesFromChat(request, target), target),
    decode: (answer, target) =>
      chatFromResponse(responses.decode === undefined ? answer : responses.decode(answer, target)),
    openStream: (target) => openChatStream(responses.openStream(target)),
  };
}

function messagesOverChat(chat: Codec): Codec {
  return {
    ...chat,
    encode: (request, target) => chat.encode(chatFromMessages(request, target), target),
    decode: (answer, target) => messageFromChat(chat.decode === undefined ? answer : chat.decode(answer, target)),
    openStream: (target) => openMessageStream(chat.openStream(target)),
  };
}

function countingOverChat(counting: Counting): Codec {
  return {
    encode: (request, target) => counting.encode(chatFromMessages(request, target), target),
    decode(answer) {
      const tokens = counting.tokensIn(answer);
      if (tokens !== undefined) return { input_tokens: tokens };
      throw new GatewayError('upstream_error', 'The upstream was asked to count tokens and named no number.');
    },
    openStream: () => {
      throw new TypeError('tokens are not counted in a stream');
    },
  };
}

function responsesOverChat(chat: Codec): Codec {
  return {
    ...chat,
    encode: (request, target) => chat.encode(chatFromResponses(request, target), target),
    decode: (answer, target, request) =>
      responseFromChat(chat.decode === undefined ? answer : chat.decode(answer, target), request),
    openStream: (target, request) => openResponseStream(chat.openStream(target), request),
  };
}

/** A bridged operation is asked where the chat is. */
function withBridges(paths: Connection['paths']): Connection['paths'] {
  const chat = paths['chat.completions'] ?? paths.responses;
  return chat === undefined ? paths : { messages: chat, responses: chat, 'chat.completions': chat, ...paths };
}
