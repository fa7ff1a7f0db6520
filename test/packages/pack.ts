import { execFileSync, execSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    packed: readonly PackedPackage[];
  }
}

/** A package as npm would deliver it. */
export interface PackedPackage {
  readonly name: string;
  /** Its folder in the repository. */
  readonly source: string;
  readonly tarball: string;
  /** The unpacked tarball. */
  readonly installed: string;
  /** A folder outside every package, in which all of them are installed. */
  readonly consumer: string;
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Packs every published package once, and installs the tarballs the way the strictest package manager would: each
 * package finds what its own package.json names, and nothing else. Third-party packages are those of the lock file.
 */
export function setup(project: TestProject): () => void {
  const temporary = realpathSync(mkdtempSync(join(tmpdir(), 'portico-packed-')));
  const tarballs = packAll(temporary);
  const consumer = join(temporary, 'consumer');

  const packed = readdirSync(join(root, 'packages'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry): PackedPackage => {
      const source = join(root, 'packages', entry.name);
      const { name } = readManifest(source);
      const tarball = tarballs.get(name);
      if (tarball === undefined) throw new Error(`pnpm packed no ${name} (${source})`);
      return { name, source, tarball, installed: join(temporary, entry.name, 'package'), consumer };
    });

  for (const { tarball, installed } of packed) {
    mkdirSync(dirname(installed));
    execFileSync('tar', ['-xzf', tarball, '-C', dirname(installed)]);
  }
  for (const { name, source, installed } of packed) {
    link(installed, consumer, name);
    for (const dependency of runtimeDependencies(readManifest(installed))) {
      const ours = packed.find((other) => other.name === dependency);
      link(ours?.installed ?? realpathSync(join(source, 'node_modules', dependency)), installed, dependency);
    }
  }

  project.provide('packed', packed);
  return () => rmSync(temporary, { recursive: true, force: true });
}

function packAll(destination: string): ReadonlyMap<string, string> {
  const { config } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { config: { pnpm: string } };
  const pack = `npx --yes pnpm@${config.pnpm} --recursive --filter "./packages/*" pack --json`;
  const listing = execSync(`${pack} --pack-destination "${destination}"`, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const tarballs = JSON.parse(listing) as readonly { name: string; filename: string }[];
  return new Map(tarballs.map(({ name, filename }) => [name, filename]));
}

function runtimeDependencies(manifest: Manifest): readonly string[] {
  const peers = Object.keys(manifest.peerDependencies ?? {});
  // An optional one of ours is what a subpath of its own needs, and whoever imports that installs it.
  const needed = peers.filter(
    (peer) => manifest.peerDependenciesMeta?.[peer]?.optional !== true || peer.startsWith('@portico/'),
  );
  return [...Object.keys(manifest.dependencies ?? {}), ...needed];
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

function link(target: string, into: string, name: string): void {
  const path = join(into, 'node_modules', name);
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path, 'junction');
}
