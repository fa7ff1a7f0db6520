import type { Framing } from '@portico/core/provider';
import { parseJson } from './parse-json.js';

/** Streams of JSON with one value per line (https://github.com/ndjson/ndjson-spec). */
export const jsonLinesFraming: Framing = {
  contentType: 'application/x-ndjson',
  open(onEvent) {
    const utf8 = new TextDecoder();
    /** The beginning of an incomplete line. */
    let held = '';
    return (chunk) => {
      const lines = (held + utf8.decode(chunk, { stream: true })).split('\n');
      const last = lines.pop() as string; // a split has at least one part
      for (const line of lines) if (line.trim() !== '') onEvent(line.trim(), undefined);
      // Some servers in between lose the final line break: a complete object needs none.
      const isWhole = last.endsWith('}') && parseJson(last) !== undefined;
      if (isWhole) onEvent(last, undefined);
      held = isWhole ? '' : last;
    };
  },
};
