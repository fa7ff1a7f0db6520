import { createParser, type EventSourceParser } from 'eventsource-parser';
import type { BytesReader, Told } from '../errand.js';
import { isJsonObject, type JsonObject } from '../json.js';
import type { Provider } from '../provider.js';
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
  readonly #toldBy: Provider['toldBy'];
  #toldInItsOwnShape: Told | undefined;

  constructor(contentType: string, toldBy?: Provider['toldBy']) {
    this.#toldBy = toldBy;
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
    // Gemini streams an array where it is not asked for events.
    if (this.#text !== '') for (const answer of [parse(this.#text)].flat()) this.#read(answer);
    if (this.#toldInItsOwnShape !== undefined) return this.#toldInItsOwnShape;
    const usage = this.#isMessage ? usageOfMessages(this.#usage) : usageOfAnswer(this.#usage);
    return usage && { usage, model: this.#model };
  }

  #event(data: string): void {
    // Only events that name it, and there is one or two in a stream, are parsed.
    if (!data.includes('"usage')) return;
    const event = parse(data);
    if (!isJsonObject(event)) return;
    this.#read(isJsonObject(event.response) ? event.response : isJsonObject(event.message) ? event.message : event);
    if (event.type === 'message_start' || event.type === 'message_delta') this.#isMessage = true;
  }

  /** Of several the last word counts, field by field. */
  #read(answer: unknown): void {
    if (!isJsonObject(answer)) return;
    this.#toldInItsOwnShape = this.#toldBy?.(answer) ?? this.#toldInItsOwnShape;
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
