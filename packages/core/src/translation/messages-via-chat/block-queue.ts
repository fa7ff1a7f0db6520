import { isJsonObject, type JsonObject } from '../../encoding/json.js';

interface Block {
  readonly kind: 'thinking' | 'text' | 'tool_use';
  /** What opens it; its deltas follow. */
  readonly start: JsonObject;
  /** Deltas that wait until the block is open. */
  waiting: JsonObject[];
  /** The arguments of a call so far. */
  given: string;
  /** Nothing more comes. */
  isSealed: boolean;
}

/**
 * The content blocks of a streamed message, strictly one after another, as the Messages API sends them: official
 * clients know one open block. Chat completions may interleave calls; then the later block waits until the arguments
 * of the open call are complete, at the latest until the end.
 */
export class BlockQueue {
  readonly #send: (event: JsonObject) => void;
  /** The first is open, the others wait. */
  readonly #blocks: Block[] = [];
  /** Blocks of calls by the index of the call. */
  readonly #calls = new Map<unknown, Block>();
  #isOpen = false;
  /** The index of the first. */
  #index = 0;

  constructor(send: (event: JsonObject) => void) {
    this.#send = send;
  }

  get hasCalls(): boolean {
    return this.#calls.size > 0;
  }

  say(text: string): void {
    this.#extend(this.#latest('text') ?? this.#add('text', { type: 'text', text: '' }), { type: 'text_delta', text });
  }

  think(thinking: string): void {
    const block = this.#latest('thinking') ?? this.#add('thinking', { type: 'thinking', thinking: '', signature: '' });
    this.#extend(block, { type: 'thinking_delta', thinking });
  }

  /** A complete block with its signature: only the signature if its text was already streamed, else all of it. */
  sign(block: JsonObject): void {
    const open = block.type === 'thinking' ? this.#latest('thinking') : undefined;
    const signed = open ?? this.#add('thinking', block);
    if (open !== undefined) this.#extend(open, { type: 'signature_delta', signature: block.signature });
    signed.isSealed = true;
    this.#advance();
  }

  /** A piece of a call, which opens its block if it is the first. */
  call(index: unknown, { id, name }: JsonObject, given: string): void {
    let block = this.#calls.get(index);
    if (block === undefined) {
      block = this.#add('tool_use', { type: 'tool_use', id, name, input: {} });
      this.#calls.set(index, block);
    }
    if (given === '') return;
    block.given += given;
    this.#extend(block, { type: 'input_json_delta', partial_json: given });
    if (this.#blocks.length > 1) this.#advance();
  }

  /** Sends what still waits, and closes the last block. */
  end(): void {
    for (const block of this.#blocks) block.isSealed = true;
    this.#advance();
  }

  #latest(kind: Block['kind']): Block | undefined {
    const last = this.#blocks.at(-1);
    return last?.kind === kind && !last.isSealed ? last : undefined;
  }

  #add(kind: Block['kind'], start: JsonObject): Block {
    const block = { kind, start, waiting: [], given: '', isSealed: false };
    this.#blocks.push(block);
    this.#advance();
    return block;
  }

  #extend(block: Block, delta: JsonObject): void {
    if (block === this.#blocks[0]) this.#send({ type: 'content_block_delta', index: this.#index, delta });
    else block.waiting.push(delta);
  }

  /** Opens the first block, and closes it as soon as nothing more belongs to it. */
  #advance(): void {
    for (let first = this.#blocks[0]; first !== undefined; first = this.#blocks[0]) {
      this.#open(first);
      if (!first.isSealed && (this.#blocks.length === 1 || !isComplete(first))) return;
      this.#send({ type: 'content_block_stop', index: this.#index });
      this.#blocks.shift();
      this.#isOpen = false;
      this.#index += 1;
    }
  }

  #open({ start, waiting }: Block): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#send({ type: 'content_block_start', index: this.#index, content_block: start });
    for (const delta of waiting) this.#send({ type: 'content_block_delta', index: this.#index, delta });
  }
}

/** Whether a block ends where another begins: text and thinking do, a call once its arguments are a whole object. */
function isComplete({ kind, given }: Block): boolean {
  if (kind !== 'tool_use') return true;
  if (!given.trimEnd().endsWith('}')) return false;
  try {
    return isJsonObject(JSON.parse(given));
  } catch {
    return false;
  }
}
