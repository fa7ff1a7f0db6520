import { isJsonObject } from '../../encoding/json.js';
import type { StreamFormat } from '../../operation.js';

/** Streams of named events; the last one of an answer is part of the answer. */
export const namedEvents: Pick<StreamFormat, 'event' | 'terminator'> = {
  event(json) {
    const line = json.includes('\n') ? json.replaceAll('\n', ' ') : json;
    return `event: ${typeOf(json)}\ndata: ${line}\n\n`;
  },
  terminator: '',
};

/** Every event repeats its name as the `type` of its data, usually first. */
function typeOf(json: string): string {
  const found = /^\{"type":"([\w.]+)"/.exec(json)?.[1];
  if (found !== undefined) return found;
  const event: unknown = JSON.parse(json);
  return isJsonObject(event) && typeof event.type === 'string' ? event.type.replaceAll(/\s/g, '_') : 'message';
}
