import type { Provider } from '@portico/core/provider';
import { allProviders } from '@portico/providers';
import { ConfigFileError, type FileProblem, type Place } from './config-problem.js';
import { type ConfigFormat, type ConfigReport, type Finding, isUsable } from './config-report.js';
import { deploymentsIn } from './deployments-in.js';
import { readLiteLlm } from './litellm/read-litellm.js';
import { TOP_KEYS } from './litellm/settings-keys.js';
import type { LoadedConfig, ReadOptions } from './loaded-config.js';
import { readNative } from './native/read-native.js';
import { problem, type ReadContext } from './read-context.js';
import type { ConfigNode, MapNode } from './yaml/config-node.js';
import { parseConfigDocument } from './yaml/parse-document.js';

export interface ReadTextOptions extends Omit<ReadOptions, 'shownAs'> {
  /** The text's name in messages. Default `config.yaml`. */
  readonly file?: string;
  /** Returns the text of an included file, by its path as written. Default: nothing can be included. */
  readonly readFile?: (path: string) => string;
}

/**
 * Reads a configuration from a text: the gateway's own format as YAML or JSON, or LiteLLM's `config.yaml`. Throws a
 * `ConfigFileError` that lists all errors with their lines.
 */
export function readConfig(text: string, options: ReadTextOptions = {}): LoadedConfig {
  const { report, loaded } = checkText(text, options);
  if (loaded !== undefined) return loaded;
  throw new ConfigFileError(report.file, [...report.problems, ...refusedKeys(report.findings)].sort(inOrderOfFile));
}

/** How each key of a text is handled; never throws for errors in it. */
export function checkText(
  text: string,
  options: ReadTextOptions = {},
): { readonly report: ConfigReport; readonly loaded: LoadedConfig | undefined } {
  const { file = 'config.yaml', plugins = {} } = options;
  const problems: FileProblem[] = [];
  const findings: Finding[] = [];
  const reading: ReadContext = { environment: options.environment ?? process.env, problems, findings };
  const providers = [...allProviders(), ...(options.providers ?? [])];

  const first = parseConfigDocument(text, file, '1.2', problems);
  const format: ConfigFormat = first !== undefined && isLiteLlm(first) ? 'litellm' : 'native';
  const made =
    first &&
    (format === 'litellm' ? fromLiteLlm() : readNative(first, providers, reading, options.compat === 'litellm'));
  const models = made === undefined ? [] : modelsOf(made.config.models);
  const report: ConfigReport = {
    file,
    format,
    models: models.map(({ name }) => name),
    deployments: models.reduce((sum, { deployments }) => sum + deployments, 0),
    findings: (options.acceptMissing === true ? findings.map(accepted) : findings).sort(inOrderOfFile),
    problems: problems.sort(inOrderOfFile),
  };
  if (made === undefined || !isUsable(report)) return { report, loaded: undefined };
  const config = withProviders(made.config, options.providers);
  return { report, loaded: { ...made, config, report } };

  function fromLiteLlm(): Omit<LoadedConfig, 'report'> | undefined {
    const root = parseConfigDocument(text, file, '1.1', problems);
    const around = {
      environment: reading.environment,
      credentials: options.credentials ?? reading.environment,
      plugins,
      providers,
      readIncluded,
      isCompatible: options.compat === 'litellm',
    };
    return root && readLiteLlm(root, around, reading);
  }

  function readIncluded(path: string, named: ConfigNode): MapNode | undefined {
    const found: FileProblem[] = [];
    let included: MapNode | undefined;
    try {
      if (options.readFile === undefined) throw new Error('a configuration given as text cannot include files');
      included = parseConfigDocument(options.readFile(path), besideFile(file, path), '1.1', found);
    } catch (error) {
      return problem(reading, named, `"${path}" cannot be read: ${reasonOf(error)}.`);
    }
    problems.push(...found);
    return included;
  }
}

function accepted(finding: Finding): Finding {
  if (finding.verdict !== 'refused') return finding;
  return { ...finding, verdict: 'ignored', message: `MISSING, and accepted as missing: ${finding.message}` };
}

/** The order of reading, file by file. */
export function inOrderOfFile(
  { place: a }: { readonly place: Place },
  { place: b }: { readonly place: Place },
): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.column - b.column;
}

/** LiteLLM's files are recognised by their keys; the gateway's own have `models`. */
function isLiteLlm(root: MapNode): boolean {
  if (root.entries.has('models')) return false;
  return Object.keys(TOP_KEYS).some((key) => root.entries.has(key));
}

function modelsOf(models: unknown): readonly { readonly name: string; readonly deployments: number }[] {
  if (typeof models !== 'object' || models === null) return [];
  return Object.entries(models).map(([name, model]) => ({
    name,
    deployments: deploymentsIn(model, (other) => Object.hasOwn(models, other)).length,
  }));
}

function withProviders(
  config: LoadedConfig['config'],
  providers: readonly Provider[] | undefined,
): LoadedConfig['config'] {
  return providers === undefined ? config : { ...config, providers };
}

export function refusedKeys(findings: readonly Finding[]): readonly FileProblem[] {
  return findings
    .filter(({ verdict }) => verdict === 'refused')
    .map(({ path, place, message }) => ({ path, place, message: `${message}.` }));
}

function besideFile(file: string, path: string): string {
  const slash = Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\'));
  return path.startsWith('/') ? path : `${file.slice(0, slash + 1)}${path}`;
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is no such file';
  return code ?? message;
}
