#!/usr/bin/env node
import { run } from './run.js';

void run(process.argv.slice(2), {
  out: (text) => void process.stdout.write(`${text}\n`),
  error: (text) => void process.stderr.write(`${text}\n`),
  folder: process.cwd(),
  environment: process.env,
}).then((code) => {
  process.exitCode = code;
});
