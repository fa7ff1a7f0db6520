#!/usr/bin/env node
import { run } from './run.js';
import { isWorker } from './workers/worker-commands.js';

// The reader of the output may close it; running answers do not end for that.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

void run(process.argv.slice(2), {
  out: (text) => void process.stdout.write(`${text}\n`),
  error: (text) => void process.stderr.write(`${text}\n`),
  colours: process.stdout.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb',
  folder: process.cwd(),
  environment: process.env,
}).then((code) => {
  // A worker that cannot serve would otherwise wait for commands.
  if (code !== 0 && isWorker()) process.exit(code);
  process.exitCode = code;
});
