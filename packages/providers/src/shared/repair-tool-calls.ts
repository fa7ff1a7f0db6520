import { isJsonObject, type JsonObject } from '@portico/core';

/** What is known of the calls of one choice of a stream. */
export class KnownCalls {
  /** Arguments so far, by the index that clients see. */
  readonly texts = new Map<number, string>();
  readonly byId = new Map<string, number>();
  /** The id and name that clients have, by the index that they see: sent once. */
  readonly heads = new Map<number, ReadonlySet<unknown>>();
  /** The call that continues under each of the vendor's indexes. */
  readonly byIndex = new Map<number, number>();
}

/**
 * Corrects errors of vendors in streamed calls: pieces without an index, several calls with the same, or numbering
 * that does not start at zero; arguments that are not text; names and ids again, or empty, in later pieces: clients
 * that append would read a name twice. True if something was changed.
 */
export function repairToolCalls(calls: readonly unknown[], known: KnownCalls): boolean {
  let changed = false;
  for (const call of calls) {
    if (!isJsonObject(call)) continue;
    changed = repairArguments(call) || changed;
    const index = indexOf(call, known);
    if (call.index !== index) {
      call.index = index;
      changed = true;
    }
    const head = known.heads.get(index);
    if (head !== undefined) changed = withoutRepeated(call, head) || changed;
    else known.heads.set(index, headOf(call));
    if (!known.texts.has(index)) known.texts.set(index, '');
    if (typeof call.id === 'string' && call.id !== '') known.byId.set(call.id, index);
  }
  return changed;
}

/** Arguments that came as an object, as the text that clients parse. */
export function repairArguments({ function: called }: JsonObject): boolean {
  if (!isJsonObject(called) || called.arguments === undefined || typeof called.arguments === 'string') return false;
  called.arguments = called.arguments === null ? '' : JSON.stringify(called.arguments);
  return true;
}

/** A piece with a name begins the next call, unless its id is known; one without continues the latest. */
function indexOf({ id, index, function: called }: JsonObject, { texts, byId, byIndex }: KnownCalls): number {
  const ofId = typeof id === 'string' && id !== '' ? byId.get(id) : undefined;
  if (ofId !== undefined) return ofId;
  const hasName = isJsonObject(called) && Boolean(called.name);
  const given = typeof index === 'number' ? index : undefined;
  const known = given === undefined ? undefined : byIndex.get(given);
  const begins = given === undefined ? Boolean(id) || hasName : known === undefined || (Boolean(id) && hasName);
  if (!begins) return known ?? Math.max(0, texts.size - 1);
  if (given !== undefined) byIndex.set(given, texts.size);
  return texts.size;
}

function headOf(call: JsonObject): ReadonlySet<unknown> {
  const name = isJsonObject(call.function) ? call.function.name : undefined;
  return new Set(['', null, call.id, call.type, name]);
}

/** Removes from a later piece what is empty, or what the client has already. A name may also come in pieces. */
function withoutRepeated(call: JsonObject, head: ReadonlySet<unknown>): boolean {
  let changed = false;
  for (const holder of [call, call.function]) {
    if (!isJsonObject(holder)) continue;
    for (const name of ['id', 'type', 'name']) {
      if (holder[name] === undefined || !head.has(holder[name])) continue;
      delete holder[name];
      changed = true;
    }
  }
  return changed;
}
