// `npm test`: every check and every test there is. `npm test -- test/mounts` runs the test files whose path matches,
// and passes anything else on to vitest (`npm test -- -t "falls back"`).
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build, installIfNeeded, requireNode, root, run, step } from './workspace.mjs';

const vitest = ['vitest/vitest.mjs', 'run', '--config', '.config/vitest.config.ts'];
const countsFile = join(root, 'node_modules/.cache/test-counts.json');

requireNode();
await installIfNeeded();

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
  const tests = await runTests();

  const passed = tests.passed + checks.filter((ok) => ok).length;
  const failed = tests.failed + checks.filter((ok) => !ok).length;
  console.log(`\nchecks and tests took ${((Date.now() - startedAt) / 1000).toFixed(0)} s`);
  console.log(`${passed} passed, ${failed} failed${tests.skipped > 0 ? `, ${tests.skipped} skipped` : ''}`);
  return failed === 0 ? 0 : 1;
}

async function runTests() {
  rmSync(countsFile, { force: true });
  const { code } = await run(vitest, 'inherit');
  // Without counts, vitest itself broke down.
  const counts = existsSync(countsFile)
    ? JSON.parse(readFileSync(countsFile, 'utf8'))
    : { passed: 0, failed: 0, skipped: 0 };
  return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}
