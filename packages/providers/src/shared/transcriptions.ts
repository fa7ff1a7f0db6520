import { type Codec, isJsonObject, type StreamDecoder, type StreamSink, usageOfAnswer } from '@portico/core';
import { type ClassifyRules, classifyOpenAiError } from './classify-openai-error.js';
import { errorFactsOf } from './error-facts.js';

/** Transcriptions on OpenAI's wire: the form leaves as it came but for the model's name. */
export function transcriptionCodec(vendor: ClassifyRules): Codec {
  return {
    encode: (request, target) => ({ ...request, model: target.model }),
    openStream: () => new TranscriptDecoder(vendor),
  };
}

/** Reads `transcript.text.delta` and `transcript.text.done`; the latter completes the answer and carries its usage. */
class TranscriptDecoder implements StreamDecoder {
  readonly #vendor: ClassifyRules;
  #over = false;

  constructor(vendor: ClassifyRules) {
    this.#vendor = vendor;
  }

  event(data: string, name: string | undefined, out: StreamSink): void {
    if (this.#over || data === '' || data.startsWith('[DONE]')) return;
    const event = parse(data);
    if (name === 'error' || (isJsonObject(event) && (event.type === 'error' || errorFactsOf(event) !== undefined))) {
      this.#over = true;
      const answer = { status: 200, headers: { get: () => undefined }, body: event, text: data };
      return out.fail(classifyOpenAiError(answer, this.#vendor));
    }
    if (!isJsonObject(event)) return out.malformed();
    if (typeof event.delta === 'string') out.produced(event.delta.length);
    const usage = usageOfAnswer(event.usage);
    if (usage !== undefined) out.usage(usage, data);
    const done = event.type === 'transcript.text.done';
    out.chunk(data, done || typeof event.delta === 'string');
    if (!done) return;
    this.#over = true;
    out.done();
  }

  // Without its last event an answer is not complete.
  end(): void {}
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}
