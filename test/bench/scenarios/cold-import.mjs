import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { median } from '../statistics.mjs';
import { valueCheck } from '../verdict.mjs';

const IMPORTER = fileURLToPath(new URL('../import-once.mjs', import.meta.url));
const RUNS = 7;

/** Importing the Express mount in a fresh process: how long, how much memory, and whether it touches network or disk. */
export const coldImport = {
  name: 'import',
  async run(bench) {
    const measured = [];
    for (const specifier of ['undici', 'express', '@portico/core', '@portico/express']) {
      const { exportCount, error } = importOnce(specifier);
      if (error !== undefined || exportCount === 0) {
        console.error(`skipped ${specifier}: ${error ?? 'it exports nothing'}`);
        continue;
      }
      const runs = Array.from({ length: bench.quick ? 3 : RUNS }, () => importOnce(specifier));
      measured.push({
        specifier,
        timesMs: runs.map(({ timeMs }) => timeMs),
        rss: median(runs.map(({ rss }) => rss)),
        touched: importOnce(specifier, '--watch-outside').touched,
      });
    }
    const mount = measured.find(({ specifier }) => specifier === '@portico/express');

    return {
      title: 'Cold import in a fresh process',
      head: ['package', 'median ms', 'min', 'max', 'process RSS MB', 'network and writes'],
      rows: measured.map(({ specifier, timesMs, rss, touched }) => [
        specifier,
        median(timesMs),
        Math.min(...timesMs),
        Math.max(...timesMs),
        rss / 1e6,
        touched.length === 0 ? 'none' : touched.join(', '),
      ]),
      checks: [
        valueCheck('Cold import of @portico/express', {
          value: mount && median(mount.timesMs),
          unit: 'ms',
          limit: 200,
        }),
        valueCheck('Network and file writes while importing it', { value: mount?.touched.length, unit: '', limit: 0 }),
      ],
      raw: measured,
    };
  },
};

function importOnce(specifier, ...flags) {
  return JSON.parse(execFileSync(process.execPath, [IMPORTER, specifier, ...flags], { encoding: 'utf8' }));
}
