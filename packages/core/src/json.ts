/** A parsed JSON object of which only some fields are known: what is not read is carried. */
export type JsonObject = { [key: string]: unknown };

/** True for `{…}`, false for arrays, null and everything else. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value, or the promise of one. */
export type MaybePromise<T> = T | Promise<T>;

/** True for a promise, other libraries' included; hooks may return anything where nothing is asked of them. */
export function isPromise<T>(value: MaybePromise<T>): value is Promise<T> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}
