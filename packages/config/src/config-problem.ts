/** Where something stands in a file; lines and columns count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One error that makes a file unusable. */
export interface FileProblem {
  readonly place: Place;
  /** `model_list[0].litellm_params.model`; empty for the file as a whole. */
  readonly path: string;
  /** What was found and what to do. */
  readonly message: string;
}

/** A configuration file that cannot be used, with all errors at once. */
export class ConfigFileError extends Error {
  override readonly name = 'ConfigFileError';
  readonly problems: readonly FileProblem[];

  constructor(file: string, problems: readonly FileProblem[]) {
    const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
    super(`${file} has ${count}:\n${problems.map((problem) => `  ${problemLine(problem)}`).join('\n')}`);
    this.problems = problems;
  }
}

/** `config.yaml:3:5 model_list[0].model_name: …` */
export function problemLine({ place, path, message }: FileProblem): string {
  return `${place.file}:${place.line}:${place.column}${path === '' ? '' : ` ${path}`}: ${message}`;
}
