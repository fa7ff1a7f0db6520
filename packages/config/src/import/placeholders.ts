import type { Provider } from '@portico/core/provider';

/**
 * Placeholders for environment variables: references in a file stay references, so that no credential has to be set
 * or read. Each is long enough for a key and valid in a URL.
 */
export class Placeholders {
  readonly #names = new Map<string, string>();
  readonly environment: Record<string, string | undefined>;

  constructor(
    environment: Readonly<Record<string, string | undefined>>,
    referred: Iterable<string>,
    providers: readonly Provider[],
  ) {
    this.environment = { ...environment };
    for (const name of referred) {
      // Numbers and switches are settings; they are written with their current value.
      if (/^(?:[\d.]+|true|false)$/i.test(environment[name] ?? '')) continue;
      this.#placeholderFor(name);
    }
    // Vendors without an explicit credential find it there.
    for (const name of providers.flatMap(({ keyVariables }) => keyVariables)) {
      if (!this.environment[name]) this.#placeholderFor(name);
    }
  }

  #placeholderFor(name: string): void {
    // A location becomes part of a URL, and must look like one.
    const isPlace = /REGION|LOCATION/i.test(name);
    const value = isPlace ? `zz-standin-${this.#names.size % 100}` : `https://${name}.stand-in.invalid`;
    this.#names.set(value, name);
    this.environment[name] = value;
  }

  /** The reference behind a placeholder, else the value. */
  reference(value: string): string {
    const name = this.#names.get(value);
    return name === undefined ? value : `env:${name}`;
  }

  /** Whether a part of it is a placeholder, as in a URL. */
  isPartIn(address: string): boolean {
    return [...this.#names.keys()].some(
      (standIn) => address.includes(standIn) || address.includes(encodeURIComponent(standIn)),
    );
  }
}
