import { GatewayError, isJsonObject, type JsonObject } from '@portico/core';
import type { EncodeTarget, StreamDecoder, StreamSink } from '@portico/core/provider';
import { errorInside } from '../shared/error-inside.js';
import { parseJson } from '../shared/parse-json.js';
import { annotationsFromGrounding } from './annotations-from-grounding.js';
import { unreadableCall, withoutCandidates } from './answer-failures.js';
import { callIds, candidatesOf, idOf, partsOf, serviceTier } from './answer-to-chat.js';
import { CandidateReader, type ChatDeltaSink } from './candidate-reader.js';
import { classify } from './classify.js';
import { FINDINGS, finishToChat, isBrokenCall } from './finish-to-chat.js';
import { tokensOf } from './logprobs-to-chat.js';
import { updateUsage, usageToChat } from './usage-to-chat.js';

/**
 * Translates a generateContent stream to chunks of a chat completion, as events or as one JSON array. Thoughts are
 * sent as `delta.reasoning_content`, calls once they are complete. What a client must send back for the next turn is
 * sent once, in the `provider_specific_fields` of the last delta. The API has no terminal event: the answer is
 * complete when the stream closes after every candidate had its finish reason.
 */
export function createChatStream(target: EncodeTarget, providerName: string): StreamDecoder {
  return new GenerateContentDecoder(target, providerName);
}

class GenerateContentDecoder implements StreamDecoder {
  readonly #target: EncodeTarget;
  readonly #providerName: string;
  readonly #choices = new Map<number, OpenChoice>();
  /** The part of a chunk before its choices; empty until the first frame. */
  #head = '';
  /** The latest frame without a candidate, which may contain the reason. */
  #empty: JsonObject | undefined;
  #usage: JsonObject = {};
  #isOver = false;

  constructor(target: EncodeTarget, providerName: string) {
    this.#target = target;
    this.#providerName = providerName;
  }

