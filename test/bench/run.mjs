import { writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { openBench, TARGETS } from './bench.mjs';
import { profileTarget } from './profile.mjs';
import { markdownOf, printScenario, printVerdict } from './report.mjs';
import { calls } from './scenarios/calls.mjs';
import { coldImport } from './scenarios/cold-import.mjs';
import { hostRoutes } from './scenarios/host-routes.mjs';
import { inFront } from './scenarios/in-front.mjs';
import { inProcess } from './scenarios/in-process.mjs';
import { latency } from './scenarios/latency.mjs';
import { leaving } from './scenarios/leaving.mjs';
import { memory } from './scenarios/memory.mjs';
import { mounts } from './scenarios/mounts.mjs';
import { routing } from './scenarios/routing.mjs';
import { streams } from './scenarios/streams.mjs';
import { translated } from './scenarios/translated.mjs';

const SCENARIOS = [
  coldImport,
  routing,
  calls,
  mounts,
  inProcess,
  streams,
  translated,
  hostRoutes,
  inFront,
  leaving,
  latency,
  memory,
];

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
    json: { type: 'string' },
    markdown: { type: 'boolean', default: false },
    profile: { type: 'string' },
    streams: { type: 'boolean', default: false },
  },
});
refuseUnknown(
  '--only',
  flags.only ?? [],
  SCENARIOS.map(({ name }) => name),
);
refuseUnknown('--profile', flags.profile === undefined ? [] : [flags.profile], Object.keys(TARGETS));

const bench = await openBench({ quick: flags.quick });
try {
  if (flags.profile === undefined) await measure();
  else await profileTarget(bench, flags.profile, { isStreaming: flags.streams });
} finally {
  bench.close();
}

async function measure() {
  const startedAt = performance.now();
  console.log(
    `Node ${process.versions.node}, ${process.arch}; ${bench.isPinned ? 'targets on one core, upstream and client on another' : 'not pinned to cores'}`,
  );
  const [load] = loadavg();
  if (load > 1) console.log(`load average ${load.toFixed(1)}: something else is running, and the ratios will wander`);
  const results = [];
  for (const scenario of SCENARIOS) {
    if (flags.only !== undefined && !flags.only.includes(scenario.name)) continue;
    const result = await scenario.run(bench);
    results.push({ name: scenario.name, ...result });
    if (!flags.markdown) printScenario(result);
  }
  const checks = results.flatMap((result) => result.checks);
  if (flags.markdown) console.log(`\n${markdownOf(results)}`);
  else if (checks.length > 0) printVerdict(checks);
  if (flags.json !== undefined)
    writeFileSync(flags.json, `${JSON.stringify({ node: process.versions.node, results }, null, 2)}\n`);
  console.log(`\n${Math.round((performance.now() - startedAt) / 1_000)} s`);
}

function refuseUnknown(flag, given, known) {
  const unknown = given.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  console.error(`${flag} ${unknown}: there is ${known.join(', ')}.`);
  process.exit(1);
}
