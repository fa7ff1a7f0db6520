import { GatewayError, type JsonObject } from '@portico/core';
import type { Codec, EncodeTarget } from '@portico/core/provider';
import { dropParameter, invalid } from '../shared/drop-parameter.js';
import { presentableText } from '../shared/presentable-text.js';
import { withoutRegions } from './model-reference.js';

/** Images through InvokeModel: for models of Amazon and Stability. */
export const images: Codec = {
  encode: (request, target) =>
    isStability(target.baseModel) ? stabilityRequest(request, target) : amazonRequest(request, target),
  decode(answer, target) {
    const made = Array.isArray(answer.images) ? (answer.images as unknown[]).filter(isFilled) : [];
    if (made.length === 0) throw withoutImages(answer);
    return { created: target.createdAt, data: made.map((image) => ({ b64_json: image })) };
  },
  openStream: () => {
    throw new GatewayError('invalid_input', 'Images of this model cannot be streamed.', { param: 'stream' });
  },
};

function isStability(model: string): boolean {
  return withoutRegions(model.toLowerCase()).startsWith('stability.');
}

function amazonRequest(request: JsonObject, target: EncodeTarget): JsonObject {
  const { prompt, n, quality, negative_prompt: negative, seed, cfg_scale: scale } = request;
  const [width, height] = sizeOf(request) ?? [];
  warnOfAddress(request, target);
  return {
    taskType: 'TEXT_IMAGE',
    textToImageParams: { text: prompt, ...given('negativeText', negative) },
    imageGenerationConfig: {
      numberOfImages: n ?? 1,
      ...given('width', width),
      ...given('height', height),
      ...given('quality', quality === undefined ? undefined : BEST.has(quality) ? 'premium' : 'standard'),
      ...given('seed', seed),
      ...given('cfgScale', scale),
    },
  };
}

const BEST: ReadonlySet<unknown> = new Set(['hd', 'high', 'premium']);

function stabilityRequest(request: JsonObject, target: EncodeTarget): JsonObject {
  const { prompt, n, negative_prompt: negative, seed, output_format: format } = request;
  if (n !== undefined && n !== null && n !== 1) dropParameter(target, 'n', 'It creates one image per request.');
  warnOfAddress(request, target);
  const size = sizeOf(request);
  return {
    prompt,
    mode: 'text-to-image',
    ...given('aspect_ratio', request.aspect_ratio ?? (size && nearestRatio(size))),
    ...given('negative_prompt', negative),
    ...given('seed', seed),
    ...given('output_format', format),
  };
}

function warnOfAddress({ response_format: format }: JsonObject, target: EncodeTarget): void {
  if (format === 'url') target.warn('"response_format": images are returned as base64; there are no URLs.');
}

function sizeOf({ size }: JsonObject): readonly [width: number, height: number] | undefined {
  if (size === undefined || size === null || size === 'auto') return undefined;
  const [, width, height] = /^(\d{2,5})x(\d{2,5})$/.exec(typeof size === 'string' ? size : '') ?? [];
  if (width === undefined || height === undefined) throw invalid('size', '"size" must be like "1024x1024".');
  return [Number(width), Number(height)];
}

const RATIOS = ['1:1', '16:9', '21:9', '2:3', '3:2', '4:5', '5:4', '9:16', '9:21'] as const;

/** Stability's models accept aspect ratios, not sizes. */
function nearestRatio([width, height]: readonly [number, number]): string {
  const wanted = Math.log(width / height);
  const distance = (ratio: string) => {
    const [across = 1, down = 1] = ratio.split(':').map(Number);
    return Math.abs(Math.log(across / down) - wanted);
  };
  return RATIOS.reduce((best, ratio) => (distance(ratio) < distance(best) ? ratio : best));
}

/** Why there is none: usually the vendor's filters, which answer with a 200. */
function withoutImages({ error, finish_reasons: reasons }: JsonObject): GatewayError {
  const said = isFilled(error) ? error : Array.isArray(reasons) ? (reasons as unknown[]).find(isFilled) : undefined;
  if (said !== undefined && /filter|content|policy|AUP/i.test(said)) {
    const text = presentableText(said) ?? 'The image was refused.';
    return new GatewayError('content_filtered', text, { upstreamStatus: 200 });
  }
  return new GatewayError('upstream_error', 'bedrock answered without an image.', {
    upstreamStatus: 200,
    cause: presentableText(said),
  });
}

function isFilled(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function given(name: string, value: unknown): JsonObject {
  return value === undefined || value === null ? {} : { [name]: value };
}
