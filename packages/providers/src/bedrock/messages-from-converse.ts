import { GatewayError, isJsonObject, type JsonObject } from '@portico/core';
import { redactedDataOf } from './redacted-content.js';

/** An answer of Converse in the format of Messages. */
export function messageFromConverse(answer: JsonObject, id: string, model: string): JsonObject {
  const output = isJsonObject(answer.output) ? answer.output : undefined;
  const message = isJsonObject(output?.message) ? output.message : undefined;
  const content = message?.content;
  if (!Array.isArray(content)) throw noAnswer();
  const blocks = (content as unknown[]).filter(isJsonObject).map(blockFromConverse);
  if (isMalformed(answer.stopReason) && blocks.length === 0) throw malformedAnswer();
  const { additionalModelResponseFields, serviceTier } = answer;
  return {
    id,
    model,
    content: blocks,
    stop_reason: answer.stopReason,
    ...(isJsonObject(answer.trace) && { trace: answer.trace }),
    ...(isJsonObject(additionalModelResponseFields) && { additionalModelResponseFields }),
    ...(isJsonObject(answer.usage) && { usage: usageFromConverse(answer.usage, serviceTier) }),
  };
}

/** A block in the format of Messages; a block that has no equivalent is kept unchanged, and converted back. */
function blockFromConverse(block: JsonObject): JsonObject {
  const { text, toolUse, reasoningContent, citationsContent } = block;
  if (typeof text === 'string') return { type: 'text', text };
  if (isJsonObject(toolUse) && isClientsTool(toolUse)) return toolUseBlock(toolUse);
  if (isJsonObject(reasoningContent)) return reasoningBlock(reasoningContent);
  if (isJsonObject(citationsContent)) return citedText(citationsContent);
  return { type: 'converse', converse: block };
}

/** False for calls of tools that the vendor runs itself. */
export function isClientsTool({ type }: JsonObject): boolean {
  return type !== 'server_tool_use';
}

function toolUseBlock({ toolUseId, name, input }: JsonObject): JsonObject {
  return { type: 'tool_use', id: toolUseId, name, input: isJsonObject(input) ? input : {} };
}

function reasoningBlock({ reasoningText, redactedContent }: JsonObject): JsonObject {
  if (typeof redactedContent === 'string') return { type: 'redacted_thinking', data: redactedDataOf(redactedContent) };
  const { text, signature } = isJsonObject(reasoningText) ? reasoningText : {};
  return {
    type: 'thinking',
    thinking: typeof text === 'string' ? text : '',
    ...(typeof signature === 'string' && { signature }),
  };
}

function citedText(cited: JsonObject): JsonObject {
  const parts = Array.isArray(cited.content) ? (cited.content as unknown[]).filter(isJsonObject) : [];
  const text = parts.map((part) => (typeof part.text === 'string' ? part.text : '')).join('');
  const citations = Array.isArray(cited.citations) ? (cited.citations as unknown[]) : [];
  return { type: 'text', text, citations: citations.map(citation) };
}

/** A citation with its Messages equivalent beside it: the page, if it is from one. */
export function citation(given: unknown): JsonObject {
  const { location, title } = isJsonObject(given) ? given : ({} as JsonObject);
  const web = isJsonObject(location) ? location.web : undefined;
  const url = isJsonObject(web) ? web.url : undefined;
  return { converse: given, ...(typeof url === 'string' && { url, title }) };
}

/** Its input count excludes tokens read from or written to the cache, as in Messages. */
export function usageFromConverse(usage: JsonObject, serviceTier?: unknown): JsonObject {
  const read = usage.cacheReadInputTokens ?? usage.cacheReadInputTokenCount;
  const written = usage.cacheWriteInputTokens ?? usage.cacheWriteInputTokenCount;
  const details = Array.isArray(usage.cacheDetails) ? (usage.cacheDetails as unknown[]).filter(isJsonObject) : [];
  const hour = details.find(({ ttl }) => ttl === '1h')?.inputTokens;
  const tier = isJsonObject(serviceTier) ? serviceTier.type : undefined;
  return {
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    ...(read !== undefined && { cache_read_input_tokens: read }),
    ...(written !== undefined && { cache_creation_input_tokens: written }),
    ...(typeof hour === 'number' && { cache_creation: { ephemeral_1h_input_tokens: hour } }),
    ...(typeof tier === 'string' && { service_tier: tier === 'default' ? 'standard' : tier }),
  };
}

/** The model's output cannot be read, as the vendor reports it. */
export function isMalformed(stopReason: unknown): boolean {
  return stopReason === 'malformed_model_output' || stopReason === 'malformed_tool_use';
}

/** The model produced nothing that can be read; another attempt may succeed. */
export function malformedAnswer(): GatewayError {
  return new GatewayError('upstream_error', 'The model of bedrock answered with something that cannot be read.', {
    upstreamStatus: 200,
  });
}

function noAnswer(): GatewayError {
  return new GatewayError('upstream_error', 'bedrock answered with JSON that is not a message.', {
    upstreamStatus: 200,
  });
}
