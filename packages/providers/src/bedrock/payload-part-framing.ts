import type { Framing } from '@portico/core/provider';
import { EXCEPTION, exceptionIn } from './event-stream-framing.js';
import { FrameCutter } from './frame-cutter.js';

/**
 * Streams of SageMaker: the server-sent events of the model's server, in AWS frames that may split them anywhere,
 * even inside a character.
 */
export const payloadPartFraming: Framing = {
  contentType: 'application/vnd.amazon.eventstream',
  open(onEvent) {
    const cutter = new FrameCutter();
    const utf8 = new TextDecoder();
    let held = '';
    return (chunk) => {
      cutter.push(chunk);
      for (let frame = cutter.next(); frame !== undefined; frame = cutter.next()) {
        const failure = exceptionIn(frame);
        if (failure !== undefined) onEvent(failure, EXCEPTION);
        else held += utf8.decode(frame.payload, { stream: true });
      }
      const events = held.split(BLANK_LINE);
      held = events.pop() ?? '';
      for (const event of events) {
        const data = dataOf(event);
        if (data !== '') onEvent(data, undefined);
      }
    };
  },
};

// A carriage return at the very end may be the first half of a line break.
const BLANK_LINE = /\r\n\r\n|\n\n|\r\r(?!\n)/;

function dataOf(event: string): string {
  return event
    .split(/\r\n|\n|\r/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice('data:'.length).replace(/^ /, ''))
    .join('\n');
}
