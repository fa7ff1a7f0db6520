import type { FileProblem } from './config-problem.js';
import type { Finding } from './config-report.js';
import { didYouMean } from './nearest-word.js';
import { type ConfigNode, type MapNode, shownValue } from './yaml/config-node.js';

/** One file that is being read: its environment, and the findings so far. */
export interface ReadContext {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly problems: FileProblem[];
  readonly findings: Finding[];
}

export function problem(reading: ReadContext, node: ConfigNode, message: string): undefined {
  reading.problems.push({ place: node.place, path: node.path, message });
  return undefined;
}

const ENVIRONMENT = 'os.environ/';

/** The value with its environment reference replaced; undefined if it is empty or invalid. */
function scalarOf(node: ConfigNode, reading: ReadContext, wanted: string): string | number | boolean | undefined {
  if (node.kind !== 'scalar') return problem(reading, node, `must be ${wanted}, and is ${shownValue(node)}.`);
  const { value } = node;
  if (value === null) return undefined;
  if (typeof value !== 'string' || !value.startsWith(ENVIRONMENT)) return value;
  const name = value.slice(ENVIRONMENT.length);
  const found = reading.environment[name];
  if (found !== undefined && found !== '') return found;
  const near = didYouMean(name, Object.keys(reading.environment));
  return problem(reading, node, `the environment has no variable "${name}"${near}.`);
}

export function textOf(node: ConfigNode, reading: ReadContext): string | undefined {
  const value = scalarOf(node, reading, 'a string');
  if (typeof value === 'number' && node.kind === 'scalar') return node.written ?? String(value);
  return value === undefined || value === '' ? undefined : String(value);
}

export function numberOf(node: ConfigNode, reading: ReadContext): number | undefined {
  const value = scalarOf(node, reading, 'a number');
  if (value === undefined) return undefined;
  const number = typeof value === 'boolean' || value === '' ? Number.NaN : Number(value);
  if (Number.isFinite(number) && number >= 0) return number;
  return problem(reading, node, `must be a number that is not negative, and is ${shownValue(node)}.`);
}

export function countOf(node: ConfigNode, reading: ReadContext): number | undefined {
  const number = numberOf(node, reading);
  if (number === undefined || Number.isInteger(number)) return number;
  return problem(reading, node, `must be a whole number, and is ${shownValue(node)}.`);
}

export function flagOf(node: ConfigNode, reading: ReadContext): boolean | undefined {
  const value = scalarOf(node, reading, 'true or false');
  if (value === undefined || typeof value === 'boolean') return value;
  const word = String(value).toLowerCase();
  if (word === 'true' || word === 'false') return word === 'true';
  return problem(reading, node, `must be true or false, and is ${shownValue(node)}.`);
}

export function itemsOf(node: ConfigNode, reading: ReadContext): readonly ConfigNode[] {
  if (node.kind === 'list') return node.items;
  if (node.kind === 'scalar' && node.value === null) return [];
  problem(reading, node, `must be a list, and is ${shownValue(node)}.`);
  return [];
}

export function textsOf(node: ConfigNode, reading: ReadContext): readonly string[] {
  return itemsOf(node, reading).flatMap((item) => textOf(item, reading) ?? []);
}

export function mapOf(node: ConfigNode, reading: ReadContext): MapNode | undefined {
  if (node.kind === 'map') return node;
  if (node.kind === 'scalar' && node.value === null) return undefined;
  return problem(reading, node, `must be a map, and is ${shownValue(node)}.`);
}

/** Names and values, with references replaced. */
export function textMapOf(node: ConfigNode, reading: ReadContext): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [name, value] of mapOf(node, reading)?.entries ?? []) {
    const text = textOf(value, reading);
    if (text !== undefined) texts[name] = text;
  }
  return texts;
}
