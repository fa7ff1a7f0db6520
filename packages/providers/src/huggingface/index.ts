import type { Codec, Connection, ConnectionSettings, EncodeTarget, JsonObject, Provider } from '@portico/core';
import { openAiCompatible } from '../openai-compatible.js';
import { wiresOfOthers } from '../openai-compatible-vendors.js';
import { passThrough } from '../shared/pass-through.js';

const who = 'huggingface';
const inOpenAisWire = openAiCompatible(wiresOfOthers.huggingface);

/**
 * Hugging Face's router to many hosts (https://huggingface.co/docs/inference-providers), and servers of text generation
 * inference where a `baseUrl` is given. A host is named behind the model, `meta-llama/Llama-3.3-70B-Instruct:together`, or
 * before it, as LiteLLM does.
 */
export const huggingface: Provider = { ...inOpenAisWire, codecs: routed(inOpenAisWire.codecs), connect };

function connect(settings: ConnectionSettings): Connection {
  const { baseUrl } = settings;
  // The address that LiteLLM's users give has no version.
  const given =
    baseUrl === undefined || /\/v\d+\/?$|\/v\d+\//.test(baseUrl) ? baseUrl : `${baseUrl.replace(/\/$/, '')}/v1`;
  const connection = inOpenAisWire.connect({ ...settings, baseUrl: given });
  if (baseUrl === undefined || connection.origin === 'https://router.huggingface.co') return connection;
  const chat = passThrough('chat.completions', { who }, wiresOfOthers.huggingface.rules, [fitTextGenerationInference]);
  return { ...connection, codecs: { ...inOpenAisWire.codecs, 'chat.completions': chat } };
}

/** A host before the model's own two names becomes one behind them. */
function routed(codecs: Provider['codecs']): Provider['codecs'] {
  const all = Object.entries(codecs) as [keyof Provider['codecs'], Codec][];
  return Object.fromEntries(
    all.map(([operation, codec]): [string, Codec] => [
      operation,
      { ...codec, encode: (request, target) => codec.encode(request, { ...target, model: routedModel(target.model) }) },
    ]),
  );
}

function routedModel(model: string): string {
  const [, host, name] = /^([^/]+)\/([^/]+\/[^/]+)$/.exec(model) ?? [];
  return host === undefined || name === undefined ? model : `${name}:${host}`;
}

// Its validator refuses the ends of both ranges, which ask for nothing else than what it does without them.
function fitTextGenerationInference(body: JsonObject, _target: EncodeTarget): void {
  if (body.temperature === 0) delete body.temperature;
  if (body.top_p === 1) delete body.top_p;
}
