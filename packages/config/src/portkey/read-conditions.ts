import type { Comparison, Condition, Match } from '@portico/core';
import { itemsOf, mapOf, problem, type ReadContext } from '../read-context.js';
import { type ConfigNode, type MapNode, plainValue, shownValue } from '../yaml/config-node.js';

type Plain = string | number | boolean;

/** Portkey's operators that work the same way here. */
const OPERATORS: Readonly<Record<string, (value: unknown) => Match | undefined>> = {
  $eq: (value) => (isPlain(value) ? value : undefined),
  $ne: (value) => (isPlain(value) ? { not: value } : undefined),
  $in: (value) => (isPlains(value) ? value : undefined),
  $nin: (value) => (isPlains(value) ? { not: value } : undefined),
  $gt: (value) => (typeof value === 'number' ? { above: value } : undefined),
  $lt: (value) => (typeof value === 'number' ? { below: value } : undefined),
};

/** A query as conditions, of which one must be true. Unsupported ones are reported as problems. */
export function readQuery(node: ConfigNode, reading: ReadContext): readonly Condition[] {
  const query = mapOf(node, reading);
  if (query === undefined) return [];
  let alternatives: readonly Condition[] = [{}];
  for (const [key, value] of query.entries) alternatives = both(alternatives, partOf(key, value, reading));
  return alternatives;
}

function partOf(key: string, node: ConfigNode, reading: ReadContext): readonly Condition[] {
  if (key === '$or') return itemsOf(node, reading).flatMap((item) => readQuery(item, reading));
  if (key === '$and') {
    const parts = itemsOf(node, reading).map((item) => readQuery(item, reading));
    return parts.reduce(both, [{}]);
  }
  const path = /^(?:(metadata)|params)\.(.+)$/.exec(key);
  if (path === null) {
    problem(reading, node, `"${key}" is not a known property of a call. Supported: metadata.NAME and params.NAME.`);
    return [];
  }
  const field = path[1] === undefined ? (path[2] ?? '') : key;
  const match = node.kind === 'map' ? comparison(node, reading) : OPERATORS.$eq?.(plainValue(node));
  if (match !== undefined) return [{ body: { [field]: match } }];
  if (node.kind !== 'map') problem(reading, node, `must be a value or a comparison, and is ${shownValue(node)}.`);
  return [];
}

function comparison(map: MapNode, reading: ReadContext): Match | undefined {
  const matches = [...map.entries].map(([operator, value]) => {
    const read = Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator] : undefined;
    const match = read?.(plainValue(value));
    if (match !== undefined) return match;
    const there = Object.keys(OPERATORS).join(', ');
    return problem(
      reading,
      value,
      `"${operator}" is not a supported comparison here. Supported: ${there}, $and and $or.`,
    );
  });
  if (matches.includes(undefined)) return undefined;
  const [first, ...others] = matches;
  if (others.length === 0) return first;
  return Object.assign({}, ...matches.map(asComparison)) as Comparison;
}

function asComparison(match: Match | undefined): Comparison {
  if (Array.isArray(match)) return { in: match as readonly Plain[] };
  return typeof match === 'object' ? (match as Comparison) : { in: match === undefined ? [] : [match] };
}

/** The conjunction of two lists: each of one with each of the other. */
function both(ones: readonly Condition[], others: readonly Condition[]): readonly Condition[] {
  return ones.flatMap((one) => others.map((other) => ({ body: { ...one.body, ...other.body } })));
}

function isPlain(value: unknown): value is Plain {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function isPlains(value: unknown): value is readonly Plain[] {
  return Array.isArray(value) && value.every(isPlain);
}
