import type { FailureKind, UpstreamOperationName } from '@portico/core';
import type { Codec, Connection, ConnectionSettings, Provider } from '@portico/core/provider';
import { adaptToHost, FOREIGN_HOST, withoutBridgedThinking } from './anthropic/adapt-messages.js';
import { messages } from './anthropic/messages.js';
import { type BaseUrl, baseUrlOf, joinPath, parseBaseUrl } from './shared/base-url.js';
import { classifyOpenAiError } from './shared/classify-openai-error.js';
import { credentialHeader } from './shared/credential.js';
import { endpointPaths } from './shared/endpoints.js';
import { mediaCodec } from './shared/media.js';
import { modelAs, passThrough, type WireRules } from './shared/pass-through.js';
import { readOptions, textOption } from './shared/read-options.js';
import { remainingInOpenAiHeaders } from './shared/remaining-limits.js';
import type { Edit } from './shared/request-rules.js';
import { type RerankRules, rerankCodec } from './shared/rerank.js';
import { responsesCodec } from './shared/responses.js';

/** A vendor with OpenAI's API, described as data. */
export interface OpenAiCompatibleVendor {
  /** The prefix in `provider/model`. */
  readonly name: string;
  /** The name under which the price catalogue knows the vendor. Default: `name`. */
  readonly priceCatalogue?: string;
  /**
   * The base URL, up to the part that all endpoints share; undefined if only the configuration knows it. A name in
   * braces is replaced by the deployment's option of that name, and `{model}` by its model.
   */
  readonly baseUrl: string | undefined;
  /** Usual environment variables of the credential, the first one that is set is used. */
  readonly keyVariables: readonly string[];
  /** False for servers that run without a credential. Default true. */
  readonly needsKey?: boolean;
  /** The header with the bare credential. Default: `authorization`, as a Bearer token. */
  readonly keyHeader?: string;
  readonly operations: readonly UpstreamOperationName[];
  /**
   * Operations that are not below `baseUrl`, by their path from the root of the host. They are not available for a
   * deployment whose own URL ends in another path than the default.
   */
  readonly elsewhere?: Readonly<Partial<Record<UpstreamOperationName, string>>>;
  /** Differences from OpenAI's API. */
  readonly rules?: WireRules;
  /** Changes to chat requests beyond the rules; applied last. */
  readonly edits?: readonly Edit[];
  /** Differences of its rerank from the common format. */
  readonly rerank?: RerankRules;
  /** Messages requests may have marks for the cache with all fields that Claude knows. */
  readonly claudesMarks?: true;
  /** It stores responses, so that later requests can refer to them. */
  readonly keepsResponses?: true;
  /** The meaning of its own error codes, lower-case. */
  readonly errorCodes?: Readonly<Record<string, FailureKind>>;
}

/** Creates a provider from a vendor's data, for `providers` of the gateway. */
export function openAiCompatible(vendor: OpenAiCompatibleVendor): Provider {
  const classifyRules = { providerName: vendor.name, ...(vendor.errorCodes && { codes: vendor.errorCodes }) };
  const codecOf = (operation: UpstreamOperationName) => {
    if (operation === 'messages')
      return namingModels(vendor.claudesMarks ? messagesAtRouter : messagesElsewhere, vendor.rules?.modelPrefix);
    if (operation === 'rerank') return namingModels(rerankCodec(vendor.rerank), vendor.rules?.modelPrefix);
    if (operation === 'responses') return responsesCodec(classifyRules, vendor.rules, vendor.keepsResponses);
    if (MEDIA.has(operation)) return mediaCodec(classifyRules);
    const edits = operation === 'chat.completions' ? vendor.edits : undefined;
    return passThrough(operation, classifyRules, vendor.rules, edits);
  };
  return {
    name: vendor.name,
    ...(vendor.priceCatalogue !== undefined && { priceCatalogue: vendor.priceCatalogue }),
    keyVariables: vendor.keyVariables,
    needsKey: vendor.needsKey ?? true,
    codecs: Object.fromEntries(vendor.operations.map((operation) => [operation, codecOf(operation)])),
    connect: (settings) => connect(vendor, settings),
    classify: (answer) => classifyOpenAiError(answer, classifyRules),
    roomLeft: remainingInOpenAiHeaders,
  };
}

const MEDIA: ReadonlySet<UpstreamOperationName> = new Set([
  'images.generations',
  'images.edits',
  'audio.speech',
  'audio.transcriptions',
  'audio.translations',
]);

/** Anthropic's API at another vendor. */
const messagesElsewhere: Codec = {
  ...messages,
  encode: (request, target) => ({
    ...adaptToHost(withoutBridgedThinking(request), target, FOREIGN_HOST),
    model: target.model,
  }),
  headers: (own) => ({ 'anthropic-version': '2023-06-01', ...own }),
};

/** The same at a router that also serves Claude. */
const messagesAtRouter: Codec = {
  ...messagesElsewhere,
  encode: (request, target) => ({ ...withoutBridgedThinking(request), model: target.model }),
};

/** For codecs that do not handle a prefix. */
function namingModels(codec: Codec, prefix: string | undefined): Codec {
  if (prefix === undefined) return codec;
  return {
    ...codec,
    encode: (request, target) => codec.encode(request, { ...target, model: modelAs(target.model, prefix) }),
  };
}

function connect(vendor: OpenAiCompatibleVendor, settings: ConnectionSettings): Connection {
  const base = baseUrlOf(settings, filledBaseUrl(vendor, settings), vendor.name);
  const query = settings.apiVersion === undefined ? {} : { 'api-version': settings.apiVersion };
  return {
    origin: base.origin,
    paths: pathsOf(vendor, base, query),
    headers: {
      ...(settings.apiKey && credentialHeader(settings.apiKey, vendor.name, vendor.keyHeader)),
      ...settings.headers,
    },
  };
}

function pathsOf(vendor: OpenAiCompatibleVendor, base: BaseUrl, query: Record<string, string>): Connection['paths'] {
  const { elsewhere, operations, baseUrl, name } = vendor;
  if (elsewhere === undefined) return endpointPaths(base, operations, query);
  const shared = operations.filter((operation) => !(operation in elsewhere));
  const below = endpointPaths(base, shared, query);
  if (baseUrl === undefined || base.path !== parseBaseUrl(baseUrl, name).path) return below;
  const root = { ...base, path: '' };
  const others: Record<string, string> = {};
  for (const [operation, path] of Object.entries(elsewhere)) others[operation] = joinPath(root, path, query);
  return { ...below, ...others };
}

const PLACEHOLDER = /\{(\w+)\}/g;

function filledBaseUrl(vendor: OpenAiCompatibleVendor, settings: ConnectionSettings): string | undefined {
  const { name, baseUrl = '' } = vendor;
  const words = [...baseUrl.matchAll(PLACEHOLDER)].map(([, word = '']) => word).filter((word) => word !== 'model');
  const options = readOptions(settings, words, name);
  if (settings.baseUrl !== undefined) return undefined;
  return vendor.baseUrl?.replaceAll(PLACEHOLDER, (_, word: string) => {
    const value = word === 'model' ? settings.model : textOption(options, word, name);
    if (value !== undefined) return encodeURIComponent(value);
    throw new Error(
      `${name} needs the option "${word}" for its base URL ${baseUrl}. Set "options: { ${word} }", or a "baseUrl".`,
    );
  });
}
