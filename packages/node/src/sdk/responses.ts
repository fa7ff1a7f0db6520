import type { JsonObject } from '@portico/core';
import { askStream, askWhole, type SdkRequest } from './ask.js';
import type { SdkOptions } from './gateway-for.js';

/** A request of OpenAI's Responses API, to a model of any vendor. */
export interface ResponsesRequest extends SdkRequest {
  readonly input: string | readonly object[];
}

/** One response of `vendor/model`, whole or, with `stream: true`, event by event. */
export function responses(
  request: ResponsesRequest & { readonly stream: true },
  options?: SdkOptions,
): Promise<AsyncIterable<JsonObject & { readonly type: string }>>;
export function responses(
  request: ResponsesRequest & { readonly stream?: false },
  options?: SdkOptions,
): Promise<JsonObject & { readonly output: readonly JsonObject[] }>;
export function responses(
  request: ResponsesRequest,
  options: SdkOptions = {},
): Promise<AsyncIterable<JsonObject> | JsonObject> {
  const ask = request.stream === true ? askStream : askWhole;
  return ask('/v1/responses', request, options);
}
