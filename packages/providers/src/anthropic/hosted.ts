import type { Codec, Provider } from '@portico/core/provider';
import { chatCompletions } from './chat-completions.js';
import { messages } from './messages.js';

/** Claude at another host, where the URL contains the model and the body contains the version of the API. */
export function hostedCodecs(version: string): Provider['codecs'] {
  return { 'chat.completions': hosted(chatCompletions, version), messages: hosted(messages, version) };
}

function hosted(codec: Codec, version: string): Codec {
  return {
    ...codec,
    encode(request, target) {
      const { model: _inTheAddress, ...body } = codec.encode(request, target);
      return { anthropic_version: version, ...body };
    },
  };
}
