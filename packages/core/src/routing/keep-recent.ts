/** What was used of late, by name, and no more than so much of it. */
export interface Recent<Value> {
  get(name: string): Value | undefined;
  set(name: string, value: Value): void;
}

/**
 * Two generations: when the young one is full, it becomes the old one, and what nobody asked for since is dropped. A read
 * of what is young writes nothing, which an order of use would have to.
 */
export function keepRecent<Value>(most: number): Recent<Value> {
  let young = new Map<string, Value>();
  let old = new Map<string, Value>();

  function set(name: string, value: Value): void {
    if (young.size >= most / 2) {
      old = young;
      young = new Map();
    }
    young.set(name, value);
  }

  return {
    set,
    get(name) {
      const value = young.get(name);
      if (value !== undefined) return value;
      const older = old.get(name);
      if (older !== undefined) set(name, older);
      return older;
    },
  };
}
