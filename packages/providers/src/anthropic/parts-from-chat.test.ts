import { describe, expect, it } from 'vitest';
import { blocksOfContent } from './parts-from-chat.js';

describe('a part of a message, told to Anthropic', () => {
  it.each([
    ['https://x.example/a.png', { type: 'url', url: 'https://x.example/a.png' }],
    ['data:image/png;base64,iVBORw0KGgo=', { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' }],
    ['data:image/jpg;base64,/9j/4AAQ', { type: 'base64', media_type: 'image/jpeg', data: '/9j/4AAQ' }],
    [
      'DATA:IMAGE/PNG;charset=utf-8;BASE64,iVBORw0KGgo',
      { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' },
    ],
    ['data:image/webp;base64,_-8\n=', { type: 'base64', media_type: 'image/webp', data: '/+8=' }],
    ['data:image/png;base64,iVBORw0KGgo%3D', { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' }],
  ])('is an image by %j', (url, source) => {
    expect(blocks({ type: 'image_url', image_url: { url, detail: 'low' } })).toEqual([{ type: 'image', source }]);
    expect(blocks({ type: 'image_url', image_url: url })).toEqual([{ type: 'image', source }]);
  });

  it('is an image of the type that the client names', () => {
    const url = 'data:application/octet-stream;base64,iVBORw0KGgo=';
    expect(blocks({ type: 'image_url', image_url: { url, format: 'image/png' } })).toEqual([
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } },
    ]);
  });

  const pdf = { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' };
  const words = { type: 'text', media_type: 'text/plain', data: 'Grüße' };
  it.each([
    [
      { file_data: 'data:application/pdf;base64,JVBERi0=', filename: 'a.pdf' },
      { type: 'document', source: pdf, title: 'a.pdf' },
    ],
    [{ file_data: 'JVBERi0=' }, { type: 'document', source: pdf }],
    [
      { file_data: 'JVBERi0=', format: 'application/pdf' },
      { type: 'document', source: pdf },
    ],
    [{ file_data: 'data:text/plain;base64,R3LDvMOfZQ==' }, { type: 'document', source: words }],
    [{ file_data: 'data:text/markdown,Gr%C3%BC%C3%9Fe' }, { type: 'document', source: words }],
    [
      { file_data: 'R3LDvMOfZQ==', filename: 'a.csv' },
      { type: 'document', source: words, title: 'a.csv' },
    ],
    [
      { file_id: 'https://x.example/a.pdf' },
      { type: 'document', source: { type: 'url', url: 'https://x.example/a.pdf' } },
    ],
    [
      { file_data: 'https://x.example/a.pdf' },
      { type: 'document', source: { type: 'url', url: 'https://x.example/a.pdf' } },
    ],
    [{ file_id: 'file_1' }, { type: 'document', source: { type: 'file', file_id: 'file_1' } }],
    [
      { file_id: 'file_1', format: 'image/png' },
      { type: 'image', source: { type: 'file', file_id: 'file_1' } },
    ],
    [
      { file_data: 'data:image/png;base64,iVBORw0KGgo=' },
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } },
    ],
  ])('is a document or an image by %j', (file, block) => {
    expect(blocks({ type: 'file', file })).toEqual([block]);
  });

  it('keeps its mark that it may be cached', () => {
    const cache_control = { type: 'ephemeral' };
    expect(blocks({ type: 'image_url', image_url: 'https://x.example/a.png', cache_control })[0]).toMatchObject({
      cache_control,
    });
  });

  it("is left as it is where it is one of this wire's own", () => {
    const document = {
      type: 'document',
      source: { type: 'text', media_type: 'text/plain', data: 'x' },
      citations: { enabled: true },
    };
    expect(blocks(document)).toEqual([document]);
  });

  it.each([
    [{ type: 'image_url', image_url: { url: 'file:///etc/passwd' } }, 'content[0].image_url.url'],
    [{ type: 'image_url', image_url: {} }, 'content[0].image_url.url'],
    [{ type: 'file', file: { file_data: 'data:application/zip;base64,UEsDBA==' } }, 'content[0].file.file_data'],
    [{ type: 'file', file: { file_data: 'data:text/plain;base64,/w==' } }, 'content[0].file.file_data'],
    [{ type: 'file', file: {} }, 'content[0].file.file_data'],
    [{ type: 'text' }, 'content[0].text'],
    [{ type: 'video_url' }, 'content[0].type'],
  ])('is refused where it cannot be read: %j', (part, param) => {
    expect(() => blocks(part)).toThrow(expect.objectContaining({ kind: 'invalid_input', param }));
  });
});

function blocks(part: object) {
  return blocksOfContent([part], 'content');
}
