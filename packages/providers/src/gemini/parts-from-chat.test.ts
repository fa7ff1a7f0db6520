import { describe, expect, it } from 'vitest';
import { partsOfContent } from './parts-from-chat.js';

const studio = { providerName: 'gemini', needsMediaType: false, announcesMixedTools: true };
const cloud = { providerName: 'vertex_ai', needsMediaType: true, announcesMixedTools: false };

describe('a part of a message', () => {
  it.each([
    [{ type: 'text', text: 'Hi' }, { text: 'Hi' }],
    [image('data:image/png;base64,aW1n'), inline('image/png', 'aW1n')],
    [image('data:image/jpg;base64,aW_n-w'), inline('image/jpeg', 'aW/n+w==')],
    [image('data:;base64,aW1n', 'image/webp'), inline('image/webp', 'aW1n')],
    [
      image('https://a.example/b.PNG?x=1'),
      { fileData: { mimeType: 'image/png', fileUri: 'https://a.example/b.PNG?x=1' } },
    ],
    [image('https://a.example/b'), { fileData: { fileUri: 'https://a.example/b' } }],
    [image('gs://bucket/b.webp'), { fileData: { mimeType: 'image/webp', fileUri: 'gs://bucket/b.webp' } }],
    [
      { type: 'video_url', video_url: { url: 'https://www.youtube.com/watch?v=x' } },
      { fileData: { mimeType: 'video/mp4', fileUri: 'https://www.youtube.com/watch?v=x' } },
    ],
    [{ type: 'input_audio', input_audio: { data: 'YXU=', format: 'mp3' } }, inline('audio/mp3', 'YXU=')],
    [file({ file_data: 'data:application/pdf;base64,cGRm', filename: 'a.pdf' }), inline('application/pdf', 'cGRm')],
    [file({ file_data: 'cGRm', filename: 'a.csv' }), inline('text/csv', 'cGRm')],
    [file({ file_data: 'cGRm' }), inline('application/pdf', 'cGRm')],
    [file({ file_data: 'data:text/plain,a%20b' }), { text: 'a b' }],
    [
      file({ file_id: 'files/abc-1', format: 'application/pdf' }),
      {
        fileData: {
          mimeType: 'application/pdf',
          fileUri: 'https://generativelanguage.googleapis.com/v1beta/files/abc-1',
        },
      },
    ],
  ])('%j is told as %j', (part, told) => {
    expect(partsOfContent([part], 'content', studio)).toEqual([told]);
  });

  it('is handed on in the very bytes it came in', () => {
    const data = 'QUJD'.repeat(1_000_000);
    const [part = {}] = partsOfContent([image(`data:image/png;base64,${data}`)], 'content', studio);
    expect(part.inlineData).toHaveProperty('data', data);
  });

  it('names its type where the wire wants one', () => {
    expect(partsOfContent([image('https://a.example/b')], 'content', cloud)).toEqual([
      { fileData: { mimeType: 'image/jpeg', fileUri: 'https://a.example/b' } },
    ]);
    expect(() => partsOfContent([file({ file_id: 'gs://bucket/x' })], 'content', cloud)).toThrow(
      expect.objectContaining({ kind: 'invalid_input', param: 'content[0].file.file_id' }),
    );
  });

  it.each([
    [image('ftp://a.example/b'), 'content[0].image_url.url'],
    [image('data:;base64,aW1n'), 'content[0].image_url.url'],
    [{ type: 'image_url', image_url: {} }, 'content[0].image_url.url'],
    [{ type: 'input_audio', input_audio: 'x' }, 'content[0].input_audio'],
    [file({}), 'content[0].file.file_data'],
    [{ type: 'file' }, 'content[0].file'],
    [{ type: 'text' }, 'content[0].text'],
    [7, 'content[0]'],
  ])('%j is refused with its place', (part, param) => {
    expect(() => partsOfContent([part], 'content', studio)).toThrow(
      expect.objectContaining({ kind: 'invalid_input', param }),
    );
  });
});

function image(url: string, format?: string) {
  return { type: 'image_url', image_url: { url, ...(format === undefined ? {} : { format }) } };
}

function file(fields: object) {
  return { type: 'file', file: fields };
}

function inline(mimeType: string, data: string) {
  return { inlineData: { mimeType, data } };
}
