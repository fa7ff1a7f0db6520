import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { PIN_COMMAND, startRemote } from './remote.mjs';

/** What is measured, by the names the scenarios and `--profile` use. */
export const TARGETS = {
  direct: { module: './floors/direct.mjs', label: 'direct to the upstream' },
  dispatch: { module: './floors/dispatch.mjs', label: 'floor: node:http + undici dispatch' },
  'express-by-hand': { module: './floors/express-by-hand.mjs', label: 'floor: Express by hand' },
  'gateway-node': { module: './targets/gateway-node.mjs', label: 'gateway on node:http' },
  'gateway-node-translated': {
    module: './targets/gateway-node-translated.mjs',
    label: "gateway on node:http, Anthropic's wire behind",
  },
  'gateway-node-full': { module: './targets/gateway-node-full.mjs', label: 'gateway on node:http, everything on' },
  'gateway-express': { module: './targets/gateway-express.mjs', label: 'gateway in Express, everything on' },
  'mount-node': { module: './hosts/node.mjs', start: 'mount', label: 'gateway on node:http' },
  'empty-node': { module: './hosts/node.mjs', start: 'empty', label: 'node:http, empty handler' },
  'mount-express': { module: './hosts/express.mjs', start: 'mount', label: 'gateway in Express' },
  'empty-express': { module: './hosts/express.mjs', start: 'empty', label: 'Express, empty handler' },
  'mount-koa': { module: './hosts/koa.mjs', start: 'mount', label: 'gateway in Koa' },
  'empty-koa': { module: './hosts/koa.mjs', start: 'empty', label: 'Koa, empty handler' },
  'mount-fastify': { module: './hosts/fastify.mjs', start: 'mount', label: 'gateway in Fastify' },
  'empty-fastify': { module: './hosts/fastify.mjs', start: 'empty', label: 'Fastify, empty handler' },
  'mount-nest-express': { module: './hosts/nest.mjs', start: 'mountOnExpress', label: 'gateway in Nest on Express' },
  'empty-nest-express': {
    module: './hosts/nest.mjs',
    start: 'emptyOnExpress',
    label: 'Nest on Express, empty handler',
  },
  'mount-nest-fastify': { module: './hosts/nest.mjs', start: 'mountOnFastify', label: 'gateway in Nest on Fastify' },
  'empty-nest-fastify': {
    module: './hosts/nest.mjs',
    start: 'emptyOnFastify',
    label: 'Nest on Fastify, empty handler',
  },
  'dressed-express': {
    module: './hosts/express.mjs',
    start: 'dressed',
    label: 'Express: compression, helmet, cors, morgan',
  },
  'dressed-koa': { module: './hosts/koa.mjs', start: 'dressed', label: 'Koa: koa-compress, koa-helmet, @koa/cors' },
  'dressed-fastify': {
    module: './hosts/fastify.mjs',
    start: 'dressed',
    label: 'Fastify: @fastify/compress, helmet, cors',
  },
  'dressed-nest-express': {
    module: './hosts/nest.mjs',
    start: 'dressedOnExpress',
    label: 'Nest on Express: compression, helmet, cors, morgan',
  },
  'in-process-direct': { module: './targets/in-process-direct.mjs', label: 'openai client to the upstream' },
  'in-process': { module: './targets/in-process.mjs', label: 'openai client through gateway.fetchAs' },
};

const CLIENT_CORE = '1';
const TARGET_CORE = '0';

/** The upstream and the client, up for the whole run, and the targets a scenario asks for. */
export async function openBench({ quick }) {
  const isPinned = canPin();
  const own = isPinned ? { cores: CLIENT_CORE } : {};
  const upstream = await startRemote('./upstream.mjs', [], own);
  const client = await startRemote('./client.mjs', [], own);
  const skipped = new Set();
  const running = new Set();

  /** The targets that start, by name; the others are named once and left out. */
  async function startTargets(names) {
    const targets = [];
    for (const name of names) {
      if (skipped.has(name)) continue;
      try {
        targets.push(await startTarget(name));
      } catch (error) {
        skipped.add(name);
        console.error(`skipped ${name}: ${error.message}`);
      }
    }
    return targets;
  }

  async function startTarget(name) {
    const { module, label, start = 'start' } = TARGETS[name];
    const pinned = isPinned ? { cores: TARGET_CORE } : {};
    const remote = await startRemote('./target.mjs', [module, upstream.started.url, start], pinned);
    const stop = () => {
      running.delete(stop);
      remote.stop();
    };
    running.add(stop);
    return { name, label, url: remote.started.url, ask: remote.ask, stop };
  }

  function close() {
    for (const stop of running) stop();
    upstream.stop();
    client.stop();
  }

  return { quick, isPinned, upstream, client, startTargets, startTarget, close };
}

/** CPU microseconds the target spends while `work` runs. */
export async function cpuMicrosDuring(target, work) {
  const before = await target.ask('cpuMicros');
  const result = await work();
  const after = await target.ask('cpuMicros');
  return { micros: after - before, result };
}

function canPin() {
  if (availableParallelism() < 2) return false;
  try {
    execFileSync(PIN_COMMAND, ['-c', CLIENT_CORE, 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
