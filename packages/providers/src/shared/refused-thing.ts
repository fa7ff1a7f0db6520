import type { FailureKind, RefusedThing } from '@portico/core';
import type { ErrorFacts } from './error-facts.js';

/** Codes by which vendors say that it is the model they do not have, lower-case. */
export const MODEL_CODES: ReadonlySet<string> = new Set([
  'model_not_found',
  'invalid_model',
  'deploymentnotfound',
  'deploymentmodelnotsupported',
  'operationnotsupported',
]);

/** More of them, which come with a 404 only. */
const MODEL_CODES_OF_404: ReadonlySet<string> = new Set([
  'model_not_available',
  'model_not_supported',
  'model_not_exist',
  'modelnotfound',
  'endpoint_not_found',
  'invalidendpointormodel.notfound',
]);

/** Without a 404 only where the message begins so: further in, it may be the prompt that is quoted. */
const MODEL_WORDS =
  /^(?:invalid model: |model not found: |the supported api model names are |(?:the )?model \S+ (?:does not exist|is not supported)|\S+ is not a valid model id)/i;

/**
 * How a 404 begins that is about the model, as OpenAI and those who follow it, Anthropic (`model: x`), Gemini (`models/x is
 * not found`), Vertex (`Publisher Model …`), Bedrock, Cohere, Ollama, Together, Fireworks, OpenRouter and vLLM say it. At the
 * beginning only: further in, it may be the name of a file that is quoted.
 */
const MODEL_WORDS_OF_404 = new RegExp(
  [
    '(?:the )?(?:requested |specified |publisher |foundation |base |fine-tuned )*model\\b(?! (?:response|context|output))',
    'models/',
    '(?:invalid|unknown|no such|unable to access|could not find|cannot find) (?:the )?model\\b',
    'could not resolve the (?:foundation )?model',
    'this model\\b',
    'no endpoints found for ',
    'the api deployment for this resource does not exist',
    '\\S+ is not a valid model id',
    'endpoint \\S+ (?:of account \\S+ )?(?:not found|does not exist)',
    "endpoint with name '?\\S+ does not exist",
  ]
    .map((words) => `^(?:error: )?${words}`)
    .join('|'),
  'i',
);

const OPERATION_CODES: ReadonlySet<string> = new Set(['operationnotsupported', 'model_no_support_for_function']);

/** The model is there, and does not do what the endpoint is for: which endpoint that is, the caller chose. */
const OPERATION_WORDS = new RegExp(
  [
    '(?:only |not )supported (?:in|for|by|with|on|at) (?:the )?(?:/?v1/|this (?:endpoint|operation|task|api))',
    'did you mean to use v1/',
    'is not a chat model',
    'operation does not work with the specified model',
    'not allowed to (?:generate|sample|create) \\S+ from this model',
    'model does not support (?:this )?(?:chat|completions?|embeddings?|generation|rerank\\w*|speech|transcriptions?|the \\S+ (?:operation|api|task))',
  ].join('|'),
  'i',
);

/** Gemini has one sentence for both. */
const MODEL_OR_OPERATION = /is not found for API version \S+, or is not supported for/i;

const TIER_CODES: ReadonlySet<string> = new Set(['resource_unavailable', 'flex_unavailable', 'capacity_exceeded']);
const TIER_WORDS = /\bflex\b|service[_ ]tier|(?:priority|fast|performance) (?:tier|mode)|resource unavailable/i;

export function isModel(facts: ErrorFacts): boolean {
  return hasCode(facts, MODEL_CODES) || MODEL_WORDS.test(facts.message ?? '');
}

export function isOperation(facts: ErrorFacts): boolean {
  return hasCode(facts, OPERATION_CODES) || OPERATION_WORDS.test(facts.message ?? '');
}

/** What the vendor's own words say that it refused. */
export function refusedThing(kind: FailureKind, status: number, facts: ErrorFacts): RefusedThing | undefined {
  const { message = '' } = facts;
  switch (kind) {
    case 'upstream_model_not_found':
      if (MODEL_OR_OPERATION.test(message)) return 'model_or_operation';
      if (isOperation(facts)) return 'operation';
      if (isModel(facts) || hasCode(facts, MODEL_CODES_OF_404)) return 'model';
      return MODEL_WORDS_OF_404.test(message) ? 'model' : undefined;
    case 'rate_limited':
    case 'overloaded':
    case 'quota_exhausted':
      return status === 498 || hasCode(facts, TIER_CODES) || TIER_WORDS.test(message) ? 'tier' : undefined;
    default:
      return undefined;
  }
}

function hasCode(facts: ErrorFacts, codes: ReadonlySet<string>): boolean {
  return facts.codes.some((code) => codes.has(code));
}
