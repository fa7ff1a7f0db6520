import { isJsonObject, type JsonObject } from '@portico/core';

/** Chunks that are checked for a template before a stream counts as one without. */
const LOOKS = 8;
const PROBE = 'probe';

/**
 * Most chunks of a stream differ only in their text. Once one of them was parsed, the next whose bytes begin and end
 * in the same way, with plain text between, is recognised without decoding or parsing, which is nearly all of the
 * cost of a chunk in the same format.
 */
export class ChunkTemplate {
  readonly #holder: 'delta' | 'text';
  #before: Uint8Array | undefined;
  #after = NOTHING;
  #looks = 0;

  constructor(holder: 'delta' | 'text') {
    this.#holder = holder;
  }

  /** The number of characters of text in an event that matches earlier ones; 0 if it must be parsed. */
  charactersOf(event: Uint8Array): number {
    const before = this.#before;
    if (before === undefined) return 0;
    const start = before.length;
    const end = event.length - this.#after.length;
    if (end <= start || !standsAt(before, event, 0) || !standsAt(this.#after, event, end)) return 0;
    for (let at = start; at < end; at += 1) if (PLAIN[event[at] as number] === 0) return 0;
    return end - start;
  }

  /** Learns from a chunk that was parsed and whose only choice carries only text. */
  learn(data: string, choice: JsonObject): void {
    if (this.#before !== undefined || this.#looks === LOOKS) return;
    const text = textOf(choice, this.#holder);
    if (text === undefined || text === '') return;
    this.#looks += 1;
    const spelled = JSON.stringify(text);
    const at = data.indexOf(spelled);
    if (at < 0 || data.indexOf(spelled, at + 1) >= 0) return;
    const before = data.slice(0, at + 1);
    const after = data.slice(at + spelled.length - 1);
    // Another field could have the same value as the text; a chunk with another text there shows it.
    if (textIn(`${before}${PROBE}${after}`, this.#holder) !== PROBE) return;
    this.#before = UTF8.encode(`data: ${before}`);
    this.#after = UTF8.encode(`${after}\n\n`);
  }
}

const UTF8 = new TextEncoder();
const NOTHING = new Uint8Array(0);

/** The characters that a JSON string may contain unescaped (RFC 8259 §7), of those that are one byte long. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, code) =>
  Number(code >= 0x20 && code < 0x80 && code !== 0x22 && code !== 0x5c),
);

function standsAt(part: Uint8Array, whole: Uint8Array, start: number): boolean {
  for (let at = 0; at < part.length; at += 1) if (part[at] !== whole[start + at]) return false;
  return true;
}

function textIn(data: string, holder: 'delta' | 'text'): string | undefined {
  const { choices } = JSON.parse(data) as { choices?: unknown };
  const choice: unknown = Array.isArray(choices) ? choices[0] : undefined;
  return isJsonObject(choice) ? textOf(choice, holder) : undefined;
}

/** The text of a choice with only text. */
function textOf(choice: JsonObject, holder: 'delta' | 'text'): string | undefined {
  if (choice.finish_reason) return undefined;
  if (holder === 'text') return typeof choice.text === 'string' ? choice.text : undefined;
  const { delta } = choice;
  if (!isJsonObject(delta) || typeof delta.content !== 'string') return undefined;
  for (const name in delta) if (name !== 'content' && name !== 'role' && delta[name]) return undefined;
  return delta.content;
}
