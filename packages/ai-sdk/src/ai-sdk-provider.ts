import type {
  EmbeddingModelV2,
  EmbeddingModelV3,
  LanguageModelV2,
  LanguageModelV3,
  SharedV3ProviderOptions,
} from '@ai-sdk/provider';
import type { JsonObject, Provider, UpstreamOperationName } from '@portico/core';
import { openAiCompatible } from '@portico/providers/openai-compatible';
import { answerCalls } from './answer-calls.js';
import { fitRequest } from './fit-request.js';
import { tellingWarnings } from './telling-warnings.js';

/** Models of the AI SDK under one name. */
export interface AiSdkModels {
  /** The prefix in `provider/model`. */
  readonly name: string;
  /** The name under which the price catalogue knows whose models they are. Default: `name`. */
  readonly priceCatalogue?: string;
  /** The model of a name; asked once for each deployment, when it is first called. */
  readonly languageModel?: (id: string) => LanguageModelV2 | LanguageModelV3;
  /** The same for embeddings. */
  readonly embeddingModel?: (id: string) => EmbeddingModelV2<string> | EmbeddingModelV3;
  /**
   * What a model is told beyond the AI SDK's common settings, by the client's request. What it says of a key wins over what
   * is said by default for `reasoning_effort` and `parallel_tool_calls`. If it throws, the attempt failed.
   */
  readonly providerOptions?: (request: JsonObject, model: string) => SharedV3ProviderOptions;
}

/**
 * Models of the AI SDK as a provider: no socket is opened by the gateway, the model is called in its place. Credentials and
 * addresses are the model's own; deadlines, retries, limits, the ledger and interceptors are the gateway's.
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
    edits: [(body, target) => fitRequest(body, target, name, isHeard)],
  });
  const { 'chat.completions': chat, ...others } = inOpenAisWire.codecs;
  return {
    ...inOpenAisWire,
    codecs: { ...others, ...(chat && { 'chat.completions': tellingWarnings(chat) }) },
    connect: ({ model, options, baseUrl, apiKey, headers }) => {
      const [unknown] = Object.keys(options);
      if (unknown !== undefined)
        throw new Error(`${name} has no option "${unknown}": its models are made by the host.`);
      if (baseUrl !== undefined || apiKey !== undefined) {
        throw new Error(`${name} takes no address and no key: its models are made by the host, with both.`);
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
