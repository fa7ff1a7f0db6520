// `npm test`: every check and every test there is. `npm test -- test/mounts` runs the test files whose path matches,
// and passes anything else on to vitest (`npm test -- -t "falls back"`).
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build, installIfNeeded, requireNode, root, run, step } from './workspace.mjs';

const vitest = ['vitest/vitest.mjs', 'run', '--config', '.config/vitest.config.ts'];
/** What must hold on every Node there is, and not only on the one at hand. */
const onEveryNode = [
  'test/matrix',
  'test/clients/real-clients',
  'test/clients/official',
  // Of the drivers of SQLite one comes with newer versions only.
  'test/contracts/stores',
  'test/contracts/sql-counters',
];
const countsFile = join(root, 'node_modules/.cache/test-counts.json');

requireNode();
await installIfNeeded('all');

const filters = process.argv.slice(2);
process.exitCode = filters.length > 0 ? await runSome(filters) : await runAll();

async function runSome(filters) {
  if (!(await build())) return 1;
  return (await run([...vitest, ...filters], 'inherit')).code;
}

async function runAll() {
  const startedAt = Date.now();
  const checks = [
    await build(),
    await step('types', ['typescript/bin/tsc', '-b', 'packages', 'test']),
    await step('biome', ['@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.']),
    await step('oxlint', ['oxlint/bin/oxlint', '--type-aware', '--deny-warnings']),
    await step('knip', ['knip/bin/knip.js', '--no-progress']),
  ];
  const tests = [await runTests()];
  for (const { version, node } of otherNodes()) {
    console.log(`\nhosts and clients on Node ${version}`);
    tests.push(await runTests(onEveryNode, node));
  }

  const passed = sum(tests, 'passed') + checks.filter((ok) => ok).length;
  const failed = sum(tests, 'failed') + checks.filter((ok) => !ok).length;
  const skipped = sum(tests, 'skipped');
  tellSlowest(tests.flatMap((test) => test.files));
  // Last, because a log of CI is often shown from its end only.
  for (const test of tests) for (const failure of test.failures) console.log(`failed: ${failure}`);
  console.log(`\nchecks and tests took ${((Date.now() - startedAt) / 1000).toFixed(0)} s`);
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  return failed === 0 ? 0 : 1;
}

async function runTests(filters = [], node = process.execPath) {
  rmSync(countsFile, { force: true });
  const { code } = await run([...vitest, ...filters], 'inherit', node);
  // Without counts, vitest itself broke down.
  const counts = existsSync(countsFile)
    ? JSON.parse(readFileSync(countsFile, 'utf8'))
    : { passed: 0, failed: 0, skipped: 0, failures: [], files: [] };
  return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

/** Other versions of Node; their packages have a program for some machines only. */
function otherNodes() {
  return ['22', '24']
    .map((version) => ({ version, node: join(root, `test/hosts/runtimes/node_modules/node${version}/bin/node`) }))
    .filter(({ version, node }) => existsSync(node) && !process.versions.node.startsWith(`${version}.`));
}

/** Where the time of the suite goes. */
function tellSlowest(files) {
  const slowest = files.toSorted((a, b) => b.ms - a.ms).slice(0, 12);
  console.log('\nslowest test files');
  for (const { file, ms } of slowest) console.log(`${(ms / 1000).toFixed(1).padStart(7)} s  ${file}`);
}

function sum(counts, key) {
  return counts.reduce((total, count) => total + count[key], 0);
}
