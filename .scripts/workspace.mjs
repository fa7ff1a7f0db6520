// What `npm start` and `npm test` share. No dependencies, and no syntax that an old Node could not even parse before
// it is told that it is too old.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const tick = process.stdout.isTTY ? '\x1b[32m✓\x1b[0m' : '✓';
const cross = process.stdout.isTTY ? '\x1b[31m✗\x1b[0m' : '✗';

/** Ends the process with a plain sentence when this Node is older than package.json's `engines` allows. */
export function requireNode() {
  const wanted = manifest.engines.node.match(/\d+/g).map(Number);
  const found = process.versions.node.split('.').map(Number);
  if (found[0] > wanted[0] || (found[0] === wanted[0] && found[1] >= wanted[1])) return;
  console.error(
    `Portico needs Node.js ${manifest.engines.node}. This is Node.js ${process.versions.node} (${process.execPath}).`,
  );
  process.exit(1);
}

/** The app of `npm start`. It brings its own compiler, so that nothing else must be installed for it. */
const example = { name: '@portico/example-express', folder: join(root, 'examples/express') };
/** There after an install for the example alone. */
const partialMark = join(root, 'node_modules', '.only-the-example');

/**
 * Installs what the lock file names, with the pnpm that package.json pins, unless that has been done already. `example` is the
 * app of `npm start` with the packages it needs, about 120 MB; `all` has the agents, runtimes and frameworks of the tests too, 2.2 GB.
 */
export async function installIfNeeded(what) {
  const installed = join(root, 'node_modules', '.modules.yaml');
  const lockFile = join(root, 'pnpm-lock.yaml');
  const isCurrent = existsSync(installed) && statSync(installed).mtimeMs >= statSync(lockFile).mtimeMs;
  if (isCurrent && (what === 'example' || !existsSync(partialMark))) return;

  const filter = what === 'example' ? ` --filter ${example.name}...` : '';
  const pnpm = `npx --yes pnpm@${manifest.config.pnpm}${filter} install --frozen-lockfile`;
  const done = process.stdout.isTTY
    ? (await run(`${pnpm} --reporter=default`, 'inherit')).code === 0
    : await step('install', pnpm);
  if (!done) {
    console.error('The dependencies could not be installed. Is the npm registry within reach of `npm ping`?');
    process.exit(1);
  }
  if (what === 'example') writeFileSync(partialMark, '');
  else rmSync(partialMark, { force: true });
  // pnpm leaves this file alone when nothing changed; its time is how we know that the lock file was looked at.
  const now = new Date();
  utimesSync(installed, now, now);
}

/** Compiles packages and examples. Answers whether that went well. */
export function build() {
  removeOrphans();
  return step('build', ['typescript/bin/tsc', '-b', '.config']);
}

/** Compiles the app of `npm start` and the packages it needs. */
export function buildExample() {
  removeOrphans();
  return step('build', [join(example.folder, 'node_modules/typescript/bin/tsc'), '-b', example.folder]);
}

/**
 * Runs one command and prints one line: what it was, how it ended, how long it took. Its output is shown only when it
 * failed. The command is a tool of node_modules with its arguments, or one string for the shell. Answers whether the
 * command succeeded.
 */
export async function step(name, command) {
  const startedAt = Date.now();
  if (process.stdout.isTTY) process.stdout.write(`  ${name} …`);
  const { code, output } = await run(command, 'pipe');
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  if (process.stdout.isTTY) process.stdout.write('\r\x1b[2K');
  console.log(`${code === 0 ? tick : cross} ${name.padEnd(12)} ${seconds.padStart(6)} s`);
  if (code !== 0) console.log(`\n${output.trim()}\n`);
  return code === 0;
}

/** Runs a command as `step` does, with its output kept (`pipe`) or shown as it comes (`inherit`), on this Node or another. */
export function run(command, output, node = process.execPath) {
  const isShellLine = typeof command === 'string';
  const [file, args] = isShellLine
    ? [command, []]
    : [node, [resolve(root, 'node_modules', command[0]), ...command.slice(1)]];
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd: root,
      // npx is a .cmd file on Windows, which only a shell can start.
      shell: isShellLine,
      stdio: ['ignore', output, output],
      // CI: pnpm must never stop to ask.
      env: { ...process.env, ...(isShellLine && { CI: 'true' }), ...(process.stdout.isTTY && { FORCE_COLOR: '1' }) },
    });
    const chunks = [];
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => chunks.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString('utf8') }));
  });
}

/** Removes what was compiled from a source that has since gone, or tests would import it and packages ship it. */
function removeOrphans() {
  for (const group of ['packages', 'examples']) {
    for (const name of readdirSync(join(root, group))) {
      const [dist, src] = [join(root, group, name, 'dist'), join(root, group, name, 'src')];
      if (!existsSync(dist)) continue;
      for (const file of readdirSync(dist, { recursive: true })) {
        const compiled = file.match(/^(.*?)(\.d\.ts|\.js)(\.map)?$/);
        if (compiled && !existsSync(join(src, `${compiled[1]}.ts`))) rmSync(join(dist, file));
      }
    }
  }
}
