import { GatewayError, isJsonObject, type JsonObject } from '@portico/core';
import type { Codec, EncodeTarget } from '@portico/core/provider';
import { dropParameter } from '../shared/drop-parameter.js';
import {
  as,
  each,
  handledElsewhere,
  hint,
  noStreams,
  type ParameterRule,
  parametersBy,
} from '../shared/parameter-rules.js';
import { warnOnce } from '../shared/warn-once.js';

/** Images of Imagen, through `predict`. They are returned in base64, never as URLs. */
export function imageGenerations(providerName: string): Codec {
  return {
    encode: (request, target) => ({
      instances: [{ prompt: request.prompt }],
      parameters: parametersBy(PARAMETERS, request, warnOnce(target)),
    }),
    decode: (answer, target) => imagesOf(answer, target, providerName),
    openStream: noStreams,
  };
}

/** True for models that use this endpoint. */
export function makesImages(model: string): boolean {
  return /imagen/i.test(model);
}

const RATIOS: readonly (readonly [name: string, ratio: number])[] = [
  ['1:1', 1],
  ['4:3', 4 / 3],
  ['3:4', 3 / 4],
  ['16:9', 16 / 9],
  ['9:16', 9 / 16],
];

const PARAMETERS = new Map<string, ParameterRule>([
  ...each(['model', 'prompt', 'stream'], handledElsewhere),
  ['n', as('sampleCount')],
  ['size', size],
  [
    'output_format',
    (value, body, { target }) => {
      if (value === 'png' || value === 'jpeg') body.outputOptions = { mimeType: `image/${value}` };
      else dropParameter(target, 'output_format', 'Images are returned as "png" or "jpeg".');
    },
  ],
  [
    'response_format',
    (value, _body, { target }) => {
      if (value !== 'b64_json') dropParameter(target, 'response_format', 'Images are returned in base64.');
    },
  ],
  ...each(['quality', 'style', 'background', 'moderation', 'user'], hint),
  // Parameters of this API itself, for clients that know them, in both spellings.
  ...[
    'aspectRatio',
    'negativePrompt',
    'personGeneration',
    'safetySetting',
    'seed',
    'addWatermark',
    'imageSize',
    'language',
    'enhancePrompt',
  ].flatMap((name): [string, ParameterRule][] => [
    [name, as(name)],
    [name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), as(name)],
  ]),
]);

/** The nearest supported aspect ratio. */
function size(value: unknown, body: JsonObject, { target }: { target: EncodeTarget }): void {
  const [, width, height] = /^(\d+)x(\d+)$/.exec(typeof value === 'string' ? value : '') ?? [];
  if (width === undefined || height === undefined || Number(height) === 0) {
    if (value !== 'auto') dropParameter(target, 'size', 'It must be two numbers of pixels, such as "1024x1024".');
    return;
  }
  const asked = Math.log(Number(width) / Number(height));
  const [nearest] = [...RATIOS].sort(([, a], [, b]) => Math.abs(Math.log(a) - asked) - Math.abs(Math.log(b) - asked));
  body.aspectRatio = nearest?.[0];
}

function imagesOf({ predictions }: JsonObject, target: EncodeTarget, providerName: string): JsonObject {
  const found = Array.isArray(predictions) ? (predictions as unknown[]).filter(isJsonObject) : [];
  const data = found.flatMap(({ bytesBase64Encoded: bytes, prompt }) =>
    typeof bytes === 'string'
      ? [{ b64_json: bytes, ...(typeof prompt === 'string' ? { revised_prompt: prompt } : {}) }]
      : [],
  );
  if (data.length === 0) {
    // The answer to a prompt that is not allowed is empty, or contains the reason instead of the image.
    const reason = found.map(({ raiFilteredReason }) => raiFilteredReason).find((one) => typeof one === 'string');
    const message =
      typeof reason === 'string'
        ? reason
        : `${providerName} returned no image: its content filter may have blocked it.`;
    throw new GatewayError('content_filtered', message, { upstreamStatus: 200 });
  }
  return { created: target.createdAt, data };
}
