import { isJsonObject, type JsonObject } from '@portico/core';
import { parseDataUrl, plainBase64, plainMediaType } from '../shared/data-url.js';
import { invalid } from '../shared/drop-parameter.js';
import type { GeminiVariant } from './gemini-variant.js';

/**
 * The content of a message as parts. Empty text is dropped: some models reject it. Files are forwarded unchanged, as
 * a URL or in base64, and never decoded. `path` names the content in errors.
 */
export function partsOfContent(content: unknown, path: string, variant: GeminiVariant): JsonObject[] {
  if (content === null || content === undefined) return [];
  if (typeof content === 'string') return textParts(content);
  if (!Array.isArray(content)) throw invalid(path, `"${path}" must be text or a list of parts.`);
  return (content as unknown[]).flatMap((part, index) => partsOfPart(part, `${path}[${index}]`, variant));
}

/** A text part, or none for text that is empty. */
export function textParts(text: string): JsonObject[] {
  return text === '' ? [] : [{ text }];
}

/** A file as a URL or a data URL. `mediaType` is the client's value. */
export function filePart(url: string, mediaType: string | undefined, path: string, variant: GeminiVariant): JsonObject {
  const file = parseDataUrl(url);
  if (file === undefined) return addressPart(url, mediaType, path, variant);
  if ('text' in file.data) return { text: file.data.text };
  return inlinePart(mediaType ?? file.mediaType, file.data.base64, path);
}

function partsOfPart(part: unknown, path: string, variant: GeminiVariant): JsonObject[] {
  if (typeof part === 'string') return textParts(part);
  if (!isJsonObject(part) || typeof part.type !== 'string') {
    throw invalid(path, `"${path}" must be a part: an object with a "type".`);
  }
  switch (part.type) {
    case 'text':
      return textParts(textOf(part.text, `${path}.text`));
    case 'refusal':
      return textParts(textOf(part.refusal, `${path}.refusal`));
    case 'image_url':
      return [linkedPart(part.image_url, 'image/jpeg', `${path}.image_url`, variant)];
    case 'video_url':
      return [linkedPart(part.video_url, 'video/mp4', `${path}.video_url`, variant)];
    case 'input_audio':
      return [audioPart(part.input_audio, `${path}.input_audio`)];
    case 'file':
      return [filePartOf(part.file, `${path}.file`, variant)];
    default:
      throw invalid(
        `${path}.type`,
        `"${path}" has a type that this model does not accept. It accepts text, images, audio, video and files.`,
      );
  }
}

function textOf(value: unknown, path: string): string {
  if (typeof value !== 'string') throw invalid(path, `"${path}" must be text.`);
  return value;
}

/** `usual` is the type if neither the client nor the URL has one and the API requires it. */
function linkedPart(linked: unknown, usual: string, path: string, variant: GeminiVariant): JsonObject {
  const url = textOf(isJsonObject(linked) ? linked.url : linked, `${path}.url`);
  const format = isJsonObject(linked) && typeof linked.format === 'string' ? linked.format : undefined;
  const mediaType = format ?? (/^data:/i.test(url) ? undefined : mediaTypeByName(url));
  const isGuess = mediaType === undefined && variant.needsMediaType && !/^data:/i.test(url);
  return filePart(url, isGuess ? usual : mediaType, `${path}.url`, variant);
}

function audioPart(audio: unknown, path: string): JsonObject {
  if (!isJsonObject(audio)) throw invalid(path, `"${path}" must be an object.`);
  const data = textOf(audio.data, `${path}.data`);
  const format = typeof audio.format === 'string' ? audio.format.toLowerCase() : 'wav';
  return inlinePart(format.includes('/') ? format : `audio/${format}`, plainBase64(data), `${path}.data`);
}

function filePartOf(file: unknown, path: string, variant: GeminiVariant): JsonObject {
  if (!isJsonObject(file)) throw invalid(path, `"${path}" must be an object.`);
  const filename = typeof file.filename === 'string' ? file.filename : undefined;
  const named = filename === undefined ? undefined : mediaTypeByName(filename);
  const format = typeof file.format === 'string' ? file.format : undefined;
  const address = file.file_id ?? file.file_url;
  if (typeof address === 'string') {
    return filePart(address, format ?? named ?? mediaTypeByName(address), `${path}.file_id`, variant);
  }
  const data = textOf(file.file_data, `${path}.file_data`);
  if (/^(?:data|https?|gs):/i.test(data)) return filePart(data, format, `${path}.file_data`, variant);
  // Some clients send the bytes without a type, and then only the file name shows it.
  return inlinePart(format ?? named ?? 'application/pdf', plainBase64(data), `${path}.file_data`);
}

function inlinePart(mediaType: string, base64: string, path: string): JsonObject {
  const mimeType = plainMediaType(mediaType);
  if (mimeType === '') throw invalid(path, `"${path}" does not name the media type of its bytes.`);
  return { inlineData: { mimeType, data: base64 } };
}

/** https, Cloud Storage (`gs:`), a YouTube video, or a file of the Files API: by its URL or its id. */
function addressPart(url: string, mediaType: string | undefined, path: string, variant: GeminiVariant): JsonObject {
  const isFileId = /^files\/[\w-]+$/.test(url);
  if (!isFileId && !/^(?:https?|gs):\/\//i.test(url)) {
    throw invalid(path, `"${path}" must be a data URL, or a URL that begins with https:, gs: or files/.`);
  }
  const fileUri = isFileId ? `https://generativelanguage.googleapis.com/v1beta/${url}` : url;
  const mimeType = mediaType === undefined ? undefined : plainMediaType(mediaType);
  if (mimeType === undefined && variant.needsMediaType) {
    throw invalid(path, `"${path}" needs the type of the file beside it, as "format": "application/pdf", for example.`);
  }
  return { fileData: { ...(mimeType === undefined ? {} : { mimeType }), fileUri } };
}

/** The type by the extension of a file name or URL. */
function mediaTypeByName(name: string): string | undefined {
  if (YOUTUBE.test(name)) return 'video/mp4';
  const ending = /\.([a-z0-9]{2,5})(?:[?#]|$)/i.exec(name)?.[1]?.toLowerCase();
  return ending === undefined ? undefined : MEDIA_TYPES[ending];
}

const YOUTUBE = /^https?:\/\/(?:www\.|m\.)?(?:youtube\.com|youtu\.be)\//i;

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  heic: 'image/heic',
  heif: 'image/heif',
  gif: 'image/gif',
  pdf: 'application/pdf',
  json: 'application/json',
  txt: 'text/plain',
  md: 'text/markdown',
  csv: 'text/csv',
  html: 'text/html',
  xml: 'text/xml',
  wav: 'audio/wav',
  mp3: 'audio/mp3',
  aac: 'audio/aac',
  ogg: 'audio/ogg',
  flac: 'audio/flac',
  m4a: 'audio/m4a',
  mp4: 'video/mp4',
  mpeg: 'video/mpeg',
  mpg: 'video/mpg',
  mov: 'video/mov',
  webm: 'video/webm',
  wmv: 'video/wmv',
  avi: 'video/avi',
};
