import type { Codec, Counting } from '../codec.js';
import { GatewayError } from '../errors.js';
import type { Connection, Provider } from '../provider.js';
import { chatFromResponse } from './chat-via-responses/answer.js';
import { responsesFromChat } from './chat-via-responses/request.js';
import { createChatStream } from './chat-via-responses/stream.js';
import { messageFromChat } from './messages-via-chat/answer.js';
import { chatFromMessages } from './messages-via-chat/request.js';
import { createMessageStream } from './messages-via-chat/stream.js';
import { responseFromChat } from './responses-via-chat/answer.js';
import { chatFromResponses } from './responses-via-chat/request.js';
import { createResponseStream } from './responses-via-chat/stream.js';

/**
 * Translates client APIs to chat completions, once for all vendors that have chat but not the API itself. For a model
 * that is only available through the Responses API, chat completions are translated to that.
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
    openStream: (target) => createChatStream(responses.openStream(target)),
  };
}

function messagesOverChat(chat: Codec): Codec {
  return {
    ...chat,
    encode: (request, target) => chat.encode(chatFromMessages(request, target, chat.readsThinking), target),
    decode: (answer, target, request) =>
      messageFromChat(chat.decode === undefined ? answer : chat.decode(answer, target), request),
    openStream: (target, request) => createMessageStream(chat.openStream(target), request),
  };
}

function countingOverChat(counting: Counting): Codec {
  return {
    encode: (request, target) => counting.encode(chatFromMessages(request, target), target),
    decode(answer) {
      const tokens = counting.tokensIn(answer);
      if (tokens !== undefined) return { input_tokens: tokens };
      throw new GatewayError('upstream_error', 'The upstream was asked to count tokens and returned no number.');
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
    openStream: (target, request) => createResponseStream(chat.openStream(target), request),
  };
}

/** A translated operation uses the path of chat. */
function withBridges(paths: Connection['paths']): Connection['paths'] {
  const chat = paths['chat.completions'] ?? paths.responses;
  return chat === undefined ? paths : { messages: chat, responses: chat, 'chat.completions': chat, ...paths };
}
