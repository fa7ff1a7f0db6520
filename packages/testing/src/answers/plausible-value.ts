import { isObject } from './json-object.js';

/**
 * A plausible value for a JSON Schema: properties get values by their format or name, and a place or person named in
 * the question ("Paris") is used for the first string without a better value.
 */
export function plausibleValue(schema: unknown, question: string): unknown {
  const root = schema;

  function valueFor(part: unknown, name: string, depth: number): unknown {
    if (!isObject(part) || depth > MAX_DEPTH) return {};
    if (typeof part.$ref === 'string') return valueFor(resolve(root, part.$ref), name, depth + 1);
    if ('const' in part) return part.const;
    if (Array.isArray(part.enum) && part.enum.length > 0) return part.enum[0];
    if ('default' in part) return part.default;
    if (Array.isArray(part.examples) && part.examples.length > 0) return part.examples[0];
    const alternatives = part.anyOf ?? part.oneOf ?? part.allOf;
    if (Array.isArray(alternatives)) {
      const chosen: unknown = alternatives.find((one) => !isObject(one) || one.type !== 'null');
      return valueFor(chosen, name, depth + 1);
    }
    switch (firstType(part)) {
      case 'string':
        return text(part, name, question);
      case 'integer':
      case 'number':
        return typeof part.minimum === 'number' ? part.minimum : 1;
      case 'boolean':
        return true;
      case 'null':
        return null;
      case 'array':
        return [valueFor(part.items, name, depth + 1)];
      default:
        return Object.fromEntries(
          Object.entries(isObject(part.properties) ? part.properties : {}).map(([key, property]) => [
            key,
            valueFor(property, key, depth + 1),
          ]),
        );
    }
  }

  return valueFor(root, 'value', 0);
}

// Schemas may refer to themselves; nobody needs an example deeper than this.
const MAX_DEPTH = 12;

function resolve(root: unknown, reference: string): unknown {
  let found: unknown = root;
  for (const key of reference.replace(/^#\/?/, '').split('/').filter(Boolean)) {
    found = isObject(found) ? found[key.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined;
  }
  return found;
}

function firstType(part: Record<string, unknown>): unknown {
  if (Array.isArray(part.type)) return part.type.find((type) => type !== 'null');
  return part.type ?? (isObject(part.properties) ? 'object' : undefined);
}

const BY_FORMAT: Readonly<Record<string, string>> = {
  date: '2026-01-01',
  'date-time': '2026-01-01T12:00:00Z',
  time: '12:00:00',
  email: 'somebody@example.com',
  uri: 'https://example.com/',
  uuid: '00000000-0000-4000-8000-000000000000',
};

function text(part: Record<string, unknown>, name: string, question: string): string {
  const byFormat = typeof part.format === 'string' ? BY_FORMAT[part.format] : undefined;
  if (byFormat !== undefined) return byFormat;
  // A capital inside a sentence is usually the name the question is about.
  const named = /\p{L}[^.!?]*?\s(\p{Lu}\p{L}+)/u.exec(question)?.[1];
  return (
    named ??
    `some ${name
      .replace(/([a-z])([A-Z])/g, '$1 $2')
      .replaceAll(/[_-]+/g, ' ')
      .toLowerCase()}`
  );
}