  event(data: string, _name: string | undefined, out: StreamSink): void {
    // Some routers add OpenAI's terminator to this API.
    if (this.#isOver || data.startsWith('[DONE]')) return;
    const event = parseJson(data);
    // Without `alt=sse` the API sends an array of what would be events, and wraps errors in one too.
    const frames = Array.isArray(event) ? (event as unknown[]) : [event];
    for (const frame of frames) {
      if (this.#isOver) return;
      if (isJsonObject(frame)) this.#frame(frame, data, out);
      else out.malformed();
    }
  }

  end(out: StreamSink): void {
    if (this.#isOver) return;
    const choices = [...this.#choices.values()];
    if (choices.length === 0) {
      if (this.#empty !== undefined) this.#fail(withoutCandidates(this.#empty, this.#providerName), out);
      return;
    }
    // Usage until then is billed, however the stream ended (R-SP-4).
    this.#sendUsage(out);
    if (choices.some(({ ending }) => ending === undefined)) return;
    this.#isOver = true;
    for (const choice of choices) {
      const failure = choice.finish(out);
      if (failure !== undefined) return out.fail(failure);
    }
    out.done();
  }

  #sendUsage(out: StreamSink): void {
    const usage = this.#head === '' ? undefined : usageToChat(this.#usage);
    if (usage === undefined) return;
    out.usage(usage.buckets, `${this.#head},"choices":[],"usage":${JSON.stringify(usage.shown)}}`);
  }

  #frame(frame: JsonObject, text: string, out: StreamSink): void {
    if (isJsonObject(frame.error)) {
      return this.#fail(classify(errorInside(frame, text), this.#providerName), out);
    }
    this.#usage = updateUsage(this.#usage, frame.usageMetadata);
    const candidates = candidatesOf(frame);
    if (candidates.length === 0) {
      this.#empty = this.#empty?.promptFeedback === undefined ? frame : this.#empty;
      return;
    }
    this.#begin(frame);
    candidates.forEach((candidate, place) => {
      const index = typeof candidate.index === 'number' ? candidate.index : place;
      this.#choiceAt(index, frame, out).take(candidate, out);
    });
  }

  #begin(frame: JsonObject): void {
    if (this.#head !== '') return;
    const fields = JSON.stringify({
      id: idOf(frame, this.#target),
      object: 'chat.completion.chunk',
      created: this.#target.createdAt,
      model: frame.modelVersion ?? this.#target.model,
      ...serviceTier(frame.usageMetadata),
    });
    this.#head = fields.slice(0, -1);
  }

  #choiceAt(index: number, frame: JsonObject, out: StreamSink): OpenChoice {
    let choice = this.#choices.get(index);
    if (choice === undefined) {
      const opening = `${this.#head},"choices":[{"index":${index},"delta":`;
      choice = new OpenChoice(opening, callIds(frame, this.#target, index), this.#providerName, out);
      this.#choices.set(index, choice);
    }
    return choice;
  }

  #fail(failure: GatewayError, out: StreamSink): void {
    this.#isOver = true;
    this.#sendUsage(out);
    out.fail(failure);
  }
}

const UNFINISHED = ',"logprobs":null,"finish_reason":null}]}';

/** One of the answers of a stream. */
class OpenChoice {
  readonly #opening: string;
  readonly #reader: CandidateReader;
  readonly #providerName: string;
  /** The candidate's metadata; the last value counts. */
  readonly #metadata: JsonObject = {};
  readonly #sink: ChatDeltaSink;
  #hasContent = false;
  /** The whole text: the vendor reports its sources at the end, by positions in it. */
  #text = '';
  /** Why it ended; undefined while it is streaming. */
  ending: unknown = undefined;

  constructor(opening: string, ids: string, providerName: string, out: StreamSink) {
    this.#opening = opening;
    this.#reader = new CandidateReader(ids);
    this.#providerName = providerName;
    this.#sink = this.#sinkFor(out);
    out.chunk(`${opening}{"role":"assistant","content":""}${UNFINISHED}`, false);
  }

  take(candidate: JsonObject, out: StreamSink): void {
    for (const part of partsOf(candidate)) if (!this.#reader.read(part, this.#sink)) out.malformed();
    const tokens = tokensOf(candidate.logprobsResult);
    if (tokens.length > 0) {
      const logprobs = JSON.stringify({ content: tokens, refusal: null });
      out.chunk(`${this.#opening}{},"logprobs":${logprobs},"finish_reason":null}]}`, false);
    }
    for (const name of FINDINGS) if (candidate[name] !== undefined) this.#metadata[name] = candidate[name];
    if (candidate.finishReason) {
      this.ending = candidate.finishReason;
      this.#metadata.finishReason = candidate.finishReason;
      this.#metadata.finishMessage = candidate.finishMessage;
    }
  }

  /** Sends the end, or returns the failure that it means. */
  finish(out: StreamSink): GatewayError | undefined {
    if (this.#reader.isWithinCall) {
      // Half a call must not look like a complete one (f41). If the output limit cut it, the finish reason says so.
      if (this.#reader.hasLostArguments) {
        return new GatewayError('upstream_error', `The stream of ${this.#providerName} lost a part of a tool call.`);
      }
      this.#reader.endCall(this.#sink);
    }
    if (!this.#hasContent && isBrokenCall(this.ending)) return unreadableCall(this.ending, this.#providerName);
    const annotations = annotationsFromGrounding(this.#metadata.groundingMetadata, this.#text);
    const { replayState } = this.#reader;
    if (replayState !== undefined || annotations.length > 0) {
      this.#send(
        JSON.stringify({
          ...(annotations.length === 0 ? {} : { annotations }),
          ...(replayState === undefined ? {} : { provider_specific_fields: replayState }),
        }),
        out,
      );
    }
    const finish = JSON.stringify({ logprobs: null, ...finishToChat(this.#metadata, this.#reader.hasCalls) });
    out.chunk(`${this.#opening}{},${finish.slice(1)}]}`, false);
    return undefined;
  }

  #sinkFor(out: StreamSink): ChatDeltaSink {
    return {
      text: (text) => {
        this.#text += text;
        out.produced(text.length);
        this.#send(`{"content":${JSON.stringify(text)}}`, out);
      },
      reasoning: (text) => {
        out.produced(text.length);
        out.chunk(`${this.#opening}{"reasoning_content":${JSON.stringify(text)}}${UNFINISHED}`, true);
      },
      call: (call, index) => {
        out.produced((call.function as { arguments: string }).arguments.length); // `CandidateReader` writes them
        this.#send(JSON.stringify({ tool_calls: [{ index, ...call }] }), out);
      },
      image: (image) => this.#send(JSON.stringify({ images: [image] }), out),
      audio: (data) => this.#send(JSON.stringify({ audio: { data } }), out),
    };
  }

  #send(delta: string, out: StreamSink): void {
    this.#hasContent = true;
    out.chunk(`${this.#opening}${delta}${UNFINISHED}`, true);
  }
}
