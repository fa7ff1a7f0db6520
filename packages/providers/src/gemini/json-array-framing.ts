import type { Framing } from '@portico/core';

/**
 * Streams that come as one array of JSON, an element at a time: what the wire sends where a server in between lost the
 * `alt=sse` of the address. A body that is no array is one event.
 */
export const jsonArrayFraming: Framing = {
  contentType: 'application/json',
  open(onEvent) {
    const utf8 = new TextDecoder();
    /** The beginning of an element that is not whole yet. */
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
