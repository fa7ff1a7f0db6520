import type { UpstreamOperationName } from '@portico/core';
import type { ConnectionSettings } from '@portico/core/provider';

/** Prefix of a model name in a reference: it is called through the Responses API, whichever API its client uses. */
const RESPONSES_PREFIX = 'responses/';

/** OpenAI's models that have no chat completions. */
const RESPONSES_ONLY = /^(?:o[13]-pro|gpt-5(?:\.\d+)?-pro|.*-codex\b|codex-mini|.*-deep-research|computer-use-preview)/;

/** The model name in a reference to one of OpenAI's, and its operations. */
export function modelOf<Operation extends UpstreamOperationName>(
  settings: Pick<ConnectionSettings, 'model' | 'baseModel'>,
  operations: readonly Operation[],
): { readonly model: string; readonly operations: readonly Operation[] } {
  const isAsked = settings.model.startsWith(RESPONSES_PREFIX);
  const model = isAsked ? settings.model.slice(RESPONSES_PREFIX.length) : settings.model;
  const isAlone = isAsked || RESPONSES_ONLY.test(settings.baseModel ?? model);
  return { model, operations: isAlone ? operations.filter((name) => name !== 'chat.completions') : operations };
}
