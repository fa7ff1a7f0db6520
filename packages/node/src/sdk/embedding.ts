import type { JsonObject } from '@portico/core';
import { askWhole, type SdkRequest } from './ask.js';
import type { SdkOptions } from './gateway-for.js';

/** The input of an embeddings request, in OpenAI's format. */
export interface EmbeddingRequest extends SdkRequest {
  readonly input: string | readonly string[];
}

export interface Embeddings extends JsonObject {
  readonly data: readonly { readonly index: number; readonly embedding: readonly number[] }[];
  readonly usage?: { readonly prompt_tokens: number };
}

/** The vectors of one text or several. */
export async function embedding(request: EmbeddingRequest, options: SdkOptions = {}): Promise<Embeddings> {
  return (await askWhole('/v1/embeddings', request, options)) as Embeddings; // the format of the interface
}
