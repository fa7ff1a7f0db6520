/** A socket, a stream, or anything else that reports errors by an event. Types of libraries declare their events each in a way of its own. */
interface Emitter {
  on(event: never, listener: never): unknown;
  listeners?(event: never): readonly unknown[];
}

/**
 * Returns the emitter with an error listener on it. In Node an `'error'` event without a listener ends the process, so every
 * emitter that the gateway obtains goes through here in the statement that obtains it; `test/structure` checks this.
 * Without a listener of its own the error is ignored, which is right where a `'close'` event or a callback tells the same; an emitter
 * that comes back, such as a connection of a pool, gets that one once.
 */
export function withErrorListener<T extends Emitter>(emitter: T, listener: (error: Error) => void = ignoreError): T {
  const isThere = listener === ignoreError && emitter.listeners?.('error' as never).includes(ignoreError) === true;
  if (!isThere) emitter.on('error' as never, listener as never);
  return emitter;
}

function ignoreError(): void {}
