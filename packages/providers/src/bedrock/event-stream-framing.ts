import type { JsonObject } from '@portico/core';
import type { Framing } from '@portico/core/provider';
import { parseObject } from '../shared/parse-json.js';
import { type Frame, FrameCutter } from './frame-cutter.js';

/** The name of an event with an exception; its data is the exception with its `__type`. */
export const EXCEPTION = 'exception';

/**
 * Streams of AWS, in binary frames. An event's name is its `:event-type` and its data the payload; a `chunk` of
 * InvokeModel contains the model's own event, which is unwrapped and has no name.
 */
export const eventStreamFraming: Framing = {
  contentType: 'application/vnd.amazon.eventstream',
  open(onEvent) {
    const cutter = new FrameCutter();
    return (chunk) => {
      cutter.push(chunk);
      for (let frame = cutter.next(); frame !== undefined; frame = cutter.next()) {
        const failure = exceptionIn(frame);
        const name = frame.headers.get(':event-type');
        if (failure !== undefined) onEvent(failure, EXCEPTION);
        else if (name === 'chunk') onEvent(unwrapped(UTF8.decode(frame.payload)), undefined);
        else onEvent(UTF8.decode(frame.payload), name);
      }
    };
  },
};

const UTF8 = new TextDecoder();

/** The exception in a frame, as JSON with its `__type`. */
export function exceptionIn({ headers, payload }: Frame): string | undefined {
  switch (headers.get(':message-type')) {
    case 'exception':
      return exception(headers.get(':exception-type'), parseObject(UTF8.decode(payload)));
    case 'error':
      return exception(headers.get(':error-code'), { message: headers.get(':error-message') });
    default:
      return undefined;
  }
}

function exception(type: string | undefined, said: JsonObject | undefined): string {
  return JSON.stringify({ ...said, __type: type });
}

/** The JSON inside a chunk; the chunk unchanged if there is none, for the decoder to report. */
function unwrapped(data: string): string {
  const bytes = parseObject(data)?.bytes;
  if (typeof bytes !== 'string') return data;
  try {
    return UTF8.decode(Uint8Array.from(atob(bytes), (character) => character.charCodeAt(0)));
  } catch {
    return data;
  }
}
