import { isJsonObject, type JsonObject } from '@portico/core';
import type { EncodeTarget } from '@portico/core/provider';
import { messagesRequest } from '../anthropic/chat-completions.js';
import { dropParameter } from '../shared/drop-parameter.js';
import { warnOnce } from '../shared/warn-once.js';
import { adaptMetadata, ownParameters } from './bedrock-parameters.js';
import { ConverseBlocks } from './converse-blocks.js';
import { converseTurns } from './converse-turns.js';
import { familyOf, type ModelFamily } from './model-families.js';
import { readPart } from './parts-from-chat.js';
import { toolFields } from './tool-config.js';

/**
 * Translates a chat request to Converse
 * (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html). Converse has the content of
 * Messages in another format: the request is converted to that first, and then to Converse.
 */
export function converseRequest(request: JsonObject, givenTarget: EncodeTarget): JsonObject {
  const target = warnOnce(givenTarget);
  const family = familyOf(target.baseModel);
  const own = ownParameters(request, family, target);
  const body = messagesRequest(own.rest, target, family.messages, { readPart, formatId: family.formatId });
  const {
    model: _inTheAddress,
    stream: _there,
    messages,
    system,
    tools,
    tool_choice: choice,
    max_tokens: maxTokens,
    temperature,
    top_p: topP,
    top_k: topK,
    stop_sequences: stopSequences,
    output_config: output,
    metadata,
    ...claudes
  } = body;

  const blocks = new ConverseBlocks(family);
  const systemBlocks = (Array.isArray(system) ? (system as JsonObject[]) : []).flatMap((one) => blocks.of(one));
  const offered = [...(Array.isArray(tools) ? (tools as JsonObject[]) : []), ...own.tools];
  const { toolConfig, additional } = toolFields({ tools: offered, tool_choice: choice }, family, blocks, target);
  const { effort, format, ...otherOutput } = isJsonObject(output) ? output : ({} as JsonObject);
  const outputConfig = effort === undefined ? otherOutput : { ...otherOutput, effort };
  const inferenceConfig = present({
    maxTokens: boundOf(request, maxTokens, family, target),
    temperature,
    topP,
    stopSequences,
  });
  const additionalFields = {
    ...claudeFields(claudes, family, target),
    ...(Object.keys(outputConfig).length > 0 && { output_config: outputConfig }),
    ...topKField(topK, family, target),
    ...additional,
    ...own.additional,
  };
  const requestMetadata = { ...adaptMetadata(metadata), ...own.notes };
  return {
    messages: converseTurns(messages as JsonObject[], family, blocks), // `messagesRequest` made it
    ...(systemBlocks.length > 0 && { system: systemBlocks }),
    ...(Object.keys(inferenceConfig).length > 0 && { inferenceConfig }),
    ...(toolConfig !== undefined && { toolConfig }),
    ...(isJsonObject(format) && { outputConfig: { textFormat: textFormat(format, request.response_format) } }),
    ...own.fields,
    ...(Object.keys(requestMetadata).length > 0 && { requestMetadata }),
    ...(Object.keys(additionalFields).length > 0 && { additionalModelRequestFields: additionalFields }),
  };
}

/** Claude always gets an output limit, which a budget then reserves; other models use their own default. */
function boundOf(request: JsonObject, maxTokens: unknown, family: ModelFamily, target: EncodeTarget): unknown {
  const isSet = [request.max_completion_tokens, request.max_tokens, target.maxOutputTokens].some(
    (bound) => typeof bound === 'number',
  );
  return isSet || family.isClaude ? maxTokens : undefined;
}

/** Fields of Messages that Converse does not have and Claude may support. */
function claudeFields(fields: JsonObject, family: ModelFamily, target: EncodeTarget): JsonObject {
  if (family.isClaude) return fields;
  for (const name of Object.keys(fields)) target.warn(`"${name}" was left out: this model has no such parameter.`);
  return {};
}

function topKField(topK: unknown, family: ModelFamily, target: EncodeTarget): JsonObject {
  if (topK === undefined) return {};
  if (family.topK === 'top_k') return { top_k: topK };
  if (family.topK === 'inferenceConfig.topK') return { inferenceConfig: { topK } };
  dropParameter(target, 'top_k', 'The model has no such parameter.');
  return {};
}

function textFormat({ schema }: JsonObject, asked: unknown): JsonObject {
  const about = isJsonObject(asked) && isJsonObject(asked.json_schema) ? asked.json_schema : ({} as JsonObject);
  const { name, description } = about;
  return {
    type: 'json_schema',
    structure: {
      jsonSchema: present({
        schema: JSON.stringify(schema),
        name: typeof name === 'string' && /^[\w-]{1,64}$/.test(name) ? name : undefined,
        description: typeof description === 'string' && description !== '' ? description : undefined,
      }),
    },
  };
}

function present(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
