import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** The versions of Nest that have a folder here, each with a Nest of its own. */
export const NEST_VERSIONS = [10, 11, 12] as const;
export type NestVersion = (typeof NEST_VERSIONS)[number];

export function folderOf(version: NestVersion): string {
  return join(import.meta.dirname, `nest-${version}`);
}

/**
 * Installs the Nest package beside each Nest as a copy, as a package manager does it for users: through a link it would
 * find the Nest of its own workspace folder.
 */
export function setup(): void {
  const source = join(import.meta.dirname, '../../packages/nestjs');
  for (const version of NEST_VERSIONS) {
    const target = join(folderOf(version), 'node_modules/@portico/nestjs');
    rmSync(target, { recursive: true, force: true });
    for (const part of ['package.json', 'dist']) cpSync(join(source, part), join(target, part), { recursive: true });
  }
}
