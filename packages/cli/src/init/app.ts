/** A framework that the gateway can be mounted in. */
export type Framework = 'express' | 'koa' | 'fastify' | 'hono' | 'nestjs' | 'next';

/** An app as far as it can be told from its files. */
export interface App {
  readonly folder: string;
  readonly framework: Framework;
  /** As the app's package.json says it. */
  readonly frameworkVersion: string;
  readonly manifest: Manifest;
}

/** A package.json. */
export interface Manifest {
  readonly text: string;
  readonly type: string | undefined;
  readonly main: string | undefined;
  readonly scripts: Readonly<Record<string, string>>;
  /** Those for development too. */
  readonly dependencies: Readonly<Record<string, string>>;
}

/** A file as it is, and as it would be. */
export interface FileChange {
  /** Relative to the app's folder, with slashes. */
  readonly path: string;
  /** Undefined for a file that is not there yet. */
  readonly before: string | undefined;
  readonly after: string;
}

/** What `portico init` would do. */
export interface Proposal {
  /** What was found, in a sentence. */
  readonly found: string;
  readonly changes: readonly FileChange[];
  /** What the person should know who reads the changes. */
  readonly notes: readonly string[];
}

/** An app that cannot be changed by rule, and why. */
export class CannotPropose extends Error {
  override readonly name = 'CannotPropose';
}
