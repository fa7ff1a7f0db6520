import type { Place } from '../config-problem.js';

/** A value of a file with its position. */
export type ConfigNode = MapNode | ListNode | ScalarNode;

interface Positioned {
  /** `router_settings.fallbacks[0]`, in the file it was written in. */
  readonly path: string;
  readonly place: Place;
  /** Others refer to it. */
  readonly hasAnchor?: boolean;
}

export interface MapNode extends Positioned {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, ConfigNode>;
  /** The positions of the keys, for errors about keys. */
  readonly keyPlaces: ReadonlyMap<string, Place>;
}

export interface ListNode extends Positioned {
  readonly kind: 'list';
  readonly items: readonly ConfigNode[];
}

interface ScalarNode extends Positioned {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  /** A number as it is written: `1.10` may be a version, and `0123` a key. */
  readonly written?: string;
}

/** The path of a key or an item below another. */
export function pathBelow(path: string, step: string | number): string {
  if (typeof step === 'number') return `${path}[${step}]`;
  if (!/^[A-Za-z_][\w-]*$/.test(step)) return `${path}[${JSON.stringify(step)}]`;
  return path === '' ? step : `${path}.${step}`;
}

/** The values alone. */
export function plainValue(node: ConfigNode): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(plainValue);
  return Object.fromEntries([...node.entries].map(([key, value]) => [key, plainValue(value)]));
}

/** The kind of the value, for messages; a possible secret is not repeated. */
export function shownValue(node: ConfigNode): string {
  if (node.kind === 'list') return 'a list';
  if (node.kind === 'map') return 'a map';
  if (node.value === null) return 'nothing';
  if (typeof node.value !== 'string') return String(node.value);
  if (SECRET.test(node.path) || node.value.length > 80 || node.value.startsWith('sk-')) return 'a string';
  return JSON.stringify(node.value);
}

const SECRET = /key|token|secret|password|credential|header|auth|url|environment_variables/i;
