import type { JsonObject } from '@portico/core';
import type { EncodeTarget } from '@portico/core/provider';

/** How a vendor's requests differ from OpenAI's. */
export interface RequestRules {
  /** Other names for fields: OpenAI's to the vendor's. */
  readonly renames?: Readonly<Record<string, string>>;
  /**
   * Fields the vendor rejects or ignores; dropped if the deployment allows it, otherwise the vendor may reject them
   * itself.
   */
  readonly unsupported?: readonly string[];
  /** Usage is sent without the option, and the option may be rejected. Default: send it. */
  readonly usage?: 'unasked';
  /** There is no `developer` role; such messages become `system` messages. */
  readonly developerRole?: false;
  /** Messages must not have `name`. */
  readonly names?: false;
  /** Fields may not be null. */
  readonly nulls?: false;
  /** Content must not be a list of parts; lists of only text are joined. */
  readonly textParts?: false;
  /** Functions must not have `strict`. */
  readonly strict?: false;
  /** `tool_choice: "required"` is named `"any"`, or not supported. */
  readonly toolChoiceRequired?: 'any' | false;
  /** `response_format` supports `json_object` only. */
  readonly jsonSchema?: false;
  /** The field for the reasoning of earlier turns in assistant messages. Default: `reasoning_content`, unchanged. */
  readonly reasoningField?: 'reasoning';
  /** Fields of messages in which other vendors keep their reasoning state; dropped with a warning (R-XL-1). */
  readonly foreignFields?: readonly string[];
  /**
   * Ids of tool calls must be nine letters and digits, or have at most forty characters; other ids are replaced, each
   * always by the same one.
   */
  readonly toolCallIds?: 'nine characters' | 'forty characters';
  /** Anthropic's marks for the cache (`cache_control`) are refused or ignored. Default: they stay. */
  readonly cacheMarks?: boolean;
  /** A system message is accepted at the beginning only. */
  readonly systemFirst?: true;
  /** A message of the user must not follow that of a tool. */
  readonly userAfterTool?: false;
  /** Values that are the vendor's own defaults and that it rejects if they are sent. */
  readonly defaults?: Readonly<Record<string, unknown>>;
}

/**
 * Changes the upstream's body, which is a shallow copy of the client's: anything below its first level is replaced,
 * never changed.
 */
export type Edit = (body: JsonObject, target: EncodeTarget) => void;
