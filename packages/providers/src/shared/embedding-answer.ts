import { isJsonObject, type JsonObject } from '@portico/core';
import { invalid } from './drop-parameter.js';

/** The inputs of an embeddings request. Token ids are rejected: those of OpenAI's models mean nothing here. */
export function embeddingInputs({ input }: JsonObject): readonly string[] {
  const inputs: unknown[] = Array.isArray(input) ? input : [input];
  if (inputs.length > 0 && inputs.every((one) => typeof one === 'string')) return inputs;
  throw invalid('input', '"input" must be text or a list of texts; this API accepts no token ids.');
}

/** An answer in OpenAI's format, with its numbers in the requested encoding. */
export function embeddingAnswer(
  vectors: readonly unknown[],
  model: string,
  promptTokens: number,
  request: JsonObject | undefined,
): JsonObject {
  const spell = request?.encoding_format === 'base64' ? base64 : (values: readonly number[]) => values;
  return {
    object: 'list',
    data: vectors.map((vector, index) => ({ object: 'embedding', index, embedding: spell(numbersOf(vector)) })),
    model,
    // Zeros if the vendor does not count: clients expect the object.
    usage: { prompt_tokens: promptTokens, total_tokens: promptTokens },
  };
}

/** Whether the vectors of an answer are in the encoding that the client asked for. */
export function isEncodedAsAsked({ data }: JsonObject, request: JsonObject | undefined): boolean {
  // Where nothing is asked for, the vendor decides: Perplexity then sends bytes in base64, which no float can be read from.
  if (request?.encoding_format === undefined) return true;
  const wanted = request.encoding_format === 'base64' ? 'string' : 'object';
  return (
    !Array.isArray(data) || (data as unknown[]).every((one) => !isJsonObject(one) || typeof one.embedding === wanted)
  );
}

/**
 * An answer with its vectors in the encoding that the client asked for: many servers ignore `encoding_format`, and
 * OpenAI's client for Node asks for base64 unless it is told otherwise.
 */
export function encodedAsAsked(answer: JsonObject, request: JsonObject | undefined): JsonObject {
  const data = (Array.isArray(answer.data) ? (answer.data as unknown[]) : []).map((one) => {
    if (!isJsonObject(one)) return one;
    const { embedding } = one;
    if (request?.encoding_format === 'base64')
      return Array.isArray(embedding) ? { ...one, embedding: base64(numbersOf(embedding)) } : one;
    return typeof embedding === 'string' ? { ...one, embedding: numbersIn(embedding) ?? embedding } : one;
  });
  return { ...answer, data };
}

/** Undefined where the bytes are no 32-bit floats: Perplexity sends one byte a number. */
function numbersIn(text: string): readonly number[] | undefined {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  const values = Array.from({ length: Math.floor(bytes.byteLength / 4) }, (_, at) => view.getFloat32(at * 4, true));
  return values.every((value) => Math.abs(value) < LARGEST_VALUE) ? values : undefined;
}

/** Vectors are of length one or near it; bytes that are something else give numbers far beyond. */
const LARGEST_VALUE = 1e6;

/** The numbers themselves, or an object with them as `values`. */
function numbersOf(vector: unknown): readonly number[] {
  const values = isJsonObject(vector) ? vector.values : vector;
  return Array.isArray(values) ? values.map((value) => (typeof value === 'number' ? value : 0)) : [];
}

/** 32-bit floating point numbers, the least significant byte first, as OpenAI writes them. */
function base64(values: readonly number[]): string {
  const bytes = new DataView(new ArrayBuffer(values.length * 4));
  for (const [index, value] of values.entries()) bytes.setFloat32(index * 4, value, true);
  let text = '';
  for (let at = 0; at < bytes.byteLength; at += 1) text += String.fromCharCode(bytes.getUint8(at));
  return btoa(text);
}
