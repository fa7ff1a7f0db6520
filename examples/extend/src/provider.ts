import { GatewayError, isJsonObject, NO_USAGE, reveal } from '@portico/core';
import type { Provider } from '@portico/core/provider';

/**
 * A vendor with an API of its own: `POST /generate` takes `{ prompt }` and answers `{ text, tokens: { in, out } }`.
 * Add it with `providers: [parrot]`, and use it as `'parrot/any-model'`.
 */
export const parrot: Provider = {
  name: 'parrot',
  needsKey: true,
  keyVariables: ['PARROT_API_KEY'],
  codecs: {
    'chat.completions': {
      encode: ({ messages }, { model }) => ({
        model,
        prompt: Array.isArray(messages) ? messages.map((message) => String(message.content)).join('\n') : '',
      }),
      decode: ({ text, tokens }, { model, createdAt }) => {
        const [input, output] = isJsonObject(tokens) ? [Number(tokens.in), Number(tokens.out)] : [0, 0];
        const message = { role: 'assistant', content: String(text) };
        const usage = { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
        const choices = [{ index: 0, message, finish_reason: 'stop' }];
        return { id: `parrot-${createdAt}`, object: 'chat.completion', created: createdAt, model, choices, usage };
      },
      openStream: () => ({ event: (_data, _name, out) => out.usage(NO_USAGE, '{}'), end: (out) => out.done() }),
    },
  },
  connect: ({ apiKey, baseUrl = 'https://api.parrot.example' }) => ({
    origin: new URL(baseUrl).origin,
    paths: { 'chat.completions': '/generate' },
    headers: { 'content-type': 'application/json', 'x-parrot-key': apiKey === undefined ? '' : reveal(apiKey) },
  }),
  // What each failure means for retries, fallbacks and cooldowns.
  classify: ({ status, text }) =>
    new GatewayError(status === 429 ? 'rate_limited' : status < 500 ? 'invalid_input' : 'upstream_error', text),
};
