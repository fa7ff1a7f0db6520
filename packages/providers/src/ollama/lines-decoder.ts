import { isJsonObject, type JsonObject } from '@portico/core';
import type { StreamDecoder, StreamSink } from '@portico/core/provider';
import { errorInside } from '../shared/error-inside.js';
import { parseJson } from '../shared/parse-json.js';
import { classify } from './classify.js';

/** The handling of the lines of one stream. */
export interface LineReader {
  /** Every line that is part of the answer, including the last one. */
  line(line: JsonObject, out: StreamSink): void;
  /** The last line, with the finish reason. */
  end(line: JsonObject, out: StreamSink): void;
}

/** Reads streams of lines, of which the last one is `done`. A line may be an error. */
export class LinesDecoder implements StreamDecoder {
  readonly #reader: LineReader;
  #isOver = false;

  constructor(reader: LineReader) {
    this.#reader = reader;
  }

  event(data: string, _name: string | undefined, out: StreamSink): void {
    if (this.#isOver) return;
    const line = parseJson(data);
    if (!isJsonObject(line)) return out.malformed();
    if (line.error !== undefined && line.error !== null && line.error !== '') {
      this.#isOver = true;
      return out.fail(classify(errorInside(line, data)));
    }
    this.#reader.line(line, out);
    if (line.done !== true) return;
    this.#isOver = true;
    this.#reader.end(line, out);
    out.done();
  }

  // Only its last line completes an answer.
  end(): void {}
}
