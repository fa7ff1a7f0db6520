import type { Connection, ConnectionSettings, Provider } from '@portico/core/provider';
import { openAiCompatible } from '../openai-compatible.js';
import { codecsOfOtherApis } from '../openai-compatible-vendors.js';
import { baseUrlOf, joinPath } from '../shared/base-url.js';
import { credentialHeader } from '../shared/credential.js';
import { mediaCodec } from '../shared/media.js';
import { readOptions } from '../shared/read-options.js';
import { chatCompletions } from './chat-completions.js';
import { classify, providerName } from './classify.js';
import { completions } from './completions.js';
import { embeddings } from './embeddings.js';
import { type Defaults, withDefaults } from './model-options.js';

const openAiApi = openAiCompatible(codecsOfOtherApis.ollama);

/**
 * Ollama's own API (https://docs.ollama.com/api). A URL that ends in `/v1` is used with OpenAI's API, which Ollama
 * supports as well. Options: `numCtx`, the context length in tokens, which is short by default and beyond which the
 * beginning of a prompt is lost; `keepAlive`, how long the model stays loaded.
 */
export const ollama: Provider = {
  name: providerName,
  keyVariables: openAiApi.keyVariables,
  needsKey: false,
  codecs: codecsWith({}),
  connect,
  classify,
};

function codecsWith(defaults: Defaults): Provider['codecs'] {
  const media = mediaCodec({ providerName });
  return {
    'chat.completions': withDefaults(chatCompletions, defaults),
    completions: withDefaults(completions, defaults),
    embeddings: withDefaults(embeddings, defaults),
    'audio.speech': media,
    'audio.transcriptions': media,
    'audio.translations': media,
  };
}

function connect(settings: ConnectionSettings): Connection {
  const { numCtx, keepAlive } = readOptions(settings, ['numCtx', 'keepAlive'], providerName);
  if (numCtx !== undefined && !(Number.isInteger(numCtx) && Number(numCtx) > 0)) {
    throw new Error(`The option "numCtx" of ${providerName} must be a number of tokens.`);
  }
  if (keepAlive !== undefined && typeof keepAlive !== 'number' && typeof keepAlive !== 'string') {
    throw new Error(
      `The option "keepAlive" of ${providerName} must be a number of seconds, or a string such as "10m".`,
    );
  }
  const given = baseUrlOf(settings, 'http://localhost:11434', providerName);
  if (given.path.endsWith('/v1')) {
    return { ...openAiApi.connect({ ...settings, options: {} }), codecs: openAiApi.codecs };
  }
  const base = { ...given, path: given.path.replace(/\/api(?:\/(?:chat|generate|embed))?$/, '') };
  return {
    origin: base.origin,
    paths: {
      'chat.completions': joinPath(base, '/api/chat'),
      completions: joinPath(base, '/api/generate'),
      embeddings: joinPath(base, '/api/embed'),
      'audio.speech': joinPath(base, '/v1/audio/speech'),
      'audio.transcriptions': joinPath(base, '/v1/audio/transcriptions'),
      'audio.translations': joinPath(base, '/v1/audio/translations'),
    },
    headers: { ...(settings.apiKey && credentialHeader(settings.apiKey, providerName)), ...settings.headers },
    codecs: codecsWith({
      ...(numCtx === undefined ? {} : { numCtx: numCtx as number }), // just checked
      // As text, seconds must have their unit.
      ...(keepAlive === undefined ? {} : { keepAlive: /^-?\d+$/.test(`${keepAlive}`) ? Number(keepAlive) : keepAlive }),
    }),
  };
}
