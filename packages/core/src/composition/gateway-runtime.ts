import type { Provider } from '../provider.js';
import type { Transport } from '../transport.js';

/** What a runtime brings: Node's is in `@portico/node`. */
export interface GatewayRuntime {
  /** The vendors it knows; those of the configuration come on top. */
  readonly providers: readonly Provider[];
  readonly transport: Transport;
  /** Where credentials are found under the providers' own variable names; nothing else is read from it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Reads a text file, for credentials that are kept in one. */
  readonly readFile?: (path: string) => Promise<string>;
  /** Captures the host's async context, for hooks that run when a stream has ended. */
  captureContext?(): <T>(run: () => T) => T;
}
