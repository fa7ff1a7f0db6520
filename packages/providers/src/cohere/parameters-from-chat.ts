import {
  as,
  each,
  handledElsewhere,
  OPENAI_ANSWERS,
  OPENAI_HINTS,
  type ParameterRules,
  stopsAs,
  unchanged,
  unsupported,
} from '../shared/parameter-rules.js';

/** The translation of each parameter of a chat request. */
export const PARAMETERS: ParameterRules = new Map([
  // chat-completions.ts
  ...each(
    ['model', 'messages', 'max_tokens', 'max_completion_tokens', 'stream', 'stream_options'].concat([
      'tools',
      'tool_choice',
      'functions',
      'function_call',
      // response-format.ts, thinking-from-chat.ts
      'response_format',
      'reasoning_effort',
      'thinking',
    ]),
    handledElsewhere,
  ),
  ...unchanged('temperature', 'seed', 'frequency_penalty', 'presence_penalty'),
  ['top_p', as('p')],
  ['top_k', as('k')],
  ['stop', stopsAs('stop_sequences')],
  ['logprobs', as('logprobs', false)],
  [
    'top_logprobs',
    unsupported('Only the log probabilities of the chosen tokens are returned.', (value) => value === 0),
  ],
  ['parallel_tool_calls', unsupported('The model may always call several tools at once.', (value) => value === true)],
  // Parameters of this API itself, for clients that know them.
  ...unchanged('p', 'k', 'stop_sequences', 'documents', 'citation_options', 'safety_mode', 'priority', 'strict_tools'),
  ...unchanged('raw_prompting'),
  ...OPENAI_HINTS,
  ...OPENAI_ANSWERS,
]);
