import type { StreamDecoder, StreamSink } from '@portico/core';
import { classifyException } from './classify.js';
import { EXCEPTION } from './event-stream-framing.js';

/** A decoder that need not know of the exceptions by which AWS breaks off a stream. */
export function guarded(decoder: StreamDecoder, who?: string): StreamDecoder {
  let isOver = false;
  return {
    event(data: string, name: string | undefined, out: StreamSink) {
      if (isOver) return;
      if (name !== EXCEPTION) return decoder.event(data, name, out);
      isOver = true;
      out.fail(classifyException(data, who));
    },
    end(out: StreamSink) {
      if (!isOver) decoder.end(out);
    },
    ...(decoder.plainCharacters && {
      plainCharacters: (event: Uint8Array) => decoder.plainCharacters?.(event) ?? 0,
    }),
  };
}
