import type { Verdict } from '../config-report.js';
import { didYouMean } from '../nearest-word.js';
import { problem, type ReadContext } from '../read-context.js';
import type { ConfigNode, MapNode } from '../yaml/config-node.js';

/** How a key, or one value of it, is handled. */
export interface KeyVerdict {
  readonly verdict: Verdict;
  readonly message: string;
}

/** One row of the table: a key, how it is handled, and how it is read into the draft if it has an effect. */
export interface KeyRow<Draft> extends KeyVerdict {
  /** Its result replaces the row's own message, if that depends on the value. */
  read?(node: ConfigNode, draft: Draft, reading: ReadContext): KeyVerdict | undefined;
}

export type KeyRows<Draft> = Readonly<Record<string, KeyRow<Draft>>>;

type Read<Value> = (node: ConfigNode, reading: ReadContext) => Value | undefined;

/** A supported key; `take` gets its value, if it is valid. */
export function supported<Draft, Value = unknown>(
  message: string,
  read?: Read<Value>,
  take?: (draft: Draft, value: Value, node: ConfigNode, reading: ReadContext) => KeyVerdict | undefined | void,
): KeyRow<Draft> {
  if (read === undefined) return { verdict: 'supported', message };
  return {
    verdict: 'supported',
    message,
    read(node, draft, reading) {
      const value = read(node, reading);
      return value === undefined ? undefined : (take?.(draft, value, node, reading) ?? undefined);
    },
  };
}

export function ignored(message: string): KeyRow<unknown> {
  return { verdict: 'ignored', message };
}

export function refused(message: string): KeyRow<unknown> {
  return { verdict: 'refused', message };
}

/** A key that is ignored also if its value is false or empty, because that has a meaning too. */
export function alwaysIgnored(message: string): KeyRow<unknown> {
  return { verdict: 'ignored', message, read: () => ({ verdict: 'ignored', message }) };
}

/** The same row for several keys. */
export function each<Draft>(keys: readonly string[], row: KeyRow<Draft>): KeyRows<Draft> {
  return Object.fromEntries(keys.map((key) => [key, row]));
}

/** Reads a map by its rows: every key gets a finding. Unknown keys are problems, unless `unknown` handles them. */
export function readKeys<Draft>(
  map: MapNode,
  rows: KeyRows<Draft>,
  draft: Draft,
  reading: ReadContext,
  unknown?: (key: string, node: ConfigNode) => KeyVerdict | undefined,
): void {
  for (const [key, node] of map.entries) {
    const row = Object.hasOwn(rows, key) ? rows[key] : undefined;
    const place = map.keyPlaces.get(key) ?? node.place;
    const judgement = row === undefined ? unknown?.(key, node) : judge(row, node, draft, reading);
    if (judgement === undefined) {
      problem(reading, { ...node, place }, `there is no such key${didYouMean(key, Object.keys(rows))}.`);
      continue;
    }
    reading.findings.push({ ...judgement, path: node.path, place });
  }
}

function judge<Draft>(row: KeyRow<Draft>, node: ConfigNode, draft: Draft, reading: ReadContext): KeyVerdict {
  const { verdict, message } = row;
  const special = row.read?.(node, draft, reading);
  if (special === undefined && verdict !== 'supported' && isOff(node))
    return { verdict: 'supported', message: 'off, as always here' };
  return special ?? { verdict, message };
}

/** A key without an effect. */
function isOff(node: ConfigNode): boolean {
  if (node.kind === 'list') return node.items.length === 0;
  if (node.kind === 'map') return node.entries.size === 0;
  return node.value === null || node.value === false || node.value === '' || node.value === 'false';
}
