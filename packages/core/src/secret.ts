const values = new WeakMap<Secret, string>();
const inspect = Symbol.for('nodejs.util.inspect.custom');

/**
 * A credential that cannot be printed by accident: its string, JSON and inspect forms are all `[secret]` (R-LOG-1).
 * Make one with {@link secret}; only {@link reveal} gives the value back.
 */
export class Secret {
  toString(): string {
    return '[secret]';
  }
  toJSON(): string {
    return '[secret]';
  }
  [inspect](): string {
    return '[secret]';
  }
}

/** Wraps a credential. */
export function secret(value: string): Secret {
  const wrapped = new Secret();
  values.set(wrapped, value);
  return wrapped;
}

/**
 * Headers of the same names and values, with a printed form that hides the values: interceptors see requests, and what they
 * log must not show a credential (R-LOG-1).
 */
export function withMaskedPrint(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  if (Object.hasOwn(headers, 'toJSON')) return headers;
  const masked = () => Object.fromEntries(Object.keys(headers).map((name) => [name, '[hidden]']));
  return Object.defineProperties({ ...headers }, { toJSON: { value: masked }, [inspect]: { value: masked } });
}

/** The credential itself. Call it where a header is written and nowhere else. */
export function reveal(wrapped: Secret): string {
  const value = values.get(wrapped);
  if (value === undefined) throw new TypeError('reveal() was given an object that secret() did not make');
  return value;
}

/** Shorter ones can be guessed offline by whoever has something they signed. */
const SHORTEST_SIGNING_SECRET = 32;

/**
 * The secrets to sign or seal with, one or a list, the present one first. Throws an Error that names `path` if there is none
 * or one is too short.
 */
export function secretTexts(given: string | Secret | readonly (string | Secret)[], path: string): readonly string[] {
  const isOne = typeof given === 'string' || given instanceof Secret;
  const list = isOne ? [given] : given;
  if (list.length === 0) throw new Error(`${path} is an empty list.`);
  return list.map((each, index) => {
    const text = typeof each === 'string' ? each : reveal(each);
    if (text.length >= SHORTEST_SIGNING_SECRET) return text;
    const which = isOne ? path : `${path}[${index}]`;
    throw new Error(`${which} has ${text.length} characters: use at least ${SHORTEST_SIGNING_SECRET}, made at random.`);
  });
}
