import {
  type EncodeTarget,
  GatewayError,
  isJsonObject,
  type JsonObject,
  type StreamDecoder,
  type StreamSink,
} from '@portico/core';
import { errorInside } from '../shared/error-inside.js';
import { parseJson } from '../shared/parse-json.js';
import { annotationsFromGrounding } from './annotations-from-grounding.js';
import { unreadableCall, withoutCandidates } from './answer-failures.js';
import { callIds, candidatesOf, idOf, partsOf, serviceTier } from './answer-to-chat.js';
import { CandidateReader, type Teller } from './candidate-reader.js';
import { classify } from './classify.js';
import { FINDINGS, finishToChat, isBrokenCall } from './finish-to-chat.js';
import { tokensOf } from './logprobs-to-chat.js';
import { updateUsage, usageToChat } from './usage-to-chat.js';

/**
 * Reads a stream of generateContent into chunks of a chat completion, be it of events or one array of JSON. Thoughts come
 * as `delta.reasoning_content`, calls whole. What a client must send back for the next turn comes once, in the
 * `provider_specific_fields` of the last delta. The wire has no terminal event: the answer is complete when the stream
 * closes after every candidate said why it ended.
 */
export function openChatStream(target: EncodeTarget, who: string): StreamDecoder {
  return new GenerateContentDecoder(target, who);
}

class GenerateContentDecoder implements StreamDecoder {
  readonly #target: EncodeTarget;
  readonly #who: string;
  readonly #choices = new Map<number, OpenChoice>();
  /** Everything of a chunk before its choices; empty until the first frame. */
  #head = '';
  /** The latest frame without any candidate, which may say why there is none. */
  #empty: JsonObject | undefined;
  #usage: JsonObject = {};
  #isOver = false;

  constructor(target: EncodeTarget, who: string) {
    this.#target = target;
    this.#who = who;
  }

  event(data: string, _name: string | undefined, out: StreamSink): void {
    // Some routers add OpenAI's terminator to this wire.
    if (this.#isOver || data.startsWith('[DONE]')) return;
    const event = parseJson(data);
    // Without `alt=sse` the wire sends an array of what would be events, and wraps errors in one too.
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
      if (this.#empty !== undefined) this.#fail(withoutCandidates(this.#empty, this.#who), out);
      return;
    }
    // What was used until then is billed, however the stream ended (R-SP-4).
    this.#tellUsage(out);
    if (choices.some(({ ending }) => ending === undefined)) return;
    this.#isOver = true;
    for (const choice of choices) {
      const failure = choice.finish(out);
      if (failure !== undefined) return out.fail(failure);
    }
    out.done();
  }

  #tellUsage(out: StreamSink): void {
    const usage = this.#head === '' ? undefined : usageToChat(this.#usage);
    if (usage === undefined) return;
    out.usage(usage.buckets, `${this.#head},"choices":[],"usage":${JSON.stringify(usage.shown)}}`);
  }

  #frame(frame: JsonObject, text: string, out: StreamSink): void {
    if (isJsonObject(frame.error)) {
      return this.#fail(classify(errorInside(frame, text), this.#who), out);
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
      choice = new OpenChoice(opening, callIds(frame, this.#target, index), this.#who, out);
      this.#choices.set(index, choice);
    }
    return choice;
  }

  #fail(failure: GatewayError, out: StreamSink): void {
    this.#isOver = true;
    this.#tellUsage(out);
    out.fail(failure);
  }
}

const UNFINISHED = ',"logprobs":null,"finish_reason":null}]}';

/** One of the answers of a stream. */
class OpenChoice {
  readonly #opening: string;
  readonly #reader: CandidateReader;
  readonly #who: string;
  /** What the candidate said besides its content; the last word counts. */
  readonly #said: JsonObject = {};
  readonly #teller: Teller;
  #hasContent = false;
  /** All of the text: the vendor says at the end what it rests on, by places in it. */
  #text = '';
  /** Why it ended; undefined while it goes on. */
  ending: unknown = undefined;

  constructor(opening: string, ids: string, who: string, out: StreamSink) {
    this.#opening = opening;
    this.#reader = new CandidateReader(ids);
    this.#who = who;
    this.#teller = this.#tellerTo(out);
    out.chunk(`${opening}{"role":"assistant","content":""}${UNFINISHED}`, false);
  }

  take(candidate: JsonObject, out: StreamSink): void {
    for (const part of partsOf(candidate)) if (!this.#reader.read(part, this.#teller)) out.malformed();
    const tokens = tokensOf(candidate.logprobsResult);
    if (tokens.length > 0) {
      const logprobs = JSON.stringify({ content: tokens, refusal: null });
      out.chunk(`${this.#opening}{},"logprobs":${logprobs},"finish_reason":null}]}`, false);
    }
    for (const name of FINDINGS) if (candidate[name] !== undefined) this.#said[name] = candidate[name];
    if (candidate.finishReason) {
      this.ending = candidate.finishReason;
      this.#said.finishReason = candidate.finishReason;
      this.#said.finishMessage = candidate.finishMessage;
    }
  }

  /** Tells the end, or gives the failure that it is. */
  finish(out: StreamSink): GatewayError | undefined {
    if (this.#reader.isWithinCall) {
      // Half a call must not look like a whole one (f41). Cut by the bound of the answer it may be; the finish says so.
      if (this.#reader.hasLostArguments) {
        return new GatewayError('upstream_error', `The stream of ${this.#who} lost a part of a tool call.`);
      }
      this.#reader.endCall(this.#teller);
    }
    if (!this.#hasContent && isBrokenCall(this.ending)) return unreadableCall(this.ending, this.#who);
    const annotations = annotationsFromGrounding(this.#said.groundingMetadata, this.#text);
    const { carried } = this.#reader;
    if (carried !== undefined || annotations.length > 0) {
      this.#tell(
        JSON.stringify({
          ...(annotations.length === 0 ? {} : { annotations }),
          ...(carried === undefined ? {} : { provider_specific_fields: carried }),
        }),
        out,
      );
    }
    const finish = JSON.stringify({ logprobs: null, ...finishToChat(this.#said, this.#reader.hasCalls) });
    out.chunk(`${this.#opening}{},${finish.slice(1)}]}`, false);
    return undefined;
  }

  #tellerTo(out: StreamSink): Teller {
    return {
      text: (text) => {
        this.#text += text;
        out.produced(text.length);
        this.#tell(`{"content":${JSON.stringify(text)}}`, out);
      },
      reasoning: (text) => {
        out.produced(text.length);
        out.chunk(`${this.#opening}{"reasoning_content":${JSON.stringify(text)}}${UNFINISHED}`, true);
      },
      call: (call, index) => {
        out.produced((call.function as { arguments: string }).arguments.length); // `CandidateReader` writes them
        this.#tell(JSON.stringify({ tool_calls: [{ index, ...call }] }), out);
      },
      image: (image) => this.#tell(JSON.stringify({ images: [image] }), out),
      audio: (data) => this.#tell(JSON.stringify({ audio: { data } }), out),
    };
  }

  #tell(delta: string, out: StreamSink): void {
    this.#hasContent = true;
    out.chunk(`${this.#opening}${delta}${UNFINISHED}`, true);
  }
}
