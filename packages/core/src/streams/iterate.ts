import type { Cancellation } from '../cancellation.js';
import type { ByteSource } from '../transport.js';

/** Pushed bytes as an async iterable: at most one chunk is buffered. Leaving the loop cancels the source. */
export async function* iterate(source: ByteSource, cancellation: Cancellation): AsyncGenerator<Uint8Array, void> {
  let waiting: Uint8Array[] = [];
  let failure: { readonly error: unknown } | undefined;
  let over = false;
  let wake = () => {};
  const forget = cancellation.onCancel((error) => {
    failure ??= { error };
    wake();
  });
  source.start({
    bytes(chunk) {
      waiting.push(chunk);
      source.pause();
      wake();
    },
    end() {
      over = true;
      wake();
    },
    fail(error) {
      failure ??= { error };
      wake();
    },
  });
  try {
    for (;;) {
      const pieces = waiting;
      waiting = [];
      yield* pieces;
      if (waiting.length > 0) continue;
      if (failure !== undefined) throw failure.error;
      if (over) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
        source.resume();
        if (waiting.length > 0 || over || failure !== undefined) resolve();
      });
    }
  } finally {
    forget();
    if (!over) source.cancel('the reader stopped reading');
  }
}
