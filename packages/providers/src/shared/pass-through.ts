import type { GatewayError, JsonObject, UpstreamOperationName } from '@portico/core';
import { isJsonObject } from '@portico/core';
import type { Codec, EncodeTarget } from '@portico/core/provider';
import { annotationsFromSources, sourcesInChunk } from './annotations-from-sources.js';
import { ChunkDecoder } from './chunk-decoder.js';
import { type ClassifyRules, classifyOpenAiError } from './classify-openai-error.js';
import { encodedAsAsked, isEncodedAsAsked } from './embedding-answer.js';
import { errorFactsOf } from './error-facts.js';
import { errorInside } from './error-inside.js';
import { type AnswerRules, foldReasoning, repairChoice } from './repair-answer.js';
import { chatEdits, fieldEdits } from './request-edits.js';
import type { Edit, RequestRules } from './request-rules.js';
import { knownStreamOptions } from './stream-options.js';

/** How a vendor with OpenAI's API differs from it. All of it is data, read once at start. */
export interface WireRules extends RequestRules, Omit<AnswerRules, 'reasoningField'> {
  /** Whole answers may be errors with status 200, in another field than `error`. */
  readonly errorsInAnswers?: true;
  /** Prefix for model names that are not paths. */
  readonly modelPrefix?: string;
  /** Other names for fields of embedding requests. */
  readonly embeddingRenames?: Readonly<Record<string, string>>;
  /** More rules for models whose name begins with this; the first match counts. */
  readonly families?: readonly ModelFamily[];
}

export interface ModelFamily {
  readonly prefix: string;
  readonly rules: RequestRules;
}

/** The codec of one operation for an upstream with our API: bytes pass through except for what the rules change. */
export function passThrough(
  operation: UpstreamOperationName,
  vendor: ClassifyRules,
  rules: WireRules = {},
  extraEdits: readonly Edit[] = [],
): Codec {
  const edits = [...editsFor(operation, rules, vendor.providerName), ...extraEdits];
  const families = (operation === 'chat.completions' ? (rules.families ?? []) : []).map((family) => ({
    prefix: family.prefix,
    edits: chatEdits(family.rules, vendor.providerName),
  }));
  const { modelPrefix } = rules;
  const asks = rules.usage !== 'unasked';
  const repair = repairChoice(rules);
  const changesAnswers = repair ?? rules.errorsInAnswers ?? rules.sources ?? rules.reasoningBeside;
  const chunkRules = {
    piece: operation === 'chat.completions' ? 'delta' : 'text',
    providerName: vendor.providerName,
    repair,
    repairChunk: rules.sources && sourcesInChunk,
    repairUsage: rules.reasoningBeside && foldReasoning,
    classify: (body: unknown, text: string) => classifyInside(body, text, vendor),
  } as const;

  return {
    encode(request, target) {
      const body: JsonObject = { ...request, model: modelAs(target.model, modelPrefix) };
      for (const edit of edits) edit(body, target);
      for (const family of families) {
        if (!target.baseModel.startsWith(family.prefix)) continue;
        for (const edit of family.edits) edit(body, target);
        break;
      }
      if (target.stream) requestUsage(body, target, asks);
      return body;
    },
    openStream: () => new ChunkDecoder(chunkRules),
    ...(operation !== 'embeddings' && changesAnswers ? { decode } : {}),
    ...(operation === 'embeddings' ? EMBEDDINGS : {}),
  };

  function decode(answer: JsonObject): JsonObject {
    const choices = Array.isArray(answer.choices) ? (answer.choices as unknown[]).filter(isJsonObject) : [];
    const failed = choices.find((choice) => choice.error);
    if (failed !== undefined) throw classifyInside({ error: failed.error }, '', vendor);
    if (rules.errorsInAnswers && errorFactsOf(answer) !== undefined) throw classifyInside(answer, '', vendor);
    for (const choice of choices) {
      repair?.(choice);
      if (rules.sources) showSources(answer, choice);
    }
    if (rules.reasoningBeside && isJsonObject(answer.usage)) foldReasoning(answer.usage);
    return answer;
  }
}

const EMBEDDINGS: Pick<Codec, 'decode' | 'isAsAsked'> = {
  isAsAsked: isEncodedAsAsked,
  decode: (answer, _target, request) => encodedAsAsked(answer, request),
};

function showSources(answer: JsonObject, { message }: JsonObject): void {
  if (!isJsonObject(message)) return;
  const text = typeof message.content === 'string' ? message.content : undefined;
  const annotations = annotationsFromSources(answer, text);
  if (annotations.length > 0) message.annotations = annotations;
}

/** The name of a model, made a path if the vendor's names are paths. */
export function modelAs(model: string, prefix: string | undefined): string {
  return prefix === undefined || model.includes('/') ? model : prefix + model;
}

function editsFor(operation: UpstreamOperationName, rules: WireRules, providerName: string): readonly Edit[] {
  if (operation === 'chat.completions') return chatEdits(rules, providerName);
  const { renames, embeddingRenames, ...others } = rules;
  if (operation === 'completions') return fieldEdits(others, providerName);
  return fieldEdits(embeddingRenames ? { ...others, renames: embeddingRenames } : others, providerName);
}

// Accounting always needs usage, whether or not the client does.
function requestUsage(body: JsonObject, target: EncodeTarget, asks: boolean): void {
  if (!asks || !target.mayAskUsage) delete body.stream_options;
  else body.stream_options = { ...knownStreamOptions(body.stream_options, target), include_usage: true };
}

function classifyInside(body: unknown, text: string, vendor: ClassifyRules): GatewayError {
  return classifyOpenAiError(errorInside(body, text), vendor);
}
