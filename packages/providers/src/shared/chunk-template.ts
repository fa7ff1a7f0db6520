import { isJsonObject, type JsonObject } from '@portico/core';

/** Chunks looked at for a template before a stream counts as one that has none. */
const LOOKS = 8;
const PROBE = 'probe';

/**
 * Most chunks of a stream differ from each other in their piece of text and in nothing else. Once one of them was parsed,
 * the next that begins and ends alike, with plain text between, is known without parsing: parsing is the dearest thing a
 * chunk on the same wire costs.
 */
export class ChunkTemplate {
  readonly #holder: 'delta' | 'text';
  #before: string | undefined;
  #after = '';
  #looks = 0;

  constructor(holder: 'delta' | 'text') {
    this.#holder = holder;
  }

  /** How many characters of text a chunk carries that is like those before; 0 if it must be parsed. */
  charactersOf(data: string): number {
    const before = this.#before;
    if (before === undefined) return 0;
    const end = data.length - this.#after.length;
    // Compared as slices: V8 compares whole strings by memory, but what a string starts with character by character.
    if (end <= before.length || data.slice(0, before.length) !== before || data.slice(end) !== this.#after) return 0;
    return isPlain(data, before.length, end) ? end - before.length : 0;
  }

  /** Learns from a chunk that was parsed and carries text in its only choice and nothing else worth noting. */
  learn(data: string, choice: JsonObject): void {
    if (this.#before !== undefined || this.#looks === LOOKS) return;
    const text = textOf(choice, this.#holder);
    if (text === undefined || !isPlain(text, 0, text.length) || text === '') return;
    this.#looks += 1;
    const spelled = `"${text}"`;
    const at = data.indexOf(spelled);
    if (at < 0 || data.indexOf(spelled, at + 1) >= 0) return;
    const before = data.slice(0, at + 1);
    const after = data.slice(at + 1 + text.length);
    // Something else could be spelled like the text; a chunk with other text there tells.
    if (textIn(`${before}${PROBE}${after}`, this.#holder) !== PROBE) return;
    this.#before = before;
    this.#after = after;
  }
}

function textIn(data: string, holder: 'delta' | 'text'): string | undefined {
  const { choices } = JSON.parse(data) as { choices?: unknown };
  const choice: unknown = Array.isArray(choices) ? choices[0] : undefined;
  return isJsonObject(choice) ? textOf(choice, holder) : undefined;
}

/** The text of a choice that carries text alone. */
function textOf(choice: JsonObject, holder: 'delta' | 'text'): string | undefined {
  if (choice.finish_reason) return undefined;
  if (holder === 'text') return typeof choice.text === 'string' ? choice.text : undefined;
  const { delta } = choice;
  if (!isJsonObject(delta) || typeof delta.content !== 'string') return undefined;
  for (const name in delta) if (name !== 'content' && name !== 'role' && delta[name]) return undefined;
  return delta.content;
}

/** Whether this much of a JSON string is spelled without escapes, and as JSON allows (RFC 8259 §7). */
function isPlain(data: string, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) {
    const code = data.charCodeAt(at);
    if (code === 0x22 || code === 0x5c || code < 0x20) return false;
  }
  return true;
}
