import { isJsonObject, type JsonObject } from '../../encoding/json.js';

/** Why an answer ended, in the fields of the Messages API. */
export interface Stop {
  readonly stop_reason: string;
  readonly stop_sequence: string | null;
}

const STOP_REASONS: Readonly<Record<string, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  function_call: 'tool_use',
  content_filter: 'refusal',
};

/**
 * From the finish reason of a choice, and from the sequence that ended it. A message with a call never ends with
 * "stop": clients would not run the tool, and OpenAI says so if a tool was forced by name.
 */
export function stopOf(finish: unknown, calls: boolean, sequence: string | undefined): Stop {
  const reason = STOP_REASONS[String(finish)] ?? 'end_turn';
  if (reason !== 'end_turn') return { stop_reason: reason, stop_sequence: null };
  if (calls) return { stop_reason: 'tool_use', stop_sequence: null };
  if (sequence !== undefined) return { stop_reason: 'stop_sequence', stop_sequence: sequence };
  return { stop_reason: 'end_turn', stop_sequence: null };
}

/**
 * The stop sequence that a server names beside the finish reason: vLLM in `stop_reason`, SGLang in `matched_stop`. A
 * number there is the id of a token. Only a sequence that the client asked for counts.
 */
export function stopSequenceIn(choice: JsonObject, request: JsonObject | undefined): string | undefined {
  const asked = isJsonObject(request) && Array.isArray(request.stop_sequences) ? request.stop_sequences : undefined;
  const named = [choice.stop_reason, choice.matched_stop].find((value) => typeof value === 'string' && value !== '');
  return typeof named === 'string' && asked?.includes(named) ? named : undefined;
}
