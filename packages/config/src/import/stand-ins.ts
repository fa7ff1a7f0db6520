import type { Provider } from '@portico/core';

/**
 * Variables of the environment by stand-ins: what a file refers to is to become a reference again, and no credential has to be
 * there for that, let alone be looked at. Each is long enough for a key and good enough for an address.
 */
export class StandIns {
  readonly #names = new Map<string, string>();
  readonly environment: Record<string, string | undefined>;

  constructor(
    environment: Readonly<Record<string, string | undefined>>,
    referred: Iterable<string>,
    providers: readonly Provider[],
  ) {
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
    // A place becomes a part of an address, and must look like one.
    const isPlace = /REGION|LOCATION/i.test(name);
    const value = isPlace ? `zz-standin-${this.#names.size % 100}` : `https://${name}.stand-in.invalid`;
    this.#names.set(value, name);
    this.environment[name] = value;
  }

  /** The reference that a value stands for, else the value. */
  reference(value: string): string {
    const name = this.#names.get(value);
    return name === undefined ? value : `env:${name}`;
  }

  /** Whether something in it stands for a variable, as a part of an address does. */
  isPartIn(address: string): boolean {
    return [...this.#names.keys()].some(
      (standIn) => address.includes(standIn) || address.includes(encodeURIComponent(standIn)),
    );
  }
}
