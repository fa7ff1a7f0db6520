import type { StreamDecoder, StreamSink } from '@portico/core/provider';
import { classifyException } from './classify.js';
import { EXCEPTION } from './event-stream-framing.js';

/** A decoder that need not handle the exceptions with which AWS ends a stream. */
export function guarded(decoder: StreamDecoder, providerName?: string): StreamDecoder {
  let isOver = false;
  return {
    event(data: string, name: string | undefined, out: StreamSink) {
      if (isOver) return;
      if (name !== EXCEPTION) return decoder.event(data, name, out);
      isOver = true;
      out.fail(classifyException(data, providerName));
    },
    end(out: StreamSink) {
      if (!isOver) decoder.end(out);
    },
    ...(decoder.plainCharacters && {
      plainCharacters: (event: Uint8Array) => decoder.plainCharacters?.(event) ?? 0,
    }),
  };
}
