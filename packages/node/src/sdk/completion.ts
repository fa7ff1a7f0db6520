import type { JsonObject } from '@portico/core';
import { askStream, askWhole, type SdkRequest } from './ask.js';
import type { SdkOptions } from './gateway-for.js';

/** A chat request in OpenAI's format, to a model of any vendor. */
export interface CompletionRequest extends SdkRequest {
  readonly messages: readonly object[];
}

/** The commonly used fields of an answer; the others are there as well. */
export interface Completion extends JsonObject {
  readonly id: string;
  readonly model: string;
  readonly choices: readonly {
    readonly message: { readonly content: string | null; readonly tool_calls?: readonly object[] };
    readonly finish_reason: string;
  }[];
  readonly usage?: { readonly prompt_tokens: number; readonly completion_tokens: number };
}

/** One chunk of a stream. */
export interface CompletionChunk extends JsonObject {
  readonly choices: readonly {
    readonly delta: { readonly content?: string | null; readonly tool_calls?: readonly object[] };
    readonly finish_reason: string | null;
  }[];
}

/** One chat completion of `vendor/model`, whole or, with `stream: true`, chunk by chunk. */
export function completion(
  request: CompletionRequest & { readonly stream: true },
  options?: SdkOptions,
): Promise<AsyncIterable<CompletionChunk>>;
export function completion(
  request: CompletionRequest & { readonly stream?: false },
  options?: SdkOptions,
): Promise<Completion>;
export function completion(
  request: CompletionRequest,
  options: SdkOptions = {},
): Promise<AsyncIterable<JsonObject> | JsonObject> {
  const ask = request.stream === true ? askStream : askWhole;
  return ask('/v1/chat/completions', request, options);
}
