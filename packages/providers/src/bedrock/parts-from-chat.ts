import { isJsonObject, type JsonObject } from '@portico/core';
import { parseDataUrl, plainBase64, plainMediaType } from '../shared/data-url.js';
import { invalid } from '../shared/drop-parameter.js';
import { type MediaFormat, mediaFormat } from './media-formats.js';

/**
 * Files of a chat message as blocks of Converse: images, documents, video and audio, as bytes or as an S3 URL.
 * Bedrock fetches no other URLs. Undefined for parts that are not files.
 */
export function readPart(part: JsonObject, path: string): JsonObject[] | undefined {
  switch (part.type) {
    case 'image_url':
      return [linked(part.image_url, 'image/jpeg', `${path}.image_url`)];
    case 'video_url':
      return [linked(part.video_url, 'video/mp4', `${path}.video_url`)];
    case 'input_audio':
      return [audio(part.input_audio, `${path}.input_audio`)];
    case 'file':
      return [file(part.file, `${path}.file`)];
    case 'guarded_text':
      return [own({ guardContent: { text: { text: textOf(part.text, `${path}.text`) } } })];
    default:
      return undefined;
  }
}

/** A block that Messages does not have, in transit. */
function own(converse: JsonObject): JsonObject {
  return { type: 'converse', converse };
}

/** `usual` is the type if neither the client nor the URL has one. */
function linked(given: unknown, usual: string, path: string): JsonObject {
  const url = textOf(isJsonObject(given) ? given.url : given, `${path}.url`);
  const format = isJsonObject(given) && typeof given.format === 'string' ? given.format : undefined;
  return media(url, format, undefined, usual, `${path}.url`);
}

function audio(given: unknown, path: string): JsonObject {
  if (!isJsonObject(given)) throw invalid(path, `"${path}" must be an object.`);
  const data = textOf(given.data, `${path}.data`);
  const format = typeof given.format === 'string' ? given.format.toLowerCase() : 'wav';
  return bytes(plainBase64(data), `audio/${format.replace(/^audio\//, '')}`, `sound.${format}`, `${path}.data`);
}

function file(given: unknown, path: string): JsonObject {
  if (!isJsonObject(given)) throw invalid(path, `"${path}" must be an object.`);
  const name = typeof given.filename === 'string' ? given.filename : undefined;
  const format = typeof given.format === 'string' ? given.format : undefined;
  const address = given.file_id ?? given.file_url;
  if (typeof address === 'string') return media(address, format, name, '', `${path}.file_id`);
  const data = textOf(given.file_data, `${path}.file_data`);
  if (/^(?:data|s3|https?):/i.test(data)) return media(data, format, name, '', `${path}.file_data`);
  // Some clients send the bytes without a type, and then only the file name shows it.
  return bytes(plainBase64(data), plainMediaType(format ?? ''), name ?? 'document.pdf', `${path}.file_data`);
}

function media(
  url: string,
  format: string | undefined,
  name: string | undefined,
  usual: string,
  path: string,
): JsonObject {
  if (/^s3:\/\//i.test(url)) {
    const found = mediaFormat(plainMediaType(format ?? ''), name ?? url) ?? mediaFormat(usual, undefined);
    return block(found, { s3Location: { uri: url } }, name ?? url.slice(url.lastIndexOf('/') + 1), path);
  }
  const inline = parseDataUrl(url);
  if (inline === undefined) {
    throw invalid(
      path,
      `"${path}" must be a data URL, or an S3 URL that begins with s3://. Bedrock does not fetch other URLs.`,
    );
  }
  const base64 = 'base64' in inline.data ? inline.data.base64 : base64Of(inline.data.text);
  const mediaType = format === undefined ? inline.mediaType : plainMediaType(format);
  return bytes(base64, mediaType === '' ? usual : mediaType, name, path);
}

function bytes(base64: string, mediaType: string, name: string | undefined, path: string): JsonObject {
  return block(mediaFormat(mediaType, name), { bytes: base64 }, name, path);
}

function block(found: MediaFormat | undefined, source: JsonObject, name: string | undefined, path: string): JsonObject {
  if (found === undefined) {
    throw invalid(
      path,
      `"${path}" has a type that Bedrock does not accept. It accepts images, PDF, office and text files, video and sound.`,
    );
  }
  const { kind, format } = found;
  // Its name is adapted where all documents of the request are known.
  return own({ [kind]: { format, ...(kind === 'document' && { name: name ?? '' }), source } });
}

/** Text as the base64 of its UTF-8. */
export function base64Of(text: string): string {
  const bytes = new TextEncoder().encode(text);
  let bytesAsText = '';
  // The number of arguments that every engine accepts: a string built byte by byte takes twenty times its length.
  for (let at = 0; at < bytes.length; at += 8_192)
    bytesAsText += String.fromCharCode(...bytes.subarray(at, at + 8_192));
  return btoa(bytesAsText);
}

function textOf(value: unknown, path: string): string {
  if (typeof value !== 'string') throw invalid(path, `"${path}" must be text.`);
  return value;
}
