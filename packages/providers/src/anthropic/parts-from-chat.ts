import { isJsonObject, type JsonObject } from '@portico/core';
import { type InlineFile, parseDataUrl, plainBase64, plainMediaType, textOfBase64 } from '../shared/data-url.js';
import { invalid } from '../shared/drop-parameter.js';

/** Reads the parts that another vendor of this API accepts in its own format; undefined for all others. */
export type ReadPart = (part: JsonObject, path: string) => JsonObject[] | undefined;

/**
 * The content of a message as blocks. Text that is empty or only white space is dropped: the API rejects such blocks.
 * `path` names the content in errors.
 */
export function blocksOfContent(content: unknown, path: string, readPart?: ReadPart): JsonObject[] {
  if (content === null || content === undefined) return [];
  if (typeof content === 'string') return textBlocks(content);
  if (!Array.isArray(content)) throw invalid(path, `"${path}" must be text or a list of parts.`);
  return content.flatMap((part: unknown, index) => blocksOfPart(part, `${path}[${index}]`, readPart));
}

/** A text block, or none for empty text. */
export function textBlocks(text: string): JsonObject[] {
  return text.trim() === '' ? [] : [{ type: 'text', text }];
}

/** The cache mark in the format of the API; undefined if the client set none. */
export function cacheControlOf(holder: JsonObject): JsonObject | undefined {
  if (isJsonObject(holder.cache_control)) return holder.cache_control;
  // OpenAI's own name for the same.
  const breakpoint = holder.prompt_cache_breakpoint;
  return isJsonObject(breakpoint) && breakpoint.mode === 'explicit' ? { type: 'ephemeral' } : undefined;
}

/** Blocks of this API that clients put between OpenAI's parts; they are forwarded unchanged. */
const OWN_BLOCKS = new Set(['image', 'document', 'search_result', 'container_upload', 'thinking', 'redacted_thinking']);

function blocksOfPart(part: unknown, path: string, readPart: ReadPart | undefined): JsonObject[] {
  if (typeof part === 'string') return textBlocks(part);
  if (!isJsonObject(part) || typeof part.type !== 'string') {
    throw invalid(path, `"${path}" must be a part: an object with a "type".`);
  }
  if (OWN_BLOCKS.has(part.type)) return [part];
  const blocks = readPart?.(part, path) ?? translatePart(part, path);
  const cacheControl = cacheControlOf(part);
  return cacheControl === undefined ? blocks : blocks.map((block) => ({ ...block, cache_control: cacheControl }));
}

function translatePart(part: JsonObject, path: string): JsonObject[] {
  switch (part.type) {
    case 'text':
      return textBlocks(text(part.text, `${path}.text`));
    case 'refusal':
      return textBlocks(text(part.refusal, `${path}.refusal`));
    case 'image_url':
      return [imageBlock(part.image_url, `${path}.image_url`)];
    case 'file':
      return [fileBlock(part.file, `${path}.file`)];
    default:
      throw invalid(
        `${path}.type`,
        `"${path}" has a type that this model does not accept. It accepts text, images, PDF and text files.`,
      );
  }
}

function text(value: unknown, path: string): string {
  if (typeof value !== 'string') throw invalid(path, `"${path}" must be text.`);
  return value;
}

function imageBlock(image: unknown, path: string): JsonObject {
  const url = isJsonObject(image) ? image.url : image;
  const format = isJsonObject(image) && typeof image.format === 'string' ? image.format : undefined;
  return blockOfUrl(text(url, `${path}.url`), 'image', format, undefined, `${path}.url`);
}

function fileBlock(file: unknown, path: string): JsonObject {
  if (!isJsonObject(file)) throw invalid(path, `"${path}" must be an object.`);
  const format = typeof file.format === 'string' ? file.format : undefined;
  const title = typeof file.filename === 'string' ? file.filename : undefined;
  const id = file.file_id;
  if (typeof id === 'string') {
    if (/^https?:/i.test(id)) return blockOfUrl(id, 'document', format, title, `${path}.file_id`);
    const type = plainMediaType(format ?? '').startsWith('image/') ? 'image' : 'document';
    return withTitle({ type, source: { type: 'file', file_id: id } }, title);
  }
  const data = text(file.file_data ?? file.file_url, `${path}.file_data`);
  if (/^(?:data|https?):/i.test(data)) return blockOfUrl(data, 'document', format, title, `${path}.file_data`);
  const mediaType = plainMediaType(format ?? mediaTypeByName(title));
  return blockOfFile({ mediaType, data: { base64: plainBase64(data) } }, title, `${path}.file_data`);
}

// Some clients send the bytes without a type, and then only the file name shows it.
function mediaTypeByName(filename: string | undefined): string {
  return filename !== undefined && /\.(?:txt|md|csv|json|html?|xml|ya?ml)$/i.test(filename)
    ? 'text/plain'
    : 'application/pdf';
}

function blockOfUrl(
  url: string,
  type: 'image' | 'document',
  format: string | undefined,
  title: string | undefined,
  path: string,
): JsonObject {
  if (/^https?:/i.test(url)) {
    const isImage = type === 'image' || plainMediaType(format ?? '').startsWith('image/');
    return withTitle({ type: isImage ? 'image' : 'document', source: { type: 'url', url } }, title);
  }
  const file = parseDataUrl(url);
  if (file === undefined) throw invalid(path, `"${path}" must be an http, https or data URL.`);
  const mediaType = format === undefined ? file.mediaType : plainMediaType(format);
  return blockOfFile({ ...file, mediaType }, title, path);
}

function blockOfFile(file: InlineFile, title: string | undefined, path: string): JsonObject {
  const { mediaType, data } = file;
  if ('base64' in data && mediaType.startsWith('image/')) {
    return { type: 'image', source: { type: 'base64', media_type: mediaType, data: data.base64 } };
  }
  if ('base64' in data && mediaType === 'application/pdf') {
    return withTitle({ type: 'document', source: { type: 'base64', media_type: mediaType, data: data.base64 } }, title);
  }
  const content = isText(mediaType) ? ('text' in data ? data.text : textOfBase64(data.base64)) : undefined;
  if (content === undefined) {
    throw invalid(path, `"${path}" has a type that this model does not accept. It accepts images, PDF and text files.`);
  }
  // The API has one text type.
  return withTitle({ type: 'document', source: { type: 'text', media_type: 'text/plain', data: content } }, title);
}

function isText(mediaType: string): boolean {
  return mediaType.startsWith('text/') || /^application\/(?:json|xml|yaml|x-yaml|x-ndjson)$/.test(mediaType);
}

function withTitle(block: JsonObject, title: string | undefined): JsonObject {
  return title !== undefined && block.type === 'document' ? { ...block, title } : block;
}
