import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GatewayError } from '../errors.js';
import { readForm, writeForm } from './form.js';

const UTF8 = new TextEncoder();

describe('a form', () => {
  it('is read into fields, and files that are only described', async () => {
    const { bytes, type } = await formOf([
      ['model', 'whisper'],
      ['timestamp_granularities[]', 'word'],
      ['timestamp_granularities[]', 'segment'],
      ['file', new File([new Uint8Array([0, 13, 10, 45, 45, 255])], 'a "quoted" name.wav', { type: 'audio/wav' })],
    ]);
    expect(readForm(bytes, type).fields).toEqual({
      model: 'whisper',
      'timestamp_granularities[]': ['word', 'segment'],
      file: { fileName: 'a %22quoted%22 name.wav', type: 'audio/wav', bytes: 6 },
    });
  });

  it('with one field changed, one added and one dropped keeps every other byte', async () => {
    const sound = crypto.getRandomValues(new Uint8Array(50_000));
    const { bytes, type } = await formOf([
      ['model', 'mine'],
      ['user', 'ada'],
      ['file', new File([sound], 'x.mp3', { type: 'audio/mpeg' })],
      ['prompt', 'grüße\r\n--not-the-boundary'],
    ]);
    const form = readForm(bytes, type);
    const { user: _dropped, ...fields } = form.fields;
    const written = writeForm(form, { ...fields, model: 'theirs', added: 'yes' });
    const read = await new Response(written.body as BodyInit, {
      headers: { 'content-type': written.contentType },
    }).formData();
    expect([...read.keys()]).toEqual(['model', 'file', 'prompt', 'added']);
    expect([read.get('model'), read.get('prompt'), read.get('added')]).toEqual([
      'theirs',
      'grüße\r\n--not-the-boundary',
      'yes',
    ]);
    const file = read.get('file') as File;
    expect([file.name, file.type]).toEqual(['x.mp3', 'audio/mpeg']);
    expect(new Uint8Array(await file.arrayBuffer())).toEqual(sound);
  });

  it('that is not changed comes out as it went in, whatever is in it', async () => {
    const entry = fc.tuple(
      fc.string({ minLength: 1, maxLength: 8 }).map((name) => `_${name.replaceAll(/["\\\p{Cc};]/gu, '_')}`),
      fc.oneof(fc.string(), fc.uint8Array({ maxLength: 60 })),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { minLength: 1, maxLength: 6 }), async (entries) => {
        const { bytes, type } = await formOf(
          entries.map(([name, value]) => [
            name,
            typeof value === 'string' ? value : new File([value as BlobPart], 'f'),
          ]),
        );
        const form = readForm(bytes, type);
        const written = writeForm(form, form.fields);
        expect(await read(written.body, written.contentType)).toEqual(await read(bytes, type));
      }),
      { numRuns: 200 },
    );
  });

  it('cut at any byte, or without what makes it a form, is refused in words', async () => {
    const { bytes, type } = await formOf([
      ['model', 'm'],
      ['file', new File(['x'], 'f')],
    ]);
    // The last two bytes are the line end after the closing boundary.
    for (let end = 0; end < bytes.length - 3; end++) {
      expect(() => readForm(bytes.subarray(0, end), type), `cut at ${end}`).toThrow(GatewayError);
    }
    for (const [contentType, found] of [
      [undefined, 'found none'],
      ['application/json', 'found "application/json"'],
      ['multipart/form-data', 'found "multipart/form-data"'],
      ['multipart/mixed; boundary=x', 'found "multipart/mixed; boundary=x"'],
    ] as const) {
      expect(() => readForm(bytes, contentType)).toThrow(found);
    }
    const nameless = UTF8.encode('--b\r\ncontent-disposition: form-data\r\n\r\nx\r\n--b--');
    expect(() => readForm(nameless, 'multipart/form-data; boundary=b')).toThrow('no usable name');
  });

  it('may come as other clients write it: a quoted boundary, lower-case headers, a preamble, an empty value', () => {
    const text =
      'for old mail readers\r\n--a b\r\ncontent-disposition: form-data; name=model\r\n\r\nm\r\n--a b\r\n' +
      'Content-Type: text/plain\r\nContent-Disposition: form-data; name="empty"\r\n\r\n\r\n--a b--\r\nepilogue';
    const { fields } = readForm(UTF8.encode(text), 'multipart/form-data; charset=utf-8; boundary="a b"');
    expect(fields).toEqual({ model: 'm', empty: '' });
  });
});

