import { existsSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type ImportedConfig, importLiteLlm, importPortkey } from '@portico/config';
import type { Options } from './run.js';
import type { Terminal } from './terminal.js';

/**
 * `portico import litellm|portkey FILE`: writes a configuration in the gateway's own format, and reports what could
 * not be converted.
 */
export function importFile(rest: readonly string[], options: Options, terminal: Terminal): number {
  const [from, file] = rest;
  const { out, alias } = options;
  if ((from !== 'litellm' && from !== 'portkey') || file === undefined) {
    terminal.error(
      'Name the source format and the file: portico import litellm config.yaml, portico import portkey config.json',
    );
    return 2;
  }
  const path = resolve(terminal.folder, file);
  const target = out === undefined ? undefined : resolve(terminal.folder, out);
  if (target !== undefined && existsSync(target)) {
    terminal.error(`${out} exists already and was not changed: name another file.`);
    return 1;
  }
  const imported: ImportedConfig =
    from === 'litellm'
      ? importLiteLlm(path, { environment: terminal.environment, shownAs: file })
      : importPortkey(path, { shownAs: file, ...(alias !== undefined && { model: alias }) });
  for (const { verdict, place, path: key, message } of imported.report.findings) {
    if (verdict === 'ignored') terminal.error(`${place.file}:${place.line} ${key} was not converted: ${message}`);
  }
  if (target === undefined) terminal.out(imported.text.trimEnd());
  else {
    // It may contain keys that were written in the file.
    writeFileSync(target, imported.text, { mode: 0o600, flag: 'wx' });
    terminal.out(`${out} is written. "portico check ${out}" shows how it is read.`);
  }
  return 0;
}
