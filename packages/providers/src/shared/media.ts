import { isJsonObject } from '@portico/core';
import { type Codec, type StreamDecoder, type StreamSink, usageOfAnswer } from '@portico/core/provider';
import { type ClassifyRules, classifyOpenAiError } from './classify-openai-error.js';
import { errorFactsOf } from './error-facts.js';
import { errorInside } from './error-inside.js';
import { parseJson } from './parse-json.js';

/** Audio and images in OpenAI's API: body or form are forwarded unchanged except for the model name. */
export function mediaCodec(vendor: ClassifyRules): Codec {
  return {
    encode: (request, target) => ({ ...request, model: target.model }),
    openStream: () => new MediaDecoder(vendor),
  };
}

/** The event that completes an answer and carries its usage. */
const LAST_EVENTS = new Set([
  'transcript.text.done',
  'speech.audio.done',
  'image_generation.completed',
  'image_edit.completed',
]);

/** Reads streams whose events have their kind in `type`. */
class MediaDecoder implements StreamDecoder {
  readonly #vendor: ClassifyRules;
  #over = false;

  constructor(vendor: ClassifyRules) {
    this.#vendor = vendor;
  }

  event(data: string, name: string | undefined, out: StreamSink): void {
    if (this.#over || data === '' || data.startsWith('[DONE]')) return;
    const event = parseJson(data);
    if (name === 'error' || (isJsonObject(event) && (event.type === 'error' || errorFactsOf(event) !== undefined))) {
      this.#over = true;
      return out.fail(classifyOpenAiError(errorInside(event, data), this.#vendor));
    }
    if (!isJsonObject(event)) return out.malformed();
    if (typeof event.delta === 'string') out.produced(event.delta.length);
    const usage = usageOfAnswer(event.usage);
    if (usage !== undefined) out.usage(usage, data);
    const done = LAST_EVENTS.has(String(event.type));
    const carries = event.delta ?? event.audio ?? event.b64_json;
    out.chunk(data, done || typeof carries === 'string');
    if (!done) return;
    this.#over = true;
    out.done();
  }

  // Without its last event an answer is not complete.
  end(): void {}
}
