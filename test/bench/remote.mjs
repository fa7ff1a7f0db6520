import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Runs a command on one core: part of util-linux. */
export const PIN_COMMAND = 'taskset';

/**
 * Starts one of the benchmark's processes and returns `ask(method, ...args)`. The parts of the benchmark live in
 * processes of their own so that the CPU time of one is never counted as another's.
 */
export async function startRemote(script, args, { cores, nodeOptions = [] } = {}) {
  const file = fileURLToPath(new URL(script, import.meta.url));
  const command = [process.execPath, '--expose-gc', ...nodeOptions, file, ...args];
  if (cores !== undefined) command.unshift(PIN_COMMAND, '-c', cores);
  const child = spawn(command[0], command.slice(1), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, NODE_ENV: 'production' },
  });
  const waiting = new Map();
  let lastId = 0;
  const ready = new Promise((resolve, reject) => waiting.set(lastId, { resolve, reject }));

  child.on('message', ({ id, answer, error }) => {
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) resolve(answer);
    else reject(new Error(error));
  });
  child.on('exit', (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`${script} ${args.join(' ')} ended with code ${code}`));
    waiting.clear();
  });

  const started = await ready;
  return {
    started,
    ask(method, ...given) {
      lastId += 1;
      const id = lastId;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        child.send({ id, method, given });
      });
    },
    stop: () => child.kill(),
  };
}

/** The other end: runs `start`, tells the parent its result, then answers what it is asked. Ends with the parent. */
export async function answerParent(start) {
  process.on('disconnect', () => process.exit());
  try {
    const { started, methods } = await start();
    process.on('message', async ({ id, method, given }) => {
      try {
        process.send({ id, answer: await methods[method](...given) });
      } catch (error) {
        process.send({ id, error: String(error?.stack ?? error) });
      }
    });
    process.send({ id: 0, answer: started });
  } catch (error) {
    process.send({ id: 0, error: String(error?.message ?? error) }, () => process.exit());
  }
}
