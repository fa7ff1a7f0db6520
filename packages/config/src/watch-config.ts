import { statSync } from 'node:fs';
import { LONGEST_TIMER_MS } from '@portico/core';
import type { ConfigFileError } from './config-problem.js';
import { readFiles } from './load-config.js';
import type { LoadedConfig, ReadOptions } from './loaded-config.js';

/** What is told of a file that is watched. */
export interface ConfigListener {
  /** The file, or one it includes, says something else now, and it can be used. */
  changed(loaded: LoadedConfig): void;
  /** The file cannot be used as it is now: what was loaded before still holds. */
  refused(error: ConfigFileError): void;
}

export interface WatchOptions extends ReadOptions {
  /** Between two looks. Default 1,000. */
  readonly intervalMs?: number;
}

export interface ConfigWatch {
  /** What the file said when the watch began. */
  readonly loaded: LoadedConfig;
  /** Reads the file again at once, changed or not: for a signal. */
  reload(): void;
  stop(): void;
}

/**
 * Loads a file and watches it, with the files it includes. Throws like `loadConfig` if it cannot be used at first. A change
 * is taken once the files have rested for `intervalMs`, so that nobody reads half of one that is being written. Does not
 * keep the process running.
 */
export function watchConfig(file: string, listener: ConfigListener, options: WatchOptions = {}): ConfigWatch {
  const first = readFiles(file, options);
  if (first.error !== undefined) throw first.error;
  let { paths } = first;
  let taken = markOf(paths);
  let before = taken;
  // Looked at rather than listened to: editors rename, Kubernetes swaps links, and some mounts never tell.
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
    // Those of a file that cannot be used as well: one of them is where it will be put right.
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
