/** A framework that the gateway can be mounted in. */
export type Framework = 'express' | 'koa' | 'fastify' | 'hono' | 'nestjs' | 'next';

/** An app, as far as its files show it. */
export interface App {
  readonly folder: string;
  readonly framework: Framework;
  /** The version in the app's package.json. */
  readonly frameworkVersion: string;
  readonly manifest: Manifest;
}

/** A package.json. */
export interface Manifest {
  readonly text: string;
  readonly type: string | undefined;
  readonly main: string | undefined;
  readonly scripts: Readonly<Record<string, string>>;
  /** Including development dependencies. */
  readonly dependencies: Readonly<Record<string, string>>;
}

/** The current and the proposed content of a file. */
export interface FileChange {
  /** Relative to the app's folder, with slashes. */
  readonly path: string;
  /** Undefined for a new file. */
  readonly before: string | undefined;
  readonly after: string;
}

/** What `portico init` would do. */
export interface Proposal {
  /** What was found, in a sentence. */
  readonly found: string;
  readonly changes: readonly FileChange[];
  /** Notes for the person who reads the changes. */
  readonly notes: readonly string[];
}

/** An app that cannot be changed automatically, and the reason. */
export class CannotPropose extends Error {
  override readonly name = 'CannotPropose';
}
