/**
 * What a database gives back of a value: a copy, as JSON keeps it. Stores in memory keep this, so that they hold the same as the
 * others (`-0` is `0`, `undefined` is absent), and so that changing the object later changes nothing that is stored.
 */
export function storedCopy<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value)) as Value;
}
