import { type Codec, type EncodeTarget, GatewayError, isJsonObject, type JsonObject } from '@portico/core';
import { leaveOut } from '../shared/leave-out.js';
import { as, each, elsewhere, hint, noStreams, type ParameterRule, parametersBy } from '../shared/parameter-rules.js';
import { warnOnce } from '../shared/warn-once.js';

/** Images of Imagen, told in `predict`. They come in base64, never as addresses. */
export function imageGenerations(who: string): Codec {
  return {
    encode: (request, target) => ({
      instances: [{ prompt: request.prompt }],
      parameters: parametersBy(PARAMETERS, request, warnOnce(target)),
    }),
    decode: (answer, target) => imagesOf(answer, target, who),
    openStream: noStreams,
  };
}

/** True for models that are asked so. */
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
  ...each(['model', 'prompt', 'stream'], elsewhere),
  ['n', as('sampleCount')],
  ['size', size],
  [
    'output_format',
    (value, body, { target }) => {
      if (value === 'png' || value === 'jpeg') body.outputOptions = { mimeType: `image/${value}` };
      else leaveOut(target, 'output_format', 'Images come as "png" or "jpeg".');
    },
  ],
  [
    'response_format',
    (value, _body, { target }) => {
      if (value !== 'b64_json') leaveOut(target, 'response_format', 'Images come in base64.');
    },
  ],
  ...each(['quality', 'style', 'background', 'moderation', 'user'], hint),
  // The wire's own, for clients that know them, in either spelling.
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

/** The nearest of the shapes that there are. */
function size(value: unknown, body: JsonObject, { target }: { target: EncodeTarget }): void {
  const [, width, height] = /^(\d+)x(\d+)$/.exec(typeof value === 'string' ? value : '') ?? [];
  if (width === undefined || height === undefined || Number(height) === 0) {
    if (value !== 'auto') leaveOut(target, 'size', 'It must be two numbers of pixels, such as "1024x1024".');
    return;
  }
  const asked = Math.log(Number(width) / Number(height));
  const [nearest] = [...RATIOS].sort(([, a], [, b]) => Math.abs(Math.log(a) - asked) - Math.abs(Math.log(b) - asked));
  body.aspectRatio = nearest?.[0];
}

function imagesOf({ predictions }: JsonObject, target: EncodeTarget, who: string): JsonObject {
  const found = Array.isArray(predictions) ? (predictions as unknown[]).filter(isJsonObject) : [];
  const data = found.flatMap(({ bytesBase64Encoded: bytes, prompt }) =>
    typeof bytes === 'string'
      ? [{ b64_json: bytes, ...(typeof prompt === 'string' ? { revised_prompt: prompt } : {}) }]
      : [],
  );
  if (data.length === 0) {
    // A prompt that is not allowed is answered with nothing at all, or with the reason in the image's place.
    const reason = found.map(({ raiFilteredReason }) => raiFilteredReason).find((one) => typeof one === 'string');
    const message = typeof reason === 'string' ? reason : `${who} made no image: its filter may have kept it back.`;
    throw new GatewayError('content_filtered', message, { upstreamStatus: 200 });
  }
  return { created: target.createdAt, data };
}
