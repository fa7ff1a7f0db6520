/** An address below that of a collection, which may have a query of its own. */
export function addressBelow(
  collection: string,
  below: string,
  query: Iterable<readonly [name: string, value: string | undefined]> = [],
): string {
  const mark = collection.indexOf('?');
  const path = mark < 0 ? collection : collection.slice(0, mark);
  const asked = new URLSearchParams(mark < 0 ? '' : collection.slice(mark));
  for (const [name, value] of query) if (value !== undefined) asked.append(name, value);
  return `${path}${below}${asked.size === 0 ? '' : `?${asked}`}`;
}
