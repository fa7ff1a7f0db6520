/** A parsed JSON object of which only some fields are known; the others are kept. */
export type JsonObject = { [key: string]: unknown };

/** True for `{…}`, false for arrays, null and everything else. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value, or a promise of one. */
export type MaybePromise<T> = T | Promise<T>;

/** True for a promise, also of another library; hooks without a result may return anything. */
export function isPromise<T>(value: MaybePromise<T>): value is Promise<T> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}
