/** A URL below that of a collection, which may have a query of its own. */
export function joinPath(
  collection: string,
  below: string,
  query: Iterable<readonly [name: string, value: string | undefined]> = [],
): string {
  const ownerTag = collection.indexOf('?');
  const path = ownerTag < 0 ? collection : collection.slice(0, ownerTag);
  const asked = new URLSearchParams(ownerTag < 0 ? '' : collection.slice(ownerTag));
  for (const [name, value] of query) if (value !== undefined) asked.append(name, value);
  return `${path}${below}${asked.size === 0 ? '' : `?${asked}`}`;
}
