/** `list.push(...items)` for lists of callers and vendors: with more than some 100,000 items the engine has no room for the arguments. */
export function append<Item>(list: Item[], items: Iterable<Item>): void {
  for (const item of items) list.push(item);
}
