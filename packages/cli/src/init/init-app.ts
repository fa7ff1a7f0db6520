import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Terminal } from '../terminal.js';
import { version } from '../version.js';
import { type App, CannotPropose, type Proposal } from './app.js';
import { detectApp } from './detect-app.js';
import { proposeMount } from './propose-mount.js';
import { proposeNestModule } from './propose-nest-module.js';
import { proposeNextRoute } from './propose-next-route.js';
import { unifiedDiff } from './unified-diff.js';

/** `portico init`: prints the changes to the app in a folder; writes them only with --write. */
export function initApp(folder: string | undefined, write: boolean, terminal: Terminal): number {
  const root = resolve(terminal.folder, folder ?? '.');
  let proposal: Proposal;
  try {
    proposal = propose(detectApp(root), version());
  } catch (error) {
    if (!(error instanceof CannotPropose)) throw error;
    terminal.error(`${error.message} Nothing was changed.`);
    return 1;
  }
  terminal.out(`${proposal.found}\n`);
  for (const { path, before, after } of proposal.changes) {
    terminal.out(unifiedDiff(path, before, after));
    if (!write) continue;
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), after);
  }
  for (const note of proposal.notes) terminal.out(`\n${note}`);
  terminal.out(
    write ? '\nWritten. Now run npm install.' : '\nNothing was written: use portico init --write to write it.',
  );
  return 0;
}

function propose(app: App, ownVersion: string): Proposal {
  if (app.framework === 'nestjs') return proposeNestModule(app, ownVersion);
  if (app.framework === 'next') return proposeNextRoute(app, ownVersion);
  return proposeMount({ ...app, framework: app.framework }, ownVersion);
}
