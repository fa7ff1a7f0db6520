/** Those who want to hear of changes in one store. */
export interface Watchers<Change> {
  /** Answers how to stop. */
  add(onChange: (change: Change) => void): () => void;
  /** One that throws does not keep the others from hearing it. */
  tell(change: Change): void;
  readonly size: number;
}

export function createWatchers<Change>(): Watchers<Change> {
  const watching = new Set<{ onChange(change: Change): void }>();
  return {
    add(onChange) {
      const entry = { onChange };
      watching.add(entry);
      return () => void watching.delete(entry);
    },
    tell(change) {
      for (const { onChange } of watching) {
        try {
          onChange(change);
        } catch {
          // A cache that could not take it is at fault, and not whoever made the change.
        }
      }
    },
    get size() {
      return watching.size;
    },
  };
}
