import type { Verdict } from '../config-report.js';
import { didYouMean } from '../nearest-word.js';
import { problem, type Reading } from '../reading.js';
import type { ConfigNode, MapNode } from '../yaml/config-node.js';

/** What becomes of a key, or of one value of it. */
export interface Judgement {
  readonly verdict: Verdict;
  readonly says: string;
}

/** One row of the table: a key, what becomes of it, and how it is read into the draft if it has a part in it. */
export interface KeyRow<Draft> extends Judgement {
  /** What it answers is said instead of the row's own words, where that depends on the value. */
  read?(node: ConfigNode, draft: Draft, reading: Reading): Judgement | undefined;
}

export type KeyRows<Draft> = Readonly<Record<string, KeyRow<Draft>>>;

type Read<Value> = (node: ConfigNode, reading: Reading) => Value | undefined;

/** A key that works; `take` gets its value, once it was found to be one. */
export function supported<Draft, Value = unknown>(
  says: string,
  read?: Read<Value>,
  take?: (draft: Draft, value: Value, node: ConfigNode, reading: Reading) => Judgement | undefined | void,
): KeyRow<Draft> {
  if (read === undefined) return { verdict: 'supported', says };
  return {
    verdict: 'supported',
    says,
    read(node, draft, reading) {
      const value = read(node, reading);
      return value === undefined ? undefined : (take?.(draft, value, node, reading) ?? undefined);
    },
  };
}

export function ignored(says: string): KeyRow<unknown> {
  return { verdict: 'ignored', says };
}

export function refused(says: string): KeyRow<unknown> {
  return { verdict: 'refused', says };
}

/** A key that is ignored even where its value is false or empty, since that means something too. */
export function ignoredWhatever(says: string): KeyRow<unknown> {
  return { verdict: 'ignored', says, read: () => ({ verdict: 'ignored', says }) };
}

/** The same row for several keys. */
export function each<Draft>(keys: readonly string[], row: KeyRow<Draft>): KeyRows<Draft> {
  return Object.fromEntries(keys.map((key) => [key, row]));
}

/** Reads a map by its rows: every key gets a finding. Unknown keys are problems, unless `unknown` has a judgement on them. */
export function readKeys<Draft>(
  map: MapNode,
  rows: KeyRows<Draft>,
  draft: Draft,
  reading: Reading,
  unknown?: (key: string, node: ConfigNode) => Judgement | undefined,
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

function judge<Draft>(row: KeyRow<Draft>, node: ConfigNode, draft: Draft, reading: Reading): Judgement {
  const { verdict, says } = row;
  const special = row.read?.(node, draft, reading);
  if (special === undefined && verdict !== 'supported' && isOff(node))
    return { verdict: 'supported', says: 'off, as here' };
  return special ?? { verdict, says };
}

/** A key that asks for nothing. */
function isOff(node: ConfigNode): boolean {
  if (node.kind === 'list') return node.items.length === 0;
  if (node.kind === 'map') return node.entries.size === 0;
  return node.value === null || node.value === false || node.value === '' || node.value === 'false';
}
