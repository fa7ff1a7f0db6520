import type { Codec } from '../../codec.js';
import type { Connection, Provider } from '../../provider.js';
import { chatFromMessages } from './chat-from-messages.js';
import { messageFromChat } from './message-from-chat.js';
import { openMessageStream } from './message-stream-from-chat.js';

/** The Messages wire for every model that has chat completions: told in terms of those, once for all vendors. */
function messagesOverChat(chat: Codec): Codec {
  return {
    encode: (request, target) => chat.encode(chatFromMessages(request, target), target),
    decode: (answer, target) => messageFromChat(chat.decode === undefined ? answer : chat.decode(answer, target)),
    openStream: (target) => openMessageStream(chat.openStream(target)),
    ...(chat.framing && { framing: chat.framing }),
  };
}

/** The Messages wire for vendors that have chat completions and not the wire itself. */
export const bridges = {
  codecs(own: Provider['codecs']): Provider['codecs'] {
    const chat = own['chat.completions'];
    return chat === undefined || own.messages !== undefined ? own : { ...own, messages: messagesOverChat(chat) };
  },

  connection(own: Connection): Connection {
    const { paths, streamPaths } = own;
    const bridged = { ...own, paths: withMessages(paths) };
    return streamPaths === undefined ? bridged : { ...bridged, streamPaths: withMessages(streamPaths) };
  },
};

function withMessages(paths: Connection['paths']): Connection['paths'] {
  const chat = paths['chat.completions'];
  return chat === undefined || paths.messages !== undefined ? paths : { ...paths, messages: chat };
}
