/** One thing wrong with a configuration. */
export interface ConfigProblem {
  /** `models.smart.deployments[1].model` */
  readonly path: string;
  /** What was found and what to do. */
  readonly message: string;
}

const brand = Symbol.for('portico.ConfigError');

/** A configuration that cannot work, with everything that is wrong with it at once. Thrown at construction, never later. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    const lines = problems.map(({ path, message }) => `  ${path === '' ? 'configuration' : path}: ${message}`);
    super(
      `The gateway's configuration has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n${lines.join('\n')}`,
    );
    this.problems = problems;
  }

  get [brand](): true {
    return true;
  }

  // A bundled and an installed copy of core must recognise each other's errors.
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && brand in value;
  }
}

/** Throws a `ConfigError` if there are any. */
export function throwProblems(problems: readonly ConfigProblem[]): void {
  if (problems.length > 0) throw new ConfigError(problems);
}
