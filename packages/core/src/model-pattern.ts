import type { ModelGroup } from './model-group.js';

/** A name with stars in the configuration, and the groups it makes of the names that fit it. */
export interface ModelPattern {
  /** As the configuration spells it: `openai/*`. */
  readonly name: string;
  /** The group of a name, made anew each time; undefined where the name does not fit. Throws `model_not_found` where it fits and nobody could be asked. */
  groupOf(name: string): ModelGroup | undefined;
}

/** What may be asked for where groups are named so: a star stands for any text, everything else for itself. */
export type ModelName<Name extends string> = Name extends `${infer Head}*${infer Tail}`
  ? `${Head}${string}${ModelName<Tail>}`
  : Name;
