import { describe, expect, it } from 'vitest';
import { settings } from '../../test/connection-settings.js';
import { target } from '../../test/read-stream.js';
import { survivesChangesWhole } from '../../test/recorded.js';
import { imageGenerations } from './images.js';
import { gemini } from './index.js';

const codec = imageGenerations('gemini');

describe('images of Imagen', () => {
  it('are asked for in predict, in the nearest shape there is (documented)', () => {
    const asked = {
      prompt: 'A cat',
      n: 2,
      size: '1536x1024',
      output_format: 'jpeg',
      negative_prompt: 'dogs',
      user: 'ada',
    };
    expect(codec.encode(asked, target())).toEqual({
      instances: [{ prompt: 'A cat' }],
      parameters: {
        sampleCount: 2,
        aspectRatio: '4:3',
        outputOptions: { mimeType: 'image/jpeg' },
        negativePrompt: 'dogs',
      },
    });
    const ratio = (size: string) => (codec.encode({ size }, target()) as { parameters: object }).parameters;
    expect([ratio('1024x1024'), ratio('1024x1792'), ratio('auto')]).toEqual([
      { aspectRatio: '1:1' },
      { aspectRatio: '9:16' },
      {},
    ]);
    expect(() => codec.encode({ prompt: 'x', response_format: 'url' }, target())).toThrow(/base64/);
  });

  it('come in base64, or say that a filter kept them back (documented)', () => {
    const answer = { predictions: [{ bytesBase64Encoded: 'aW1n', mimeType: 'image/png', prompt: 'A grey cat' }] };
    expect(codec.decode?.(answer, target())).toEqual({
      created: 0,
      data: [{ b64_json: 'aW1n', revised_prompt: 'A grey cat' }],
    });
    for (const withheld of [{}, { predictions: [{ raiFilteredReason: 'Not this.' }] }]) {
      expect(() => codec.decode?.(withheld, target())).toThrow(expect.objectContaining({ kind: 'content_filtered' }));
    }
    survivesChangesWhole(codec, [answer], { prompt: 'x' });
  });

  it('are offered for its models alone (documented)', () => {
    const paths = (model: string) => gemini.connect(settings({ model })).paths['images.generations'];
    expect([paths('imagen-4.0-generate-001'), paths('gemini-2.5-flash')]).toEqual([
      '/v1beta/models/imagen-4.0-generate-001:predict',
      undefined,
    ]);
  });
});
