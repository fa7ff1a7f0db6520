import { statSync } from 'node:fs';
import { LONGEST_TIMER_MS } from '@portico/core';
import type { ConfigFileError } from './config-problem.js';
import { readFiles } from './load-config.js';
import type { LoadedConfig, ReadOptions } from './loaded-config.js';

/** The callbacks for a watched file. */
export interface ConfigListener {
  /** The file, or one it includes, has changed, and it can be used. */
  changed(loaded: LoadedConfig): void;
  /** The file cannot be used now: the earlier configuration stays in use. */
  refused(error: ConfigFileError): void;
}

export interface WatchOptions extends ReadOptions {
  /** Interval between two checks, in milliseconds. Default 1,000. */
  readonly intervalMs?: number;
}

export interface ConfigWatch {
  /** The configuration when the watch began. */
  readonly loaded: LoadedConfig;
  /** Reads the file again at once, changed or not: for a signal. */
  reload(): void;
  stop(): void;
}

/**
 * Loads a file and watches it, with the files it includes. Throws like `loadConfig` if it cannot be used at first. A
 * change is read once the files were unchanged for `intervalMs`, so that a half-written file is not read. Does not
 * keep the process running.
 */
export function watchConfig(file: string, listener: ConfigListener, options: WatchOptions = {}): ConfigWatch {
  const first = readFiles(file, options);
  if (first.error !== undefined) throw first.error;
  let { paths } = first;
  let taken = markOf(paths);
  let before = taken;
  // Polled instead of watched: editors rename, Kubernetes swaps links, and some mounts send no events.
  const timer = setInterval(look, Math.min(options.intervalMs ?? 1_000, LONGEST_TIMER_MS));
  timer.unref();

  return { loaded: first.loaded, reload: read, stop: () => clearInterval(timer) };

  function look(): void {
    const now = markOf(paths);
    const rests = now === before;
    before = now;
    if (rests && now !== taken) read();
  }

  function read(): void {
    const found = readFiles(file, options);
    // Files of a configuration that cannot be used are watched too: the error may be fixed in one of them.
    paths = found.error === undefined ? found.paths : [...new Set([...paths, ...found.paths])];
    taken = markOf(paths);
    before = taken;
    if (found.error === undefined) listener.changed(found.loaded);
    else listener.refused(found.error);
  }
}

/** Differs as soon as one of the files does. */
function markOf(paths: readonly string[]): string {
  return paths
    .map((path) => {
      const stat = statSync(path, { throwIfNoEntry: false });
      return stat === undefined ? 'gone' : `${stat.ino}:${stat.size}:${stat.mtimeMs}`;
    })
    .join(' ');
}
