/** A parsed JSON object of which only some fields are known: what is not read is carried. */
export type JsonObject = { [key: string]: unknown };

/** True for `{…}`, false for arrays, null and everything else. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value, or the promise of one. */
export type MaybePromise<T> = T | Promise<T>;
