import type { Provider } from '@portico/core';
import { ConfigFileError } from '../config-problem.js';

/**
 * Variables of the environment by stand-ins: what a file refers to is to become a reference again, and no credential has to be
 * there for that, let alone be looked at. Each is long enough for a key and good enough for an address.
 */
export class StandIns {
  readonly #names = new Map<string, string>();
  readonly #file: string;
  readonly #real: Readonly<Record<string, string | undefined>>;
  readonly environment: Record<string, string | undefined>;

  constructor(
    file: string,
    environment: Readonly<Record<string, string | undefined>>,
    referred: Iterable<string>,
    providers: readonly Provider[],
  ) {
    this.#file = file;
    this.#real = environment;
    this.environment = { ...environment };
    for (const name of referred) {
      // Numbers and switches are settings; they are written as they are now.
      if (/^(?:[\d.]+|true|false)$/i.test(environment[name] ?? '')) continue;
      this.#standInFor(name);
    }
    // Vendors whose credential nobody names find it there.
    for (const name of providers.flatMap(({ keyVariables }) => keyVariables)) {
      if (!this.environment[name]) this.#standInFor(name);
    }
  }

  #standInFor(name: string): void {
    const value = `https://${name}.stand-in.invalid`;
    this.#names.set(value, name);
    this.environment[name] = value;
  }

  /** The reference that a value stands for, else the value. */
  reference(value: string): string {
    const name = this.#names.get(value);
    return name === undefined ? this.#completed(value) : `env:${name}`;
  }

  /** An address that something was put behind is no reference any more: it is written as it is now. */
  #completed(value: string): string {
    for (const [standIn, name] of this.#names) {
      if (!value.startsWith(standIn)) continue;
      const real = this.#real[name];
      if (real === undefined) {
        const place = { file: this.#file, line: 1, column: 1 };
        const message = `set ${name} in the environment: its value is a part of what is written.`;
        throw new ConfigFileError(this.#file, [{ place, path: '', message }]);
      }
      return real.replace(/\/$/, '') + value.slice(standIn.length);
    }
    return value;
  }
}
