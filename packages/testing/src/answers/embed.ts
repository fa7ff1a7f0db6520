import { seededRandom } from '../seeded-random.js';

/**
 * A unit vector for a text, the same on every run. Texts that share words point in similar directions, so search over
 * fake embeddings works as expected. Components are exact in 32-bit floats.
 */
export function embed(text: string, dimensions: number): number[] {
  const sum = new Float64Array(dimensions);
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [text];
  for (const word of words) {
    const random = seededRandom(word);
    for (let at = 0; at < dimensions; at++) sum[at] = (sum[at] ?? 0) + random() - 0.5;
  }
  const length = Math.hypot(...sum) || 1;
  return Array.from(sum, (component) => Math.fround(component / length));
}

/** Formats a vector as OpenAI does for `encoding_format: "base64"`: little-endian 32-bit floats. */
export function base64Of(vector: readonly number[]): string {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [at, component] of vector.entries()) bytes.writeFloatLE(component, at * 4);
  return bytes.toString('base64');
}
