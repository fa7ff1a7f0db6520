import type { Logger } from '../logger.js';
import type { Provider } from '../provider.js';
import type { Transport } from '../transport.js';

/** What a runtime provides; Node's is in `@portico/node`. */
export interface GatewayRuntime {
  /** The known providers; those of the configuration are added. */
  readonly providers: readonly Provider[];
  readonly transport: Transport;
  /** Where credentials are read from, under the providers' usual variable names; nothing else is read from it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where warnings and errors go if the configuration names no logger; undefined: nowhere. */
  readonly logger?: Logger;
  /** Reads a text file, for credentials stored in files. */
  readonly readFile?: (path: string) => Promise<string>;
  /** Captures the host's async context, for hooks that run when a stream has ended. */
  captureContext?(): <T>(run: () => T) => T;
}
