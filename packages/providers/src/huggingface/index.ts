import type { JsonObject } from '@portico/core';
import type { Codec, Connection, ConnectionSettings, EncodeTarget, Provider } from '@portico/core/provider';
import { openAiCompatible } from '../openai-compatible.js';
import { codecsOfOtherApis } from '../openai-compatible-vendors.js';
import { passThrough } from '../shared/pass-through.js';

const providerName = 'huggingface';
const openAiApi = openAiCompatible(codecsOfOtherApis.huggingface);

/**
 * Hugging Face's router to many hosts (https://huggingface.co/docs/inference-providers), and
 * text-generation-inference servers if a `baseUrl` is set. A host is named after the model,
 * `meta-llama/Llama-3.3-70B-Instruct:together`, or in front, as in LiteLLM.
 */
export const huggingface: Provider = { ...openAiApi, codecs: routed(openAiApi.codecs), connect };

function connect(settings: ConnectionSettings): Connection {
  const { baseUrl } = settings;
  // The URL that LiteLLM's users have contains no version.
  const given =
    baseUrl === undefined || /\/v\d+\/?$|\/v\d+\//.test(baseUrl) ? baseUrl : `${baseUrl.replace(/\/$/, '')}/v1`;
  const connection = openAiApi.connect({ ...settings, baseUrl: given });
  if (baseUrl === undefined || connection.origin === 'https://router.huggingface.co') return connection;
  const chat = passThrough('chat.completions', { providerName }, codecsOfOtherApis.huggingface.rules, [
    fitTextGenerationInference,
  ]);
  return { ...connection, codecs: { ...openAiApi.codecs, 'chat.completions': chat } };
}

/** A host in front of the model's two names is moved behind them. */
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

// Its validator rejects the ends of both ranges, which are the defaults anyway.
function fitTextGenerationInference(body: JsonObject, _target: EncodeTarget): void {
  if (body.temperature === 0) delete body.temperature;
  if (body.top_p === 1) delete body.top_p;
}
