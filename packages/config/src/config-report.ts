import type { FileProblem, Place } from './config-problem.js';
import { problemLine } from './config-problem.js';

/** What becomes of a key: it works; it is accepted and does nothing; it keeps the file from being used. */
export type Verdict = 'supported' | 'ignored' | 'refused';

/** What becomes of one key of one file. */
export interface Finding {
  readonly verdict: Verdict;
  /** `router_settings.routing_strategy` */
  readonly path: string;
  readonly place: Place;
  /** What it does here, or why it does nothing, or why it cannot be. */
  readonly says: string;
}

export interface ConfigReport {
  readonly file: string;
  readonly format: ConfigFormat;
  /** Names that clients may ask for. */
  readonly models: readonly string[];
  readonly deployments: number;
  readonly findings: readonly Finding[];
  /** What is wrong with the file besides refused keys. */
  readonly problems: readonly FileProblem[];
}

/** The gateway's own shape, or that of LiteLLM's proxy. Portkey's are imported, and not served as they are. */
export type ConfigFormat = 'native' | 'litellm' | 'portkey';

const HEADINGS: readonly (readonly [Verdict, string])[] = [
  ['supported', 'Supported'],
  ['ignored', 'Accepted and ignored'],
  ['refused', 'Refused'],
];

const SHAPES: Readonly<Record<ConfigFormat, string>> = {
  native: "the gateway's own configuration",
  litellm: "LiteLLM's configuration",
  portkey: "Portkey's configuration",
};

/** The report as text, one line a key. */
export function formatReport(report: ConfigReport): string {
  const { file, format, models, deployments, findings, problems } = report;
  const lines = [`${file}: ${SHAPES[format]}, ${count(models.length, 'model')}, ${count(deployments, 'deployment')}`];
  for (const [verdict, heading] of HEADINGS) {
    const found = findings.filter((finding) => finding.verdict === verdict);
    if (found.length === 0) continue;
    lines.push('', `${heading} (${found.length})`);
    const rows = found.map(({ path, place, says }) => ({ place: `${place.file}:${place.line}`, path, says }));
    const placeWidth = Math.max(...rows.map(({ place }) => place.length));
    const pathWidth = Math.min(60, Math.max(...rows.map(({ path }) => path.length)));
    for (const { place, path, says } of rows) {
      lines.push(`  ${place.padEnd(placeWidth)}  ${path.padEnd(pathWidth)}  ${says}`);
    }
  }
  if (problems.length > 0) {
    lines.push('', `Problems (${problems.length})`, ...problems.map((problem) => `  ${problemLine(problem)}`));
  }
  lines.push('', verdictLine(report));
  return lines.join('\n');
}

/** Whether a gateway can be made of the file. */
export function isUsable({ findings, problems }: ConfigReport): boolean {
  return problems.length === 0 && !findings.some(({ verdict }) => verdict === 'refused');
}

function verdictLine(report: ConfigReport): string {
  if (!isUsable(report)) return 'It cannot be used as it is.';
  const ignored = report.findings.filter(({ verdict }) => verdict === 'ignored').length;
  return ignored === 0 ? 'It can be used.' : `It can be used; ${count(ignored, 'key')} will do nothing.`;
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? '' : 's'}`;
}
