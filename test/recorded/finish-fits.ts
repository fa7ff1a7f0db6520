/** Vendors' own words for why they ended, and what the chat wire calls it. */
const SPELLINGS: Readonly<Record<string, string>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  pause_turn: 'stop',
  completed: 'stop',
  complete: 'stop',
  eos: 'stop',
  eos_token: 'stop',
  max_tokens: 'length',
  max_output_tokens: 'length',
  model_length: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  refusal: 'content_filter',
  guardrail_intervened: 'content_filter',
  // Cohere
  COMPLETE: 'stop',
  STOP_SEQUENCE: 'stop',
  TOOL_CALL: 'tool_calls',
  // Google
  STOP: 'stop',
  1: 'stop',
  MAX_TOKENS: 'length',
  2: 'length',
  SAFETY: 'content_filter',
  UNEXPECTED_TOOL_CALL: 'stop',
};

/** Whether a finish reason says on the chat wire what the vendor said in its own. */
export function finishFits(finish: unknown, native: string | number, calledTools: boolean): boolean {
  const wanted = SPELLINGS[native] ?? native;
  return finish === wanted || (calledTools && finish === 'tool_calls' && wanted === 'stop');
}
