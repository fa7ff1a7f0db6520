import type { Connection, ConnectionSettings, Provider } from '@portico/core/provider';
import { baseUrlOf, joinPath } from '../shared/base-url.js';
import { credentialHeader } from '../shared/credential.js';
import { mediaCodec } from '../shared/media.js';
import { readOptions } from '../shared/read-options.js';
import { chatCompletions } from './chat-completions.js';
import { classify, providerName } from './classify.js';
import { embeddings } from './embeddings.js';
import { rerank } from './rerank.js';

/** Version 2 of Cohere's API (https://docs.cohere.com/v2/reference/chat). */
export const cohere: Provider = {
  name: providerName,
  keyVariables: ['COHERE_API_KEY', 'CO_API_KEY'],
  needsKey: true,
  codecs: {
    'chat.completions': chatCompletions,
    embeddings,
    rerank,
    'audio.transcriptions': mediaCodec({ providerName }),
  },
  connect,
  classify,
};

function connect(settings: ConnectionSettings): Connection {
  readOptions(settings, [], providerName);
  const given = baseUrlOf(settings, 'https://api.cohere.com', providerName);
  // Configurations contain the first version, the second, or an endpoint of one of them.
  const base = { ...given, path: given.path.replace(/(?:\/v\d)?(?:\/(?:chat|embed|rerank))?$/, '') };
  return {
    origin: base.origin,
    paths: {
      'chat.completions': joinPath(base, '/v2/chat'),
      embeddings: joinPath(base, '/v2/embed'),
      rerank: joinPath(base, '/v2/rerank'),
      'audio.transcriptions': joinPath(base, '/v2/audio/transcriptions'),
    },
    headers: { ...(settings.apiKey && credentialHeader(settings.apiKey, providerName)), ...settings.headers },
  };
}
