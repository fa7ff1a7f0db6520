import { type ConfigProblem, throwProblems } from './settings/config-error.js';

const values = new WeakMap<Secret, string>();
const inspect = Symbol.for('nodejs.util.inspect.custom');

/**
 * A credential that cannot be printed by accident: its string, JSON and inspect forms are all `[secret]` (R-LOG-1).
 * Create one with {@link secret}; only {@link reveal} returns the value.
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
 * Headers with the same names and values, whose printed form hides the values: interceptors see requests, and their
 * logs must not contain a credential (R-LOG-1).
 */
export function withMaskedPrint(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  if (Object.hasOwn(headers, 'toJSON')) return headers;
  const masked = () => Object.fromEntries(Object.keys(headers).map((name) => [name, '[hidden]']));
  return Object.defineProperties({ ...headers }, { toJSON: { value: masked }, [inspect]: { value: masked } });
}

/** The credential itself. Call it only where a header is written. */
export function reveal(wrapped: Secret): string {
  const value = values.get(wrapped);
  if (value === undefined) throw new TypeError('reveal() was given an object that secret() did not make');
  return value;
}

/** Shorter secrets can be guessed offline by anybody who has something signed with them. */
const SHORTEST_SIGNING_SECRET = 32;

/** One secret, or a list of which the first is the present one. */
type Secrets = string | Secret | readonly (string | Secret)[];

/** The secrets to sign or seal with, the present one first. Throws a `ConfigError` if there is none or one is too short. */
export function secretTexts(given: Secrets, path: string): readonly string[] {
  throwProblems(secretProblems(given, path));
  return listOf(given).map(textOf);
}

/** What is wrong with secrets to sign or seal with, which the configuration has at `path`. */
export function secretProblems(given: Secrets, path: string): readonly ConfigProblem[] {
  const list = listOf(given);
  if (list.length === 0) return [{ path, message: 'is an empty list.' }];
  return list.flatMap((each, index) => {
    const { length } = textOf(each);
    if (length >= SHORTEST_SIGNING_SECRET) return [];
    const message = `has ${length} characters: use at least ${SHORTEST_SIGNING_SECRET}, generated at random.`;
    return [{ path: list === given ? `${path}[${index}]` : path, message }];
  });
}

function listOf(given: Secrets): readonly (string | Secret)[] {
  return typeof given === 'string' || given instanceof Secret ? [given] : given;
}

function textOf(given: string | Secret): string {
  return typeof given === 'string' ? given : reveal(given);
}
