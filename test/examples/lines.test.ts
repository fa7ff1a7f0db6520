import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');

/** The example in which the lines of each host are counted. */
const EXAMPLES = {
  Express: 'examples/sessions/src/express-session.ts',
  Koa: 'examples/koa/src/app.ts',
  NestJS: 'examples/nestjs/src/app.ts',
  Fastify: 'examples/fastify/src/app.ts',
  Hono: 'examples/hono/src/app.ts',
  'Bun, Deno, Workers, Next.js': 'examples/fetch/src/app.ts',
} as const;

describe.each(Object.entries(EXAMPLES))('what an app of %s adds for a gateway', (_, file) => {
  it('is one import and at most five lines', () => {
    const { imports, lines } = addedIn(file);
    expect(imports).toHaveLength(1);
    expect(lines.length).toBeLessThanOrEqual(5);
    expect(lines).not.toEqual([]);
  });
});

it('is said in the README as it is counted', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  expect(/<!-- lines:start -->\n\n([\s\S]*)\n\n<!-- lines:end -->/.exec(readme)?.[1]).toBe(linesTable());
});

/** The block under `// The gateway.`, and wherever else requests are handed to it; what ends a user's calls or the gateway is the app's own business. */
function addedIn(file: string): { readonly imports: readonly string[]; readonly lines: readonly string[] } {
  const source = readFileSync(join(root, file), 'utf8').split('\n');
  const start = source.findIndex((line) => line.trim() === '// The gateway.');
  const length = source.slice(start).findIndex((line) => line.trim() === '' || line.trim().startsWith(']'));
  const outside = source.filter(
    (line, at) =>
      (at < start || at >= start + length) && /\bgateway\.fetch\(/.test(line) && !line.trim().startsWith('//'),
  );
  return {
    imports: source.filter((line) => /from '@portico\/(?!example)/.test(line)),
    lines: [...source.slice(start + 1, start + length), ...outside],
  };
}

function linesTable(): string {
  const rows = Object.entries(EXAMPLES).map(
    ([host, file]) => `| ${host} | ${addedIn(file).lines.length} | [\`${file}\`](${file}) |`,
  );
  return ['| host | lines beside the import | counted in |', '| --- | --- | --- |', ...rows].join('\n');
}
