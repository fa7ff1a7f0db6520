/** A time in seconds since the epoch, as APIs send it, in milliseconds; 0 if there is none. */
export function toMillis(seconds: unknown): number {
  return typeof seconds === 'number' && Number.isFinite(seconds) ? seconds * 1000 : 0;
}
