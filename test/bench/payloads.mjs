const WORDS = 'The portico is the entrance built onto a house and not a second building beside it. ';

/** What every client of the benchmark asks: about 1 KB of chat in OpenAI's shape. */
export function chatRequest({ stream }) {
  return {
    model: 'fast',
    messages: [
      { role: 'system', content: filled(340) },
      { role: 'user', content: filled(500) },
    ],
    temperature: 0.2,
    max_tokens: 256,
    ...(stream ? { stream: true } : {}),
  };
}

/** 1 KB. */
export const CHAT_ANSWER = JSON.stringify({
  id: 'chatcmpl-CkV3tTCyO1bWmyTzHnQ4oC0bench',
  object: 'chat.completion',
  created: 1763800000,
  model: 'gpt-4o-mini-2024-07-18',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: filled(433), refusal: null, annotations: [] },
      logprobs: null,
      finish_reason: 'stop',
    },
  ],
  usage: {
    prompt_tokens: 187,
    completion_tokens: 96,
    total_tokens: 283,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: 0,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  },
  service_tier: 'default',
  system_fingerprint: 'fp_560af6e559',
});

const CHUNK = {
  id: 'chatcmpl-CkV3tTCyO1bWmyTzHnQ4',
  object: 'chat.completion.chunk',
  created: 1763800000,
  model: 'gpt-4o-mini-2024-07-18',
  system_fingerprint: 'fp_560af6e559',
};

/** About 250 bytes. */
export const CONTENT_EVENT = event({
  ...CHUNK,
  choices: [{ index: 0, delta: { content: ' portico' }, logprobs: null, finish_reason: null }],
});
export const FINISH_EVENT = event({
  ...CHUNK,
  choices: [{ index: 0, delta: {}, logprobs: null, finish_reason: 'stop' }],
});
export const USAGE_EVENT = event({
  ...CHUNK,
  choices: [],
  usage: { prompt_tokens: 187, completion_tokens: 198, total_tokens: 385 },
});
export const DONE_EVENT = 'data: [DONE]\n\n';

/** The same answers in Anthropic's wire. */
export const MESSAGE_ANSWER = JSON.stringify({
  id: 'msg_01CkV3tTCyO1bWmyTzHnQ4oC',
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-4-5-20250929',
  content: [{ type: 'text', text: filled(560) }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: {
    input_tokens: 187,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
    output_tokens: 96,
    service_tier: 'standard',
  },
});
export const MESSAGE_OPENING =
  named({
    type: 'message_start',
    message: {
      id: 'msg_01CkV3tTCyO1bWmyTzHnQ4oC',
      type: 'message',
      role: 'assistant',
      model: 'claude-sonnet-4-5-20250929',
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { input_tokens: 187, output_tokens: 1 },
    },
  }) + named({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } });
export const MESSAGE_DELTA = named({
  type: 'content_block_delta',
  index: 0,
  delta: { type: 'text_delta', text: ' portico' },
});
export const MESSAGE_END =
  named({ type: 'content_block_stop', index: 0 }) +
  named({
    type: 'message_delta',
    delta: { stop_reason: 'end_turn', stop_sequence: null },
    usage: { output_tokens: 198 },
  }) +
  named({ type: 'message_stop' });

function named(event) {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

function event(chunk) {
  return `data: ${JSON.stringify(chunk)}\n\n`;
}

function filled(length) {
  return WORDS.repeat(Math.ceil(length / WORDS.length)).slice(0, length);
}
