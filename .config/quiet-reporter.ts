import { mkdirSync, writeFileSync } from 'node:fs';
import { DefaultReporter, type TestModule } from 'vitest/node';

const countsFile = new URL('../node_modules/.cache/test-counts.json', import.meta.url);

/**
 * Prints the test files that failed and the closing summary, nothing else, and leaves the counts where `npm test`
 * adds them to its own.
 */
export class QuietReporter extends DefaultReporter {
  override onTestModuleEnd(module: TestModule): void {
    if (!module.ok()) super.onTestModuleEnd(module);
  }

  override onTestRunEnd(...run: Parameters<DefaultReporter['onTestRunEnd']>): void {
    super.onTestRunEnd(...run);
    const [modules, unhandledErrors] = run;
    mkdirSync(new URL('.', countsFile), { recursive: true });
    writeFileSync(countsFile, JSON.stringify(countTests(modules, unhandledErrors)));
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
