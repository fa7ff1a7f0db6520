import { BRIDGED_REASONING } from '../encoding/bridged-reasoning.js';
import { isJsonObject, type JsonObject } from '../encoding/json.js';

/** Signed thinking of a chat message as the opaque text of a reasoning item, byte for byte. */
export function encodeThinking(blocks: readonly JsonObject[]): string {
  return BRIDGED_REASONING + JSON.stringify(blocks);
}

/** The blocks that were encoded; none if another vendor encrypted them. */
export function decodeThinking(sealed: unknown): readonly JsonObject[] {
  if (typeof sealed !== 'string' || !sealed.startsWith(BRIDGED_REASONING)) return [];
  try {
    const blocks: unknown = JSON.parse(sealed.slice(BRIDGED_REASONING.length));
    return Array.isArray(blocks) ? (blocks as unknown[]).filter(isJsonObject) : [];
  } catch {
    return [];
  }
}
