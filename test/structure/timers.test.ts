import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const packages = fileURLToPath(new URL('../../packages', import.meta.url));

// A delay beyond 2^31 - 1 ms fires after 1 ms: `Clock.after` waits in parts, everything else must know its delay.
const TIMER = /\bset(?:Timeout|Interval)\(((?:[^()]|\([^()]*\)|\((?:[^()]|\([^()]*\))*\))*)\)/g;
const KNOWN =
  /(?:,|^)\s*(?:\d[\d_]*|[A-Z][A-Z_]*(?: \* megabytes)?|bodyTimeoutMs|timeoutMs|Math\.min\(.*LONGEST_TIMER_MS\))\s*,?\s*$/;

/** Where `delayMs` has been bounded before. */
const BOUNDED = new Set(['core/src/clock.ts']);

it('no timer but those of the clock takes a delay that a configuration says, unless it is bounded', () => {
  const found = readdirSync(packages, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !/\.(?:test|d)\.ts$/.test(entry.name))
    .map((entry) => relative(packages, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .filter((path) => /^[^/]+\/src\//.test(path) && !path.startsWith('testing/') && !BOUNDED.has(path))
    .flatMap((path) =>
      [...readFileSync(join(packages, path), 'utf8').matchAll(TIMER)]
        .filter(([, given = '']) => !KNOWN.test(given))
        .map(([call]) => `${path}: ${call}`),
    );
  expect(found).toEqual([]);
});
