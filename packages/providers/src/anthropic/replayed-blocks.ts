import { isJsonObject, type JsonObject } from '@portico/core';

/**
 * The blocks of an earlier answer, unchanged, if the client sends back `provider_specific_fields.content_blocks` and
 * did not change the message otherwise; undefined if the message must be rebuilt from its chat fields. Blocks and
 * citations with a field `converse` are from Bedrock's Converse, and ignored by others.
 */
export function replayedBlocks(message: JsonObject, isConverse: boolean): JsonObject[] | undefined {
  const fields = message.provider_specific_fields;
  const blocks = isJsonObject(fields) ? fields.content_blocks : undefined;
  if (!Array.isArray(blocks) || blocks.length === 0 || !blocks.every(isJsonObject)) return undefined;
  if (!isConverse && blocks.some(holdsConverse)) return undefined;
  const calledIds = idsOf(blocks.filter(({ type }) => type === 'tool_use'));
  const isUnchanged = textOf(blocks) === textOf(message.content) && calledIds === idsOf(message.tool_calls);
  return isUnchanged ? blocks : undefined;
}

function holdsConverse(block: JsonObject): boolean {
  if ('converse' in block) return true;
  return (
    Array.isArray(block.citations) && block.citations.some((one: unknown) => isJsonObject(one) && 'converse' in one)
  );
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part: unknown) => (isJsonObject(part) && part.type === 'text' ? part.text : '')).join('');
}

function idsOf(calls: unknown): string {
  if (!Array.isArray(calls)) return '';
  return calls.map((call: unknown) => (isJsonObject(call) ? call.id : undefined)).join();
}
