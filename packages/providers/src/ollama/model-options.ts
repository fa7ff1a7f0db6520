import { isJsonObject, type JsonObject } from '@portico/core';
import type { Codec } from '@portico/core/provider';
import { each, type ParameterRule, stopsAs } from '../shared/parameter-rules.js';

/** The defaults of a deployment for its requests. */
export interface Defaults {
  readonly numCtx?: number;
  readonly keepAlive?: string | number;
}

/** The codec with a deployment's defaults in every request. */
export function withDefaults(codec: Codec, { numCtx, keepAlive }: Defaults): Codec {
  if (numCtx === undefined && keepAlive === undefined) return codec;
  return {
    ...codec,
    encode(request, target) {
      const body = codec.encode(request, target);
      const options = isJsonObject(body.options) ? body.options : {};
      return {
        ...(keepAlive === undefined ? {} : { keep_alive: keepAlive }),
        ...body,
        ...(numCtx === undefined ? {} : { options: { num_ctx: numCtx, ...options } }),
      };
    },
  };
}

/** The API has the same parameter in its `options`, with this name. */
function inOptions(name: string): ParameterRule {
  return (value, body) => setOption(body, name, value);
}

/** How the model is run and its tokens are chosen: the same for chat, completions and embeddings. */
export const OPTIONS: [string, ParameterRule][] = [
  ...['temperature', 'top_p', 'top_k', 'min_p', 'seed', 'presence_penalty', 'frequency_penalty'].map(
    (name): [string, ParameterRule] => [name, inOptions(name)],
  ),
  ['repetition_penalty', inOptions('repeat_penalty')],
  [
    'stop',
    (value, body, around) => {
      const found: JsonObject = {};
      stopsAs('stop')(value, found, around);
      if (found.stop !== undefined) setOption(body, 'stop', found.stop);
    },
  ],
  // Parameters of this API itself, for clients that know them.
  ...[
    'num_ctx',
    'num_predict',
    'num_keep',
    'num_batch',
    'num_gpu',
    'main_gpu',
    'num_thread',
    'use_mmap',
    'typical_p',
    'repeat_last_n',
    'repeat_penalty',
    'mirostat',
    'mirostat_eta',
    'mirostat_tau',
  ].map((name): [string, ParameterRule] => [name, inOptions(name)]),
  [
    'options',
    (value, body) => {
      if (isJsonObject(value)) for (const [name, one] of Object.entries(value)) setOption(body, name, one);
    },
  ],
  ...each(['keep_alive', 'truncate', 'shift'], (value, body, { name }) => {
    body[name] = value;
  }),
];

function setOption(body: JsonObject, name: string, value: unknown): void {
  body.options = { ...(isJsonObject(body.options) ? body.options : {}), [name]: value };
}

/** The body with the output limit in its options. */
export function bounded(body: JsonObject, maxTokens: number | undefined): JsonObject {
  if (maxTokens !== undefined) setOption(body, 'num_predict', maxTokens);
  return body;
}
