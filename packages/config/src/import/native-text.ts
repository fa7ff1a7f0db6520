import { reveal, Secret } from '@portico/core';
import { stringify } from 'yaml';

const SCHEMA_LINE = '# yaml-language-server: $schema=node_modules/@portico/config/schema.json';

/** A configuration in the gateway's own format as YAML, with notes for its reader at the top. */
export function nativeText(config: object, notes: readonly string[], reference: (value: string) => string): string {
  const lines = [SCHEMA_LINE, ...notes.map((note) => `# ${note}`)];
  return `${lines.join('\n')}\n${stringify(plain(config, reference), { lineWidth: 0 })}`;
}

function plain(value: unknown, reference: (value: string) => string): unknown {
  if (value instanceof Secret) return reference(reveal(value));
  if (typeof value === 'string') return reference(value);
  if (Array.isArray(value)) return value.map((item) => plain(item, reference));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(entries.map(([key, inner]) => [key, plain(inner, reference)]));
}
