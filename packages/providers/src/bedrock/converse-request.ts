import { type EncodeTarget, isJsonObject, type JsonObject } from '@portico/core';
import { messagesRequest } from '../anthropic/chat-completions.js';
import { leaveOut } from '../shared/leave-out.js';
import { warnOnce } from '../shared/warn-once.js';
import { ConverseBlocks } from './converse-blocks.js';
import { converseTurns } from './converse-turns.js';
import { familyOf, type ModelFamily } from './model-families.js';
import { fitNotes, ownParameters } from './own-parameters.js';
import { readPart } from './parts-from-chat.js';
import { toolFields } from './tool-config.js';

/**
 * A chat request as one of Converse (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html).
 * Converse says what Messages says, in other words: the request is told in those first, and then in these.
 */
export function converseRequest(request: JsonObject, givenTarget: EncodeTarget): JsonObject {
  const target = warnOnce(givenTarget);
  const family = familyOf(target.baseModel);
  const own = ownParameters(request, family, target);
  const body = messagesRequest(own.rest, target, family.messages, { readPart, spellId: family.spellId });
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
    ...claudesOwn(claudes, family, target),
    ...(Object.keys(outputConfig).length > 0 && { output_config: outputConfig }),
    ...topKField(topK, family, target),
    ...additional,
    ...own.additional,
  };
  const requestMetadata = { ...fitNotes(metadata), ...own.notes };
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

/** Claude is told a bound in any case, which is then what a budget reserves; others go by their own where nobody sets one. */
function boundOf(request: JsonObject, maxTokens: unknown, family: ModelFamily, target: EncodeTarget): unknown {
  const isSet = [request.max_completion_tokens, request.max_tokens, target.maxOutputTokens].some(
    (bound) => typeof bound === 'number',
  );
  return isSet || family.isClaude ? maxTokens : undefined;
}

/** Fields of Messages that Converse has no word for and Claude behind it may know. */
function claudesOwn(fields: JsonObject, family: ModelFamily, target: EncodeTarget): JsonObject {
  if (family.isClaude) return fields;
  for (const name of Object.keys(fields)) target.warn(`"${name}" was left out: this model has no such parameter.`);
  return {};
}

function topKField(topK: unknown, family: ModelFamily, target: EncodeTarget): JsonObject {
  if (topK === undefined) return {};
  if (family.topK === 'top_k') return { top_k: topK };
  if (family.topK === 'inferenceConfig.topK') return { inferenceConfig: { topK } };
  leaveOut(target, 'top_k', 'The model has no such parameter.');
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
