// `npm start`: from a fresh clone to the example app in the browser.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { buildExample, installIfNeeded, requireNode, root } from './workspace.mjs';

requireNode();
await installIfNeeded('example');
if (!(await buildExample())) process.exit(1);

const app = spawn(process.execPath, [join(root, 'examples/express/dist/main.js')], { stdio: 'inherit' });

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    // Ctrl-C reaches the app without us: a terminal signals the whole group, and twice would mean "at once".
    if (signal === 'SIGINT' && process.stdin.isTTY) return;
    app.kill(signal);
  });
}

// npm hands SIGTERM to the shell between us, which dies of it without telling anyone. Nobody's child stays behind.
const parent = process.ppid;
setInterval(() => process.ppid !== parent && app.kill('SIGTERM'), 500).unref();

app.on('exit', (code, signal) => {
  process.exitCode = signal ? 1 : code;
});
