import type { Result } from './simulate.js';
import { PLACES } from './world.js';

/** The results as a table in Markdown. */
export function tableOf(results: readonly Result[], fixed: readonly Result[]): string {
  const rows = [
    ...results.map((result) => row(`\`${result.strategy}\``, result)),
    ...fixed.map((result, at) => row(`always ${PLACES[at]?.id ?? ''} first`, result)),
  ];
  return `${[HEAD, RULE, ...rows].join('\n')}\n`;
}

const HEAD =
  '| strategy | first token, mean | p50 | p99 | $ per million calls | 429s | failed | largest share | serves again after |';
const RULE = '| --- | --: | --: | --: | --: | --: | --: | --- | --: |';

function row(name: string, result: Result): string {
  const [largest, share] = Object.entries(result.shares).sort(([, a], [, b]) => b - a)[0] ?? ['', 0];
  const ms = (value: number) => `${Math.round(value)} ms`;
  const recovered = result.recoveredAfterS === undefined ? '–' : `${result.recoveredAfterS} s`;
  const cells = [
    name,
    ms(result.meanMs),
    ms(result.p50Ms),
    ms(result.p99Ms),
    Math.round(result.costPerMillion).toLocaleString('en-US'),
    result.refused,
    result.failed,
    `${largest} ${(share * 100).toFixed(0)} %`,
    recovered,
  ];
  return `| ${cells.join(' | ')} |`;
}
