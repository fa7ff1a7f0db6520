import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ConfigFileError } from './config-problem.js';
import type { ConfigReport } from './config-report.js';
import type { LoadedConfig, ReadOptions } from './loaded-config.js';
import { checkText, type ReadTextOptions, readConfig } from './read-config.js';

/**
 * Makes a configuration of a file: the gateway's own shape as YAML or JSON, or LiteLLM's `config.yaml`, with the files it
 * includes. Throws a `ConfigFileError` that names everything that is wrong with it, with its line. Reads at once, since
 * nothing can be served before.
 */
export function loadConfig(file: string, options: ReadOptions = {}): LoadedConfig {
  return readConfig(textOf(file, options), withFiles(file, options));
}

/** What becomes of each key of a file. Throws only if the file cannot be read. */
export function checkConfig(file: string, options: ReadOptions = {}): ConfigReport {
  return checkText(textOf(file, options), withFiles(file, options)).report;
}

function withFiles(file: string, options: ReadOptions): ReadTextOptions {
  const folder = dirname(resolve(file));
  return { ...options, file: options.shownAs ?? file, readFile: (path) => readFileSync(resolve(folder, path), 'utf8') };
}

function textOf(path: string, { shownAs: file = path }: ReadOptions): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const message = code === 'ENOENT' ? 'there is no such file.' : `it cannot be read (${code ?? 'unknown reason'}).`;
    throw new ConfigFileError(file, [{ place: { file, line: 1, column: 1 }, path: '', message }]);
  }
}
