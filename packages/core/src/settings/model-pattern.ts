import type { ModelGroup } from '../model-group.js';

/** A name with wildcards in the configuration, and the groups it creates for matching names. */
export interface ModelPattern {
  /** As written in the configuration: `openai/*`. */
  readonly name: string;
  /**
   * The group of a name, created each time; undefined if the name does not match. Throws `model_not_found` if it
   * matches and no deployment is possible.
   */
  groupOf(name: string): ModelGroup | undefined;
}

/** The request name of a group where groups have wildcards: a `*` stands for any text, everything else for itself. */
export type ModelName<Name extends string> = Name extends `${infer Head}*${infer Tail}`
  ? `${Head}${string}${ModelName<Tail>}`
  : Name;
