#!/usr/bin/env node
import { run } from './run.js';
import { isWorker } from './workers/worker-orders.js';

// Whoever read what is printed may leave; answers under way do not end for that.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

void run(process.argv.slice(2), {
  out: (text) => void process.stdout.write(`${text}\n`),
  error: (text) => void process.stderr.write(`${text}\n`),
  colours: process.stdout.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb',
  folder: process.cwd(),
  environment: process.env,
}).then((code) => {
  // A worker that cannot serve would wait for orders.
  if (code !== 0 && isWorker()) process.exit(code);
  process.exitCode = code;
});
