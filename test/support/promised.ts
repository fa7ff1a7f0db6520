/** A promise, and how to keep it. Keeping it again changes nothing. */
export function promised<Value = void>(): { readonly kept: Promise<Value>; keep(value: Value): void } {
  let resolveIt: (value: Value) => void = () => {};
  const kept = new Promise<Value>((resolve) => {
    resolveIt = resolve;
  });
  return { kept, keep: (value) => resolveIt(value) };
}
