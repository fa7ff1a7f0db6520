import { basename, extname } from 'node:path';
import { allProviders } from '@portico/providers';
import { ConfigFileError, type FileProblem } from '../config-problem.js';
import { type Finding, isUsable } from '../config-report.js';
import { deploymentsIn } from '../deployments-in.js';
import { textOf } from '../load-config.js';
import type { ReadOptions } from '../loaded-config.js';
import { readPortkey } from '../portkey/read-portkey.js';
import { inOrderOfFile, refusedKeys } from '../read-config.js';
import { parseConfigDocument } from '../yaml/parse-document.js';
import type { ImportedConfig } from './import-litellm.js';
import { nativeText } from './native-text.js';

export interface ImportPortkeyOptions extends Pick<ReadOptions, 'providers' | 'shownAs'> {
  /** The model that clients request instead of sending the configuration in a header. Default: the name of the file. */
  readonly model?: string;
}

/**
 * Converts one of Portkey's configurations, which must name its models, to the gateway's own. Callers are not part of
 * it: add `keys` or `anonymous`. Throws a `ConfigFileError` if it cannot be used.
 */
export function importPortkey(file: string, options: ImportPortkeyOptions = {}): ImportedConfig {
  const { shownAs = file, model = basename(file, extname(file)) } = options;
  const problems: FileProblem[] = [];
  const findings: Finding[] = [];
  const root = parseConfigDocument(textOf(file, { shownAs }), shownAs, '1.2', problems);
  const providers = [...allProviders(), ...(options.providers ?? [])];
  const group = root && readPortkey(root, providers, { environment: {}, problems, findings });
  const report = {
    file: shownAs,
    format: 'portkey' as const,
    models: [model],
    deployments: deploymentsIn(group, () => false).length,
    findings: findings.sort(inOrderOfFile),
    problems,
  };
  if (group === undefined || !isUsable(report)) {
    throw new ConfigFileError(shownAs, [...problems, ...refusedKeys(findings)].sort(inOrderOfFile));
  }
  const notes = [
    `Converted from ${shownAs}, which was not changed. Clients request the model "${model}".`,
    'Add who may call: "portico keys --id NAME" creates a key.',
  ];
  return { text: nativeText({ models: { [model]: group } }, notes, (value) => value), report };
}
