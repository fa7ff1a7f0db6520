import { createParser, type EventSourceParser } from 'eventsource-parser';
import type { BytesReader, Told } from '../errand.js';
import { isJsonObject, type JsonObject } from '../json.js';
import { usageOfAnswer } from '../usage-of-answer.js';
import { usageOfMessages } from '../usage-of-messages.js';

/** An answer that is longer is not looked at: no answer of a model in JSON is. */
const LONGEST_ANSWER = 4 * 1024 * 1024;

/** Finds in passing what an answer says it took, where it is one of a shape that models' answers have. */
export class UsageReader implements BytesReader {
  readonly #utf8 = new TextDecoder();
  readonly #events: EventSourceParser | undefined;
  readonly #isJson: boolean;
  #text = '';
  #tooLong = false;
  #model: string | undefined;
  #usage: JsonObject | undefined;
  #isMessage = false;

  constructor(contentType: string) {
    this.#isJson = /\bjson\b/.test(contentType);
    if (!contentType.startsWith('text/event-stream')) return;
    this.#events = createParser({ onEvent: ({ data }) => this.#event(data) });
  }

  see(bytes: Uint8Array): void {
    if (this.#tooLong || (this.#events === undefined && !this.#isJson)) return;
    const text = this.#utf8.decode(bytes, { stream: true });
    if (this.#events !== undefined) return this.#events.feed(text);
    this.#text += text;
    if (this.#text.length <= LONGEST_ANSWER) return;
    this.#tooLong = true;
    this.#text = '';
  }

  told(): Told | undefined {
    if (this.#text !== '') this.#read(parse(this.#text));
    const usage = this.#isMessage ? usageOfMessages(this.#usage) : usageOfAnswer(this.#usage);
    return usage && { usage, model: this.#model };
  }

  #event(data: string): void {
    // Only events that name it, and there is one or two in a stream, are parsed.
    if (!data.includes('"usage"')) return;
    const event = parse(data);
    this.#read(isJsonObject(event?.response) ? event.response : isJsonObject(event?.message) ? event.message : event);
    if (event?.type === 'message_start' || event?.type === 'message_delta') this.#isMessage = true;
  }

  /** Of several the last word counts, field by field. */
  #read(answer: JsonObject | undefined): void {
    if (answer === undefined || !isJsonObject(answer.usage)) return;
    if (typeof answer.model === 'string') this.#model = answer.model;
    if (answer.type === 'message') this.#isMessage = true;
    this.#usage = { ...this.#usage, ...answer.usage };
  }
}

function parse(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
