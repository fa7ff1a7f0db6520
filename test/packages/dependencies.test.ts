import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

interface Installed {
  readonly folder: string;
  readonly manifest: Manifest;
}

// Each of these was chosen over code of our own. A seventh is a decision: say why where it is added.
const CORE_DEPENDENCIES = [
  '@pydantic/genai-prices',
  'eventsource-parser',
  'lru-cache',
  'safe-stable-stringify',
  'tokenx',
  'zod',
];

const packed = inject('packed');

it('core depends on a handful of packages, none of which has dependencies of its own (R-SC-1)', () => {
  const core = packed.find(({ name }) => name === '@portico/core');
  const [self, ...tree] = productionTree(core?.installed ?? '');
  const declared = Object.keys(self?.manifest.dependencies ?? {});

  expect(declared.filter((name) => !CORE_DEPENDENCIES.includes(name))).toEqual([]);
  expect(tree.map(({ manifest }) => manifest.name).sort()).toEqual(declared.sort());
});

describe.each(packed)('$name', ({ installed }) => {
  const tree = productionTree(installed);

  it('runs no script when it is installed, and neither does anything below it (R-SC-2)', () => {
    const scripts = tree.flatMap(({ folder, manifest }) => [
      ...['preinstall', 'install', 'postinstall']
        .filter((script) => manifest.scripts?.[script] !== undefined)
        .map((script) => `${manifest.name}@${manifest.version}: ${script}`),
      // npm compiles whatever has this file, without being told to.
      ...(existsSync(join(folder, 'binding.gyp')) ? [`${manifest.name}@${manifest.version}: binding.gyp`] : []),
    ]);
    expect(scripts).toEqual([]);
  });

  it('names our own packages in a range that npm can install, not as a workspace', () => {
    const ranges = Object.entries(tree[0]?.manifest.dependencies ?? {});
    expect(ranges.filter(([, range]) => !/^[\^~]?\d/.test(range))).toEqual([]);
  });
});

/** A package and everything that would be installed with it; peers are the host's. */
function productionTree(root: string): readonly Installed[] {
  const found = new Map<string, Installed>();
  const visit = (folder: string): void => {
    if (found.has(folder)) return;
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
    found.set(folder, { folder, manifest });
    const names = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies });
    for (const name of names) visit(findInstalled(name, folder));
  };
  visit(realpathSync(root));
  return [...found.values()];
}

function findInstalled(name: string, from: string): string {
  const candidate = join(from, 'node_modules', name);
  if (existsSync(candidate)) return realpathSync(candidate);
  if (dirname(from) === from) throw new Error(`${name} is not installed`);
  return findInstalled(name, dirname(from));
}
