import { isJsonObject, type JsonObject } from '@portico/core';

/**
 * Checks whether the fields of a chat message can represent an answer: signed thinking, then text, then calls of the
 * client's own tools. If they cannot (tools that the vendor runs, citations, thinking between calls), a client needs
 * the blocks themselves to send the answer back unchanged, or the vendor rejects the next turn (R-XL-1).
 */
export class ChatOrder {
  #place = 0;
  #isBroken = false;

  /** A block has begun. */
  begin(block: JsonObject): void {
    const place = placeOf(block);
    if (place === undefined || place < this.#place) this.#isBroken = true;
    else this.#place = place;
  }

  /** A block is complete. */
  end(block: JsonObject): void {
    if (Array.isArray(block.citations) && block.citations.length > 0) this.#isBroken = true;
  }

  get isBroken(): boolean {
    return this.#isBroken;
  }
}

function placeOf(block: JsonObject): number | undefined {
  switch (block.type) {
    case 'thinking':
    case 'redacted_thinking':
      return 0;
    case 'text':
      return 1;
    case 'tool_use':
      // Called by code that the vendor runs: the call belongs to that code.
      return isJsonObject(block.caller) && block.caller.type !== 'direct' ? undefined : 2;
    default:
      return undefined;
  }
}
