import type { Terminal } from '../terminal.js';

/** `portico init`: prints what it would change in the app in a folder; changes it only if it is told to. */
export function initApp(_folder: string | undefined, _write: boolean, terminal: Terminal): number {
  terminal.error('not yet');
  return 1;
}
