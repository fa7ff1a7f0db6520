import type { Framing } from '@portico/core/provider';

/**
 * Streams in the form of one JSON array, one element at a time: the API sends this if a server in between removed
 * `alt=sse` from the URL. A body that is not an array is one event.
 */
export const jsonArrayFraming: Framing = {
  contentType: 'application/json',
  open(onEvent) {
    const utf8 = new TextDecoder();
    /** The beginning of an incomplete element. */
    let held = '';
    let depth = 0;
    let isInText = false;
    let isEscaped = false;
    return (chunk) => {
      const json = utf8.decode(chunk, { stream: true });
      let start = 0;
      for (let at = 0; at < json.length; at += 1) {
        const character = json[at];
        if (isInText) {
          if (isEscaped) isEscaped = false;
          else if (character === '\\') isEscaped = true;
          else if (character === '"') isInText = false;
        } else if (character === '"') {
          isInText = true;
        } else if (character === '{' || (character === '[' && depth > 0)) {
          if (depth === 0) start = at;
          depth += 1;
        } else if ((character === '}' || character === ']') && depth > 0) {
          depth -= 1;
          if (depth > 0) continue;
          const element = held + json.slice(start, at + 1);
          held = '';
          onEvent(element, undefined);
        }
      }
      if (depth > 0) held += json.slice(start);
    };
  },
};
