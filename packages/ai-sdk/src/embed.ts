import type { EmbeddingModelV3, EmbeddingModelV3CallOptions } from '@ai-sdk/provider';
import { GatewayError, type JsonObject } from '@portico/core';

type EmbedContext = Pick<EmbeddingModelV3CallOptions, 'abortSignal' | 'headers'>;

/** An embeddings request, in as many calls as the model needs. */
export async function embed(model: EmbeddingModelV3, asked: JsonObject, around: EmbedContext): Promise<JsonObject> {
  const values = textsOf(asked.input);
  const most = (await model.maxEmbeddingsPerCall) ?? values.length;
  const data: JsonObject[] = [];
  let tokens = 0;
  for (let from = 0; from < values.length; from += most) {
    const { embeddings, usage } = await model.doEmbed({ values: values.slice(from, from + most), ...around });
    for (const embedding of embeddings) data.push({ object: 'embedding', index: data.length, embedding });
    tokens += usage?.tokens ?? 0;
  }
  if (asked.encoding_format === 'base64') for (const one of data) one.embedding = base64(one.embedding as number[]);
  // Zeros if the vendor does not count: clients expect the object.
  const usage = { prompt_tokens: tokens, total_tokens: tokens };
  return { object: 'list', data, model: asked.model, usage };
}

function textsOf(input: unknown): string[] {
  const texts: unknown[] = Array.isArray(input) ? input : [input];
  if (texts.length > 0 && texts.every((text) => typeof text === 'string')) return texts;
  const message = '"input" must be text or a list of texts; models of the AI SDK accept no token ids.';
  throw new GatewayError('invalid_input', message, { param: 'input' });
}

/** 32-bit floating point numbers, the least significant byte first, as OpenAI writes them. */
function base64(values: readonly number[]): string {
  const bytes = new DataView(new ArrayBuffer(values.length * 4));
  for (const [index, value] of values.entries()) bytes.setFloat32(index * 4, value, true);
  let text = '';
  for (let at = 0; at < bytes.byteLength; at += 1) text += String.fromCharCode(bytes.getUint8(at));
  return btoa(text);
}