async function formOf(entries: readonly (readonly [string, string | File])[]) {
  const form = new FormData();
  for (const [name, value] of entries) form.append(name, value);
  const response = new Response(form);
  const type = response.headers.get('content-type') ?? '';
  return { bytes: new Uint8Array(await response.arrayBuffer()), type };
}

async function read(bytes: Uint8Array, type: string): Promise<unknown> {
  const form = await new Response(bytes as BodyInit, { headers: { 'content-type': type } }).formData();
  return Promise.all(
    [...form].map(async ([name, value]) => [name, typeof value === 'string' ? value : await value.text()]),
  );
}

describe('the headers of a part', () => {
  const TYPE = 'multipart/form-data; boundary=x';
  const formWith = (...parts: readonly string[]) =>
    UTF8.encode(`${parts.map((part) => `--x\r\n${part}\r\n`).join('')}--x--\r\n`);
  const field = (name: string, value: string) => `content-disposition: form-data; name="${name}"\r\n\r\n${value}`;

  it.each([
    ['content-disposition: form-data; name="note"; name="model"\r\n\r\nm', 'a parameter twice'],
    ['content-disposition: form-data; name="note"; NAME = model\r\n\r\nm', 'a parameter twice'],
    ['content-disposition: form-data; name="note"; name*=utf-8\'\'model\r\n\r\nm', 'a parameter twice'],
    [
      'content-disposition: form-data; name="note"\r\nContent-Disposition : form-data; name="model"\r\n\r\nm',
      'a header twice',
    ],
    ['content-disposition: form-data; name="note" model"\r\n\r\nm', 'is followed by more'],
    ['content-disposition: form-data; name="note\r\n\r\nm', 'has no end'],
    ['content-disposition: form-data; name="mo\\del"\r\n\r\nm', 'no usable name'],
    ['content-disposition: form-data; name="a\nb"\r\n\r\nm', 'no usable name'],
    [`content-type: a${' '.repeat(20_000)}b\r\n\r\nm`, 'headers of a part are longer'],
  ])('that parsers read in two ways are refused: %j', (part, message) => {
    expect(() => readForm(formWith(field('model', 'cheap'), part), TYPE)).toThrow(message);
  });

  it('are written anew, so that a vendor reads what was checked', async () => {
    const sent = formWith(
      field('model', 'cheap'),
      'X-Other: 1\r\nContent-Disposition: attachment ; filename="a\\".wav" ; name=file; filename*=utf-8\'\'b.wav\r\ncontent-type: audio/wav\r\n\r\nRIFF',
      'content-disposition: form-data; name="prompt"\r\ncontent-type: application/octet-stream\r\n\r\nhello',
    );
    const form = readForm(sent, TYPE);
    const { body, contentType } = writeForm(form, form.fields);
    const written = new TextDecoder().decode(body);
    expect(written).not.toMatch(/x-other|octet-stream|filename\*/i);
    expect(contentType).not.toContain('boundary=x');
    const read = await new Response(body as BodyInit, { headers: { 'content-type': contentType } }).formData();
    expect([...read.keys()]).toEqual(['model', 'file', 'prompt']);
    expect((read.get('file') as File).name).toBe('a".wav');
  });

  it.each(['model', 'purpose', 'n'])('name what decides something once: "%s"', (name) => {
    expect(() => readForm(formWith(field(name, '1'), field('a', 'b'), field(name, '2')), TYPE)).toThrow('twice');
    const file = `content-disposition: form-data; name="${name}"; filename="a"\r\n\r\nm`;
    expect(() => readForm(formWith(file), TYPE)).toThrow('must be a text field');
  });

  it('may name what means something to the language, as any other field', () => {
    expect(readForm(formWith(field('constructor', 'a')), TYPE).fields).toEqual({ constructor: 'a' });
  });
});
