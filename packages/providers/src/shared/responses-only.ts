import type { ConnectionSettings, UpstreamOperationName } from '@portico/core';

/** Before a model's name in a reference: it is to be asked on the Responses wire, whichever wire its client speaks. */
const ASK_RESPONSES = 'responses/';

/** OpenAI's models that have no chat completions. */
const RESPONSES_ONLY = /^(?:o[13]-pro|gpt-5(?:\.\d+)?-pro|.*-codex\b|codex-mini|.*-deep-research|computer-use-preview)/;

/** The name of the model in a reference to one of OpenAI's, and which of the operations it has. */
export function modelOf<Operation extends UpstreamOperationName>(
  settings: Pick<ConnectionSettings, 'model' | 'baseModel'>,
  operations: readonly Operation[],
): { readonly model: string; readonly operations: readonly Operation[] } {
  const isAsked = settings.model.startsWith(ASK_RESPONSES);
  const model = isAsked ? settings.model.slice(ASK_RESPONSES.length) : settings.model;
  const isAlone = isAsked || RESPONSES_ONLY.test(settings.baseModel ?? model);
  return { model, operations: isAlone ? operations.filter((name) => name !== 'chat.completions') : operations };
}
