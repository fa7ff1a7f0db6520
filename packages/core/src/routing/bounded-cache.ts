/** A bounded cache by name, which keeps recently used entries. */
export interface BoundedCache<Value> {
  get(name: string): Value | undefined;
  set(name: string, value: Value): void;
  delete(name: string): void;
  clear(): void;
}

/**
 * Two generations: when the new one is full it becomes the old one, and entries that were not used since are dropped.
 * Reading a new entry writes nothing, unlike in a list ordered by use.
 */
export function createBoundedCache<Value>(most: number): BoundedCache<Value> {
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
    delete(name) {
      young.delete(name);
      old.delete(name);
    },
    clear() {
      young.clear();
      old.clear();
    },
    get(name) {
      const value = young.get(name);
      if (value !== undefined) return value;
      const older = old.get(name);
      if (older !== undefined) set(name, older);
      return older;
    },
  };
}
