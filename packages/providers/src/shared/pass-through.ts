import type { Codec, EncodeTarget, GatewayError, JsonObject, UpstreamOperationName } from '@portico/core';
import { isJsonObject } from '@portico/core';
import { annotationsFromSources, sourcesInChunk } from './annotations-from-sources.js';
import { ChunkDecoder } from './chunk-decoder.js';
import { type ClassifyRules, classifyOpenAiError } from './classify-openai-error.js';
import { errorFactsOf } from './error-facts.js';
import { errorInside } from './error-inside.js';
import { type AnswerRules, foldReasoning, repairChoice } from './repair-answer.js';
import { chatEdits, fieldEdits } from './request-edits.js';
import type { Edit, RequestRules } from './request-rules.js';
import { knownStreamOptions } from './stream-options.js';

/** How a vendor that speaks OpenAI's wire departs from it. All of it is data, looked at once at boot. */
export interface WireRules extends RequestRules, Omit<AnswerRules, 'reasoningField'> {
  /** Whole answers may be errors under status 200, somewhere else than in `error`. */
  readonly errorsInAnswers?: true;
  /** Put before model names that are no path yet. */
  readonly modelPrefix?: string;
  /** Names of embedding requests by another name. */
  readonly embeddingRenames?: Readonly<Record<string, string>>;
  /** More rules for models whose name begins so; the first that fits counts. */
  readonly families?: readonly ModelFamily[];
}

export interface ModelFamily {
  readonly prefix: string;
  readonly rules: RequestRules;
}

/** The codec of one operation for an upstream that speaks our wire: bytes pass through but for what the rules say. */
export function passThrough(
  operation: UpstreamOperationName,
  vendor: ClassifyRules,
  rules: WireRules = {},
  extraEdits: readonly Edit[] = [],
): Codec {
  const edits = [...editsFor(operation, rules, vendor.who), ...extraEdits];
  const families = (operation === 'chat.completions' ? (rules.families ?? []) : []).map((family) => ({
    prefix: family.prefix,
    edits: chatEdits(family.rules, vendor.who),
  }));
  const { modelPrefix } = rules;
  const asks = rules.usage !== 'unasked';
  const repair = repairChoice(rules);
  const changesAnswers = repair ?? rules.errorsInAnswers ?? rules.sources ?? rules.reasoningBeside;
  const chunkRules = {
    piece: operation === 'chat.completions' ? 'delta' : 'text',
    who: vendor.who,
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
      if (target.stream) askForUsage(body, target, asks);
      return body;
    },
    openStream: () => new ChunkDecoder(chunkRules),
    ...(operation !== 'embeddings' && changesAnswers ? { decode } : {}),
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

function showSources(answer: JsonObject, { message }: JsonObject): void {
  if (!isJsonObject(message)) return;
  const text = typeof message.content === 'string' ? message.content : undefined;
  const annotations = annotationsFromSources(answer, text);
  if (annotations.length > 0) message.annotations = annotations;
}

/** The name of a model, made a path where the vendor's names are paths. */
export function modelAs(model: string, prefix: string | undefined): string {
  return prefix === undefined || model.includes('/') ? model : prefix + model;
}

function editsFor(operation: UpstreamOperationName, rules: WireRules, who: string): readonly Edit[] {
  if (operation === 'chat.completions') return chatEdits(rules, who);
  const { renames, embeddingRenames, ...others } = rules;
  if (operation === 'completions') return fieldEdits(others, who);
  return fieldEdits(embeddingRenames ? { ...others, renames: embeddingRenames } : others, who);
}

// Accounting always wants to know, whether or not the client does.
function askForUsage(body: JsonObject, target: EncodeTarget, asks: boolean): void {
  if (!asks || !target.mayAskUsage) delete body.stream_options;
  else body.stream_options = { ...knownStreamOptions(body.stream_options, target), include_usage: true };
}

function classifyInside(body: unknown, text: string, vendor: ClassifyRules): GatewayError {
  return classifyOpenAiError(errorInside(body, text), vendor);
}
