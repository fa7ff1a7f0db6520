import type { JsonObject } from '@portico/core';

/** Why an answer ended, as the fields of a choice. */
export interface ChatFinish {
  readonly finish_reason: string;
  /**
   * The vendor's own values where OpenAI's say less, and what a client must send back to continue in the same
   * container.
   */
  readonly provider_specific_fields?: JsonObject;
}

/** Reads `stop_reason` and the fields beside it, of a whole answer or of the end of a stream. */
export function finishToChat(answer: JsonObject, hasToolCalls: boolean): ChatFinish {
  const { stop_reason: reason } = answer;
  const known = FINISH_REASONS.get(reason) ?? 'stop';
  // The model was forced to the tool that stands for a structured answer: it makes a call, which the client does not
  // see.
  const isCall = known === 'stop' || known === 'tool_calls';
  const finishReason = isCall ? (hasToolCalls ? 'tool_calls' : 'stop') : known;
  const details: JsonObject = TELL_ALL.has(reason) ? {} : { stop_reason: reason };
  for (const name of DETAILS) if (answer[name]) details[name] = answer[name];
  if (Object.keys(details).length === 0) return { finish_reason: finishReason };
  return { finish_reason: finishReason, provider_specific_fields: details };
}

/** The fields beside the reason. The last two are Bedrock's. */
const DETAILS = ['stop_sequence', 'stop_details', 'container', 'trace', 'additionalModelResponseFields'];

const FINISH_REASONS: ReadonlyMap<unknown, string> = new Map([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['pause_turn', 'stop'],
  ['compaction', 'stop'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['tool_use', 'tool_calls'],
  ['refusal', 'content_filter'],
  // Bedrock's filters, for every model.
  ['guardrail_intervened', 'content_filter'],
  ['content_filtered', 'content_filter'],
]);

const TELL_ALL: ReadonlySet<unknown> = new Set(['end_turn', 'max_tokens', 'tool_use', null, undefined]);
