import { mkdirSync, writeFileSync } from 'node:fs';
import { DefaultReporter, type TestModule } from 'vitest/node';

const countsFile = new URL('../node_modules/.cache/test-counts.json', import.meta.url);

/**
 * Prints the test files that failed and the closing summary, nothing else. Leaves the counts, the names of what failed and the
 * time of each file where `npm test` adds them to its own.
 */
export class QuietReporter extends DefaultReporter {
  override onTestModuleEnd(module: TestModule): void {
    if (!module.ok()) super.onTestModuleEnd(module);
  }

  override onTestRunEnd(...run: Parameters<DefaultReporter['onTestRunEnd']>): void {
    super.onTestRunEnd(...run);
    const [modules, unhandledErrors] = run;
    mkdirSync(new URL('.', countsFile), { recursive: true });
    const result = {
      ...countTests(modules, unhandledErrors),
      failures: failures(modules, unhandledErrors),
      files: fileTimes(modules),
    };
    writeFileSync(countsFile, JSON.stringify(result));
  }
}

function countTests(
  modules: ReadonlyArray<TestModule>,
  unhandledErrors: ReadonlyArray<unknown>,
): { passed: number; failed: number; skipped: number } {
  // A rejection nobody caught, or a file or suite that broke outside its tests, is a failure of its own.
  const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
  for (const module of modules) {
    counts.failed += module.errors().length;
    for (const suite of module.children.allSuites()) counts.failed += suite.errors().length;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      counts[state === 'pending' ? 'skipped' : state] += 1;
    }
  }
  return counts;
}

function failures(modules: ReadonlyArray<TestModule>, unhandledErrors: ReadonlyArray<unknown>): string[] {
  const names = unhandledErrors.map(
    (error) => `unhandled: ${error instanceof Error ? error.message : JSON.stringify(error)}`,
  );
  for (const module of modules) {
    for (const error of module.errors()) names.push(`${module.relativeModuleId}: ${error.message}`);
    for (const suite of module.children.allSuites()) {
      for (const error of suite.errors())
        names.push(`${module.relativeModuleId} > ${suite.fullName}: ${error.message}`);
    }
    for (const test of module.children.allTests('failed')) names.push(`${module.relativeModuleId} > ${test.fullName}`);
  }
  return names.map((name) => name.slice(0, 300));
}

function fileTimes(modules: ReadonlyArray<TestModule>): Array<{ file: string; ms: number }> {
  return modules.map((module) => {
    const { collectDuration, setupDuration, duration } = module.diagnostic();
    return { file: module.relativeModuleId, ms: Math.round(collectDuration + setupDuration + duration) };
  });
}
