import { resolve } from 'node:path';
import { checkConfig, formatReport, isUsable } from '@portico/config';
import type { Terminal } from './terminal.js';

/** `portico check FILE`: prints how each key is handled. Returns 0 if the file can be used. */
export function checkFile(file: string | undefined, terminal: Terminal, acceptMissing?: boolean): number {
  if (file === undefined) {
    terminal.error('Name the file to check: portico check config.yaml');
    return 2;
  }
  const { environment } = terminal;
  const report = checkConfig(resolve(terminal.folder, file), { environment, shownAs: file, acceptMissing });
  terminal.out(formatReport(report));
  return isUsable(report) ? 0 : 1;
}
