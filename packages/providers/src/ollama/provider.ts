import type { Connection, ConnectionSettings, Provider } from '@portico/core';
import { openAiCompatible } from '../openai-compatible.js';
import { wiresOfOthers } from '../openai-compatible-vendors.js';
import { baseUrlOf, joinPath } from '../shared/base-url.js';
import { credentialHeader } from '../shared/credential.js';
import { mediaCodec } from '../shared/media.js';
import { readOptions } from '../shared/read-options.js';
import { chatCompletions } from './chat-completions.js';
import { classify, who } from './classify.js';
import { completions } from './completions.js';
import { embeddings } from './embeddings.js';
import { type Defaults, withDefaults } from './model-options.js';

const inOpenAisWire = openAiCompatible(wiresOfOthers.ollama);

/**
 * Ollama's own API (https://docs.ollama.com/api). An address that ends in `/v1` is asked in OpenAI's wire, which it speaks
 * as well. Options: `numCtx`, the tokens of the context, which are few by default and beyond which the beginning of a
 * prompt is lost; `keepAlive`, how long the model stays loaded.
 */
export const ollama: Provider = {
  name: who,
  keyVariables: inOpenAisWire.keyVariables,
  needsKey: false,
  codecs: codecsWith({}),
  connect,
  classify,
};

function codecsWith(defaults: Defaults): Provider['codecs'] {
  const media = mediaCodec({ who });
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
  const { numCtx, keepAlive } = readOptions(settings, ['numCtx', 'keepAlive'], who);
  if (numCtx !== undefined && !(Number.isInteger(numCtx) && Number(numCtx) > 0)) {
    throw new Error(`The option "numCtx" of ${who} must be a number of tokens.`);
  }
  if (keepAlive !== undefined && typeof keepAlive !== 'number' && typeof keepAlive !== 'string') {
    throw new Error(`The option "keepAlive" of ${who} must be seconds, or a text such as "10m".`);
  }
  const given = baseUrlOf(settings, 'http://localhost:11434', who);
  if (given.path.endsWith('/v1')) {
    return { ...inOpenAisWire.connect({ ...settings, options: {} }), codecs: inOpenAisWire.codecs };
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
    headers: { ...(settings.apiKey && credentialHeader(settings.apiKey, who)), ...settings.headers },
    codecs: codecsWith({
      ...(numCtx === undefined ? {} : { numCtx: numCtx as number }), // just checked
      // As text, seconds must have their unit.
      ...(keepAlive === undefined ? {} : { keepAlive: /^-?\d+$/.test(`${keepAlive}`) ? Number(keepAlive) : keepAlive }),
    }),
  };
}
