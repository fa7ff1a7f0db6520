import type {
  EmbeddingModelV2,
  EmbeddingModelV3,
  LanguageModelV2,
  LanguageModelV3,
  SharedV3ProviderOptions,
} from '@ai-sdk/provider';
import type { JsonObject, UpstreamOperationName } from '@portico/core';
import type { Provider } from '@portico/core/provider';
import { openAiCompatible } from '@portico/providers/openai-compatible';
import { adaptRequest } from './adapt-request.js';
import { answerCalls } from './answer-calls.js';
import { collectWarnings } from './collect-warnings.js';

/** Models of the AI SDK under one name. */
export interface AiSdkModels {
  /** The prefix in `provider/model`. */
  readonly name: string;
  /** The vendor's name in the price catalogue. Default: `name`. */
  readonly priceCatalogue?: string;
  /** The model of a name; called once for each deployment, before its first call. */
  readonly languageModel?: (id: string) => LanguageModelV2 | LanguageModelV3;
  /** The same for embeddings. */
  readonly embeddingModel?: (id: string) => EmbeddingModelV2<string> | EmbeddingModelV3;
  /**
   * Vendor-specific settings for a model, from the client's request, beyond the AI SDK's common ones. Its keys take
   * precedence over the defaults for `reasoning_effort` and `parallel_tool_calls`. If it throws, the attempt fails.
   */
  readonly providerOptions?: (request: JsonObject, model: string) => SharedV3ProviderOptions;
}

/**
 * Models of the AI SDK as a provider: the gateway opens no socket but calls the model. Credentials and URLs are the
 * model's own; deadlines, retries, limits, the ledger and interceptors are the gateway's.
 */
export function aiSdkProvider(models: AiSdkModels): Provider {
  const { name, priceCatalogue, languageModel, embeddingModel, providerOptions } = models;
  const isHeard = providerOptions !== undefined;
  const operations: UpstreamOperationName[] = [];
  if (languageModel !== undefined) operations.push('chat.completions');
  if (embeddingModel !== undefined) operations.push('embeddings');
  const inOpenAisWire = openAiCompatible({
    name,
    ...(priceCatalogue !== undefined && { priceCatalogue }),
    baseUrl: undefined,
    keyVariables: [],
    needsKey: false,
    operations,
    rules: { nulls: false },
    edits: [(body, target) => adaptRequest(body, target, name, isHeard)],
  });
  const { 'chat.completions': chat, ...others } = inOpenAisWire.codecs;
  return {
    ...inOpenAisWire,
    codecs: { ...others, ...(chat && { 'chat.completions': collectWarnings(chat) }) },
    connect: ({ model, options, baseUrl, apiKey, headers }) => {
      const [unknown] = Object.keys(options);
      if (unknown !== undefined)
        throw new Error(`${name} has no option "${unknown}": its models are created by the host application.`);
      if (baseUrl !== undefined || apiKey !== undefined) {
        throw new Error(
          `${name} accepts no base URL and no key: its models are created by the host application, with both.`,
        );
      }
      return {
        origin: ORIGIN,
        paths: Object.fromEntries(operations.map((operation) => [operation, `/${operation}`])),
        headers,
        send: answerCalls(models, model, inOpenAisWire.classify),
      };
    },
  };
}

/** For interceptors that look at it: nothing is ever sent there. */
const ORIGIN = 'ai-sdk://in-process';
