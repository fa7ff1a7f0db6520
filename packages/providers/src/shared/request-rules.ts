import type { EncodeTarget, JsonObject } from '@portico/core';

/** What a vendor's requests spell differently from OpenAI's. */
export interface RequestRules {
  /** Fields by another name: OpenAI's to the vendor's. */
  readonly renames?: Readonly<Record<string, string>>;
  /** Fields the vendor refuses or ignores; dropped where the deployment drops the unsupported, else the vendor may say so itself. */
  readonly unsupported?: readonly string[];
  /** Usage comes without asking, and asking may be refused. Default: ask. */
  readonly usage?: 'unasked';
  /** There is no `developer` role; such messages become `system` messages. */
  readonly developerRole?: false;
  /** Messages may not hold `name`. */
  readonly names?: false;
  /** Fields may not be null. */
  readonly nulls?: false;
  /** Content may not be a list of parts; lists of nothing but text are joined. */
  readonly textParts?: false;
  /** Functions may not hold `strict`. */
  readonly strict?: false;
  /** `tool_choice: "required"` is spelled `"any"`, or cannot be said. */
  readonly toolChoiceRequired?: 'any' | false;
  /** `response_format` knows `json_object` only. */
  readonly jsonSchema?: false;
  /** Where assistant messages carry the reasoning of earlier turns. Default: `reasoning_content`, as it comes. */
  readonly reasoningField?: 'reasoning';
  /** Fields of messages in which other vendors keep the state of their reasoning; dropped with a warning (R-XL-1). */
  readonly foreignFields?: readonly string[];
  /** Ids of tool calls must be nine letters and digits; those of other vendors' calls are given one, the same each time. */
  readonly toolCallIds?: 'nine characters';
  /** Values that are the vendor's own defaults and that it refuses to be told. */
  readonly defaults?: Readonly<Record<string, unknown>>;
}

/** Changes the upstream's body, which is a shallow copy of the client's: what lies below its first level is replaced, never changed. */
export type Edit = (body: JsonObject, target: EncodeTarget) => void;
