import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CannotPropose, type Manifest } from './app.js';

/** The package.json of a folder. */
export function readManifest(folder: string): Manifest {
  let text: string;
  try {
    text = readFileSync(join(folder, 'package.json'), 'utf8');
  } catch {
    throw new CannotPropose(
      'There is no package.json here. Run this in the folder of your app, or name it: portico init my-app',
    );
  }
  let value: PackageJson;
  try {
    value = JSON.parse(text) as PackageJson;
  } catch {
    throw new CannotPropose('The package.json here is not JSON.');
  }
  return {
    text,
    type: value.type,
    main: value.main,
    scripts: value.scripts ?? {},
    dependencies: { ...value.devDependencies, ...value.dependencies },
  };
}

interface PackageJson {
  readonly type?: string;
  readonly main?: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** The package.json with one more dependency, in alphabetical order, everything else unchanged. */
export function withDependency(text: string, name: string, range: string): string {
  const value = JSON.parse(text) as PackageJson & Record<string, unknown>;
  const entries = Object.entries(value.dependencies ?? {}).filter(([other]) => other !== name);
  const next = entries.findIndex(([other]) => other > name);
  entries.splice(next < 0 ? entries.length : next, 0, [name, range]);
  const dependencies = Object.fromEntries(entries);
  const indent = /^[ \t]+/m.exec(text)?.[0] ?? '  ';
  const lineEnd = text.endsWith('\n') ? '\n' : '';
  return `${JSON.stringify({ ...value, dependencies }, null, indent)}${lineEnd}`;
}
