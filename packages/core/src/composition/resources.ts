import type { MaybePromise } from '../encoding/json.js';
import type { Logger } from '../logger.js';

/** What was acquired so far, to be let go of in the reverse order: at the end, or where what comes next fails. */
export class Resources {
  readonly #logger: Logger | undefined;
  readonly #resources: { readonly name: string; release(): MaybePromise<void> }[] = [];

  constructor(logger: Logger | undefined) {
    this.#logger = logger;
  }

  add(name: string, release: () => MaybePromise<void>): void {
    this.#resources.push({ name, release });
  }

  /** Each is let go of once, after the one before it; one that fails is logged and does not keep the others. Never rejects. */
  async release(): Promise<void> {
    for (let last = this.#resources.pop(); last !== undefined; last = this.#resources.pop()) {
      try {
        await last.release();
      } catch (error) {
        this.#logger?.error({ err: error, resource: last.name }, 'A part of the gateway failed to close.');
      }
    }
  }
}
