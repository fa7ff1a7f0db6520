import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ConfigFileError } from './config-problem.js';
import type { ConfigReport } from './config-report.js';
import type { LoadedConfig, ReadOptions } from './loaded-config.js';
import { checkText, type ReadTextOptions, readConfig } from './read-config.js';

/**
 * Loads a configuration file: the gateway's own format as YAML or JSON, or LiteLLM's `config.yaml`, with the files it
 * includes. Throws a `ConfigFileError` that lists all errors with their lines. Reads synchronously, because nothing
 * can be served before.
 */
export function loadConfig(file: string, options: ReadOptions = {}): LoadedConfig {
  const { loaded, error } = readFiles(file, options);
  if (error !== undefined) throw error;
  return loaded;
}

/** How each key of a file is handled. Throws only if the file cannot be read. */
export function checkConfig(file: string, options: ReadOptions = {}): ConfigReport {
  return checkText(textOf(file, options), withFiles(file, options, [])).report;
}

/** The result for a file, and every file that was read for it. */
export type FilesRead = { readonly paths: readonly string[] } & (
  | { readonly loaded: LoadedConfig; readonly error?: undefined }
  | { readonly loaded?: undefined; readonly error: ConfigFileError }
);

export function readFiles(file: string, options: ReadOptions): FilesRead {
  const paths = [resolve(file)];
  try {
    return { paths, loaded: readConfig(textOf(file, options), withFiles(file, options, paths)) };
  } catch (error) {
    if (error instanceof ConfigFileError) return { paths, error };
    throw error;
  }
}

/** Undefined if it cannot be read. */
export function textOfFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function withFiles(file: string, options: ReadOptions, paths: string[]): ReadTextOptions {
  const folder = dirname(resolve(file));
  return {
    ...options,
    file: options.shownAs ?? file,
    readFile(path) {
      const included = resolve(folder, path);
      paths.push(included);
      return readFileSync(included, 'utf8');
    },
  };
}

export function textOf(path: string, { shownAs: file = path }: ReadOptions): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const message = code === 'ENOENT' ? 'there is no such file.' : `it cannot be read (${code ?? 'unknown reason'}).`;
    throw new ConfigFileError(file, [{ place: { file, line: 1, column: 1 }, path: '', message }]);
  }
}
