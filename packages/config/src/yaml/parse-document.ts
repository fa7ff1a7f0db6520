import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type Scalar,
} from 'yaml';
import type { FileProblem, Place } from '../config-problem.js';
import { type ConfigNode, type MapNode, pathBelow } from './config-node.js';

/** More than any configuration has, and less than nested aliases can expand to. */
const MOST_NODES = 50_000;

/** YAML 1.1, as Python's tools read it: `yes` and `off` are booleans only in that version. */
export type YamlVersion = '1.1' | '1.2';

/** Reads YAML or JSON. Undefined if it cannot be parsed; the errors are reported as problems. */
export function parseConfigDocument(
  text: string,
  file: string,
  version: YamlVersion,
  problems: FileProblem[],
): MapNode | undefined {
  const lines = new LineCounter();
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const start = { file, line: 1, column: 1 };
  const document = parseDocument(text, { lineCounter: lines, version, merge: true, prettyErrors: false });
  for (const error of document.errors) {
    problems.push({ place: placeAt(error.pos[0]), path: '', message: `this is not YAML: ${error.message}` });
  }
  if (problems.length > 0) return undefined;
  if (document.contents === null) {
    problems.push({ place: start, path: '', message: 'the file is empty.' });
    return undefined;
  }
  const node = unfold(document, placeAt, problems);
  if (node === undefined || node.kind === 'map') return node;
  problems.push({ place: start, path: '', message: 'the file must contain a map: keys with values.' });
  return undefined;
}

function unfold(
  document: Document.Parsed,
  placeAt: (offset: number) => Place,
  problems: FileProblem[],
): ConfigNode | undefined {
  let left = MOST_NODES;
  try {
    return visit(document.contents as Node, '', []);
  } catch (error) {
    if (!(error instanceof Unfoldable)) throw error;
    problems.push({ place: error.place, path: '', message: error.message });
    return undefined;
  }

  function visit(given: Node, path: string, around: readonly Node[]): ConfigNode {
    const place = placeAt(given.range?.[0] ?? 0);
    left -= 1;
    if (left < 0) throw new Unfoldable(place, 'the aliases in this file expand to too many values.');
    const node = isAlias(given) ? given.resolve(document) : given;
    if (node === undefined) throw new Unfoldable(place, 'there is no anchor of this name.');
    if (around.includes(node)) throw new Unfoldable(place, 'this alias contains itself.');
    const standing = { path, place, ...(node.anchor !== undefined && { hasAnchor: true }) };
    if (isScalar(node)) return { ...standing, ...writtenNumber(node), kind: 'scalar', value: scalarValue(node) };
    const inside = [...around, node];
    if (isSeq(node)) {
      const items = node.items.map((item, index) => visit(item as Node, pathBelow(path, index), inside));
      return { ...standing, kind: 'list', items };
    }
    const entries = new Map<string, ConfigNode>();
    const keyPlaces = new Map<string, Place>();
    if (!isMap(node)) return { ...standing, kind: 'scalar', value: null };
    for (const pair of node.items) {
      const key = pair.key as Node;
      const keyPlace = placeAt(key.range?.[0] ?? 0);
      const name = isScalar(key) ? (key.source ?? String(key.value)) : String(key);
      // A quoted one is a key like any other.
      if (name === '<<' && isScalar(key) && key.type === 'PLAIN') {
        for (const [inherited, value] of inheritedBy(pair.value as Node, path, inside)) {
          if (entries.has(inherited)) continue;
          entries.set(inherited, value);
          keyPlaces.set(inherited, value.place);
        }
        continue;
      }
      const below = pathBelow(path, name);
      // `key:` without a value.
      entries.set(
        name,
        pair.value === null
          ? { kind: 'scalar', path: below, place: keyPlace, value: null }
          : visit(pair.value as Node, below, inside),
      );
      keyPlaces.set(name, keyPlace);
    }
    return { ...standing, kind: 'map', entries, keyPlaces };
  }

  function* inheritedBy(given: Node, path: string, around: readonly Node[]): Iterable<[string, ConfigNode]> {
    const from = visit(given, path, around);
    for (const one of from.kind === 'list' ? from.items : [from]) {
      if (one.kind === 'map') yield* one.entries;
    }
  }
}

/** Dates of YAML 1.1 are read as text: an `api_version` of 2024-10-21 is not a date. */
function scalarValue(scalar: Scalar): string | number | boolean | null {
  const { value, source } = scalar;
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return source ?? null;
}

function writtenNumber({ value, source }: Scalar): { readonly written?: string } {
  return typeof value === 'number' && source !== undefined ? { written: source } : {};
}

class Unfoldable extends Error {
  readonly place: Place;

  constructor(place: Place, message: string) {
    super(message);
    this.place = place;
  }
}
