/** Seconds since the epoch, as the wire tells moments, in milliseconds; 0 where it tells none. */
export function momentOf(seconds: unknown): number {
  return typeof seconds === 'number' && Number.isFinite(seconds) ? seconds * 1000 : 0;
}
