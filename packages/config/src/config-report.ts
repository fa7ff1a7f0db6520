import type { FileProblem, Place } from './config-problem.js';
import { problemLine } from './config-problem.js';

/**
 * How a key is handled: it is supported; it is ignored; its deployment cannot be served and is left out; or it makes
 * the file unusable.
 */
export type Verdict = 'supported' | 'ignored' | 'left out' | 'refused';

/** How one key of one file is handled. */
export interface Finding {
  readonly verdict: Verdict;
  /** `router_settings.routing_strategy` */
  readonly path: string;
  readonly place: Place;
  /** What it does here, or why it does nothing, or why it is an error. */
  readonly message: string;
}

export interface ConfigReport {
  readonly file: string;
  readonly format: ConfigFormat;
  /** The names that clients may request. */
  readonly models: readonly string[];
  readonly deployments: number;
  readonly findings: readonly Finding[];
  /** Errors in the file besides refused keys. */
  readonly problems: readonly FileProblem[];
}

/** The gateway's own format, or LiteLLM's. Portkey's files are imported, not served directly. */
export type ConfigFormat = 'native' | 'litellm' | 'portkey';

const HEADINGS: readonly (readonly [Verdict, string])[] = [
  ['supported', 'Supported'],
  ['ignored', 'Accepted and ignored'],
  ['left out', 'Left out: deployments that cannot be served'],
  ['refused', 'Refused'],
];

const SHAPES: Readonly<Record<ConfigFormat, string>> = {
  native: "the gateway's own configuration",
  litellm: "LiteLLM's configuration",
  portkey: "Portkey's configuration",
};

/** The report as text, one line per key. */
export function formatReport(report: ConfigReport): string {
  const { file, format, models, deployments, findings, problems } = report;
  const lines = [`${file}: ${SHAPES[format]}, ${count(models.length, 'model')}, ${count(deployments, 'deployment')}`];
  for (const [verdict, heading] of HEADINGS) {
    const found = findings.filter((finding) => finding.verdict === verdict);
    if (found.length === 0) continue;
    lines.push('', `${heading} (${found.length})`);
    const rows = found.map(({ path, place, message }) => ({
      place: `${place.file}:${place.line}`,
      path,
      message: message,
    }));
    const placeWidth = Math.max(...rows.map(({ place }) => place.length));
    const pathWidth = Math.min(60, Math.max(...rows.map(({ path }) => path.length)));
    for (const { place, path, message } of rows) {
      lines.push(`  ${place.padEnd(placeWidth)}  ${path.padEnd(pathWidth)}  ${message}`);
    }
  }
  if (problems.length > 0) {
    lines.push('', `Problems (${problems.length})`, ...problems.map((problem) => `  ${problemLine(problem)}`));
  }
  lines.push('', verdictLine(report));
  return lines.join('\n');
}

/** Whether a gateway can be created from the file. */
export function isUsable({ findings, problems }: ConfigReport): boolean {
  return problems.length === 0 && !findings.some(({ verdict }) => verdict === 'refused');
}

function verdictLine(report: ConfigReport): string {
  if (!isUsable(report)) return 'It cannot be used.';
  const ignored = report.findings.filter(({ verdict }) => verdict === 'ignored').length;
  return ignored === 0 ? 'It can be used.' : `It can be used; ${count(ignored, 'key')} will have no effect.`;
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? '' : 's'}`;
}
