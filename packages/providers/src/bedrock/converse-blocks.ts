import { isJsonObject, type JsonObject } from '@portico/core';
import { isSignedThinking } from '../anthropic/signed-thinking.js';
import { plainMediaType } from '../shared/data-url.js';
import { invalid } from '../shared/drop-parameter.js';
import { parseObject } from '../shared/parse-json.js';
import { DocumentNames } from './document-names.js';
import { mediaFormat } from './media-formats.js';
import type { ModelFamily } from './model-families.js';
import { base64Of } from './parts-from-chat.js';
import { redactedContentOf } from './redacted-content.js';

/** A placeholder where Converse requires a text and there is none. */
export const PLACEHOLDER: JsonObject = { text: '.' };

/** Converts Messages blocks to Converse blocks, for one request. */
export class ConverseBlocks {
  readonly #family: ModelFamily;
  readonly #names = new DocumentNames();

  constructor(family: ModelFamily) {
    this.#family = family;
  }

  /** A block in the format of Converse, followed by its cache mark. */
  of(block: JsonObject): JsonObject[] {
    const told = this.#told(block);
    return told === undefined ? [] : [told, ...this.mark(block)];
  }

  /** A tool result, and the parts of it that must be beside it. */
  result(block: JsonObject): { readonly result: JsonObject[]; readonly beside: JsonObject[] } {
    const { tool_use_id: toolUseId, content, is_error: isError } = block;
    const parts = typeof content === 'string' ? [{ text: content }] : this.#contentOf(content);
    const beside = parts.filter((part) => !('text' in part) && !this.#mayBeInside(part));
    const inside = parts.filter((part) => !beside.includes(part));
    const result = {
      toolUseId,
      content: this.#family.jsonResults ? asJson(inside) : inside.length > 0 ? inside : [PLACEHOLDER],
      ...(isError === true && this.#family.resultStatus ? { status: 'error' } : {}),
    };
    return { result: [{ toolResult: result }, ...this.mark(block)], beside };
  }

  /** The mark that everything before it may be cached, if the model has a cache. */
  mark({ cache_control: mark }: JsonObject): JsonObject[] {
    if (!isJsonObject(mark) || !this.#family.promptCache) return [];
    return [{ cachePoint: { type: 'default', ...(typeof mark.ttl === 'string' && { ttl: mark.ttl }) } }];
  }

  #contentOf(content: unknown): JsonObject[] {
    if (!Array.isArray(content)) return [];
    return (content as unknown[])
      .filter(isJsonObject)
      .map((one) => this.#told(one))
      .filter((told) => told !== undefined);
  }

  #mayBeInside(part: JsonObject): boolean {
    return Object.keys(part).every((kind) => this.#family.mediaInResults.has(kind));
  }

  #told(block: JsonObject): JsonObject | undefined {
    if (isJsonObject(block.converse)) return this.#named(block.converse);
    switch (block.type) {
      case 'text':
        return Array.isArray(block.citations) ? citedText(block) : { text: block.text };
      case 'tool_use':
        return { toolUse: { toolUseId: block.id, name: block.name, input: block.input } };
      case 'thinking':
      case 'redacted_thinking':
        // Signatures are Claude's, and not valid for other models (R-XL-1).
        return this.#family.isClaude && isSignedThinking(block) ? reasoningOf(block) : undefined;
      case 'image':
        return imageOf(block);
      case 'document':
        return this.#named(documentOf(block));
      default:
        throw invalid('messages', 'A message contains a block that Bedrock does not support.');
    }
  }

  #named(block: JsonObject): JsonObject {
    const { document } = block;
    if (!isJsonObject(document)) return block;
    return { document: { ...document, name: this.#names.nameOf(document.name) } };
  }
}

/** Text of an earlier answer with its citations. */
function citedText({ text, citations }: JsonObject): JsonObject {
  const cited = (citations as unknown[]).map((one) => (isJsonObject(one) ? one.converse : undefined));
  if (cited.length === 0 || !cited.every(isJsonObject)) return { text };
  return { citationsContent: { content: [{ text }], citations: cited } };
}

function reasoningOf(block: JsonObject): JsonObject {
  if (block.type === 'redacted_thinking') {
    return { reasoningContent: { redactedContent: redactedContentOf(textOf(block.data)) } };
  }
  return { reasoningContent: { reasoningText: { text: block.thinking ?? '', signature: block.signature } } };
}

function imageOf({ source }: JsonObject): JsonObject {
  const { type, media_type: mediaType, data } = isJsonObject(source) ? source : {};
  const found = mediaFormat(plainMediaType(textOf(mediaType)), undefined);
  if (type !== 'base64' || found?.kind !== 'image') throw inBytesOnly('An image');
  return { image: { format: found.format, source: { bytes: data } } };
}

function documentOf({ source, title, citations }: JsonObject): JsonObject {
  const { type, media_type: mediaType, data } = isJsonObject(source) ? source : {};
  if ((type !== 'base64' && type !== 'text') || typeof data !== 'string') throw inBytesOnly('A document');
  const format = mediaFormat(plainMediaType(textOf(mediaType)), undefined)?.format ?? 'pdf';
  const bytes = type === 'text' ? base64Of(data) : data;
  return {
    document: { format, name: title ?? '', source: { bytes }, ...(isJsonObject(citations) && { citations }) },
  };
}

function inBytesOnly(what: string) {
  return invalid('messages', `${what} must be sent as bytes: Bedrock does not fetch URLs.`);
}

/** Texts as one object: parsed if they are JSON, otherwise under a name. */
function asJson(parts: readonly JsonObject[]): JsonObject[] {
  const texts = parts.filter((part) => 'text' in part).map(({ text }) => textOf(text));
  const text = texts.join('\n');
  return [{ json: parseObject(text) ?? { result: text } }, ...parts.filter((part) => !('text' in part))];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
