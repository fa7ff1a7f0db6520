import { createParser, type EventSourceParser } from 'eventsource-parser';
import { isJsonObject, type JsonObject } from '../encoding/json.js';
import type { BytesReader, ReportedUsage } from '../operations/pinned-request.js';
import type { Provider } from '../provider.js';
import { usageOfAnswer } from '../usage/usage-of-answer.js';
import { usageOfMessages } from '../usage/usage-of-messages.js';

/** A longer answer is not checked: no JSON answer of a model is longer. */
const LONGEST_ANSWER = 4 * 1024 * 1024;

/** Finds the usage in an answer that passes, if it has one of the usual formats. */
export class UsageReader implements BytesReader {
  readonly #utf8 = new TextDecoder();
  readonly #events: EventSourceParser | undefined;
  readonly #isJson: boolean;
  #text = '';
  #tooLong = false;
  #model: string | undefined;
  #usage: JsonObject | undefined;
  #isMessage = false;
  readonly #readReportedUsage: Provider['readReportedUsage'];
  #toldInItsOwnShape: ReportedUsage | undefined;

  constructor(contentType: string, readReportedUsage?: Provider['readReportedUsage']) {
    this.#readReportedUsage = readReportedUsage;
    this.#isJson = /\bjson\b/.test(contentType);
    if (!contentType.startsWith('text/event-stream')) return;
    this.#events = createParser({
      onEvent: ({ data }) => this.#event(data),
      maxBufferSize: LONGEST_ANSWER,
      onError: ({ type }) => {
        if (type === 'max-buffer-size-exceeded') this.#tooLong = true;
      },
    });
  }

  observe(bytes: Uint8Array): void {
    if (this.#tooLong || (this.#events === undefined && !this.#isJson)) return;
    const text = this.#utf8.decode(bytes, { stream: true });
    if (this.#events !== undefined) return this.#events.feed(text);
    this.#text += text;
    if (this.#text.length <= LONGEST_ANSWER) return;
    this.#tooLong = true;
    this.#text = '';
  }

  result(): ReportedUsage | undefined {
    // Gemini streams an array unless events are requested.
    if (this.#text !== '') for (const answer of [parse(this.#text)].flat()) this.#read(answer);
    if (this.#toldInItsOwnShape !== undefined) return this.#toldInItsOwnShape;
    const usage = this.#isMessage ? usageOfMessages(this.#usage) : usageOfAnswer(this.#usage);
    return usage && { usage, model: this.#model };
  }

  #event(data: string): void {
    // Only events that contain usage are parsed; there are one or two per stream.
    if (!data.includes('"usage')) return;
    const event = parse(data);
    if (!isJsonObject(event)) return;
    this.#read(isJsonObject(event.response) ? event.response : isJsonObject(event.message) ? event.message : event);
    if (event.type === 'message_start' || event.type === 'message_delta') this.#isMessage = true;
  }

  /** Of several reports the last one counts, field by field. */
  #read(answer: unknown): void {
    if (!isJsonObject(answer)) return;
    this.#toldInItsOwnShape = this.#readReportedUsage?.(answer) ?? this.#toldInItsOwnShape;
    if (!isJsonObject(answer.usage)) return;
    if (typeof answer.model === 'string') this.#model = answer.model;
    if (answer.type === 'message') this.#isMessage = true;
    this.#usage = { ...this.#usage, ...answer.usage };
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
