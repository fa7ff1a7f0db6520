import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const CONCURRENCY = 32;
const CALLS = 20_000;
const STREAMS = 256;
const CHUNKS = 100;
const PACE_MS = 20;
const SHOWN = 40;
const MERGED = 1.2;

/** Runs one target warm under V8's sampling profiler and prints where its CPU time goes, per call or per chunk. */
export async function profileTarget(bench, name, { isStreaming }) {
  const target = await bench.startTarget(name);
  const isClient = target.url === undefined;
  if (isClient && isStreaming) throw new Error(`${name} makes JSON calls only.`);
  await bench.upstream.ask('behave', { chunks: CHUNKS, paceMs: PACE_MS });
  if (!isClient) await bench.client.ask('open', target.url, isStreaming ? STREAMS : CONCURRENCY);

  await load();
  await target.ask('startProfile');
  const units = await load();
  const profile = await target.ask('stopProfile');
  target.stop();

  const file = join(mkdtempSync(join(tmpdir(), 'portico-bench-')), `${name}.cpuprofile`);
  writeFileSync(file, JSON.stringify(profile));
  const functions = selfTimes(profile, functionOf);
  console.log(
    `\n${name}: self time in µs per ${isStreaming ? 'chunk' : 'call'} (with the profiler's own cost, without the event loop's polling)\n`,
  );
  for (const [place, micros] of selfTimes(profile, packageOf)) printLine(micros / units, place);
  console.log('');
  for (const [place, micros] of functions.slice(0, SHOWN)) printLine(micros / units, place);
  console.log(`\n  whole profile: ${file}`);

  async function load() {
    if (isClient) await target.ask('drive', CALLS / 2, CONCURRENCY);
    else if (isStreaming) {
      const { eventsPerRead } = await bench.client.ask('streams', STREAMS, CHUNKS, 500);
      if (eventsPerRead > MERGED) console.log(`chunks merged, ${eventsPerRead.toFixed(1)} to a read: too busy to tell`);
      return STREAMS * CHUNKS;
    } else await bench.client.ask('calls', CALLS);
    return isClient ? CALLS / 2 : CALLS;
  }
}

function selfTimes({ nodes, samples, timeDeltas }, keyOf) {
  const keys = new Map(nodes.map((node) => [node.id, keyOf(node.callFrame)]));
  const totals = new Map();
  for (const [index, id] of samples.entries()) {
    const key = keys.get(id);
    totals.set(key, (totals.get(key) ?? 0) + timeDeltas[index]);
  }
  totals.delete('(idle)');
  return [...totals].sort(([, a], [, b]) => b - a);
}

function functionOf({ functionName, url, lineNumber }) {
  if (url === '') return functionName || '(anonymous)';
  return `${functionName || '(anonymous)'}  ${shortened(url)}:${lineNumber + 1}`;
}

/** `@portico/core`, `undici`, `node`, `native` for what has no source, `bench` for the rest. */
function packageOf({ functionName, url }) {
  if (functionName === '(idle)') return functionName;
  if (url === '') return functionName.startsWith('(') ? functionName : 'native';
  if (url.startsWith('node:')) return 'node';
  const own = /packages\/([^/]+)\/dist\//.exec(url);
  if (own !== null) return `@portico/${own[1]}`;
  const installed = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url);
  return installed === null ? 'bench' : installed[1];
}

function shortened(url) {
  return url
    .replace(/^file:\/\/.*\/(?:node_modules|packages)\/(?!\.pnpm)/, '')
    .replace(/^file:\/\/.*\/test\//, 'test/');
}

function printLine(micros, place) {
  console.log(`  ${micros.toFixed(2).padStart(8)}  ${place}`);
}
