import { isObject } from '../../answers/json-object.js';
import { messages, USER } from '../checks/chat-order.js';
import { chatTool } from '../checks/chat-tools.js';
import { noField, noValue, onlyValues } from '../checks/fields.js';
import { withField, withTop } from '../examples.js';
import { words } from '../json-places.js';
import type { Complaint, StrictVendorDefinition } from '../strict-rule.js';

const API = 'ollama/ollama, api/types.go';
const MODEL = 'qwen3:8b';

const plainOllama = {
  model: MODEL,
  messages: [
    { role: 'system', content: 'You help.' },
    { role: 'user', content: 'What is the weather in Oslo?', images: ['iVBORw0KGgo='] },
    { role: 'assistant', content: '', tool_calls: [{ function: { name: 'weather', arguments: { city: 'Oslo' } } }] },
    { role: 'tool', content: 'Rain', tool_name: 'weather' },
  ],
  tools: [chatTool('weather')],
  stream: false,
};

const unmarshal = (what: string, field: string, type: string): Complaint => ({
  message: `json: cannot unmarshal ${what} into Go struct field ChatRequest.${field} of type ${type}`,
});

/** Ollama, asked in its own words. */
export const ollama: StrictVendorDefinition = {
  name: 'ollama',
  title: 'Ollama',
  model: MODEL,
  errorBody: ({ message }) => ({ error: message }),
  wires: {
    'ollama-chat': {
      path: '/api/chat',
      plain: plainOllama,
      rules: [
        noValue(
          'messages[].content',
          (content) => content !== null && typeof content !== 'string',
          'content that is no text',
          () => unmarshal('array', 'messages.content', 'string'),
          {
            source: 'github.com/BerriAI/litellm/issues/11273; github.com/BerriAI/litellm/issues/6808',
            refused: withField('messages[role=user].content', [{ type: 'text', text: 'x' }]),
          },
        ),
        noValue(
          'messages[].tool_calls[].function.arguments',
          (value) => typeof value === 'string',
          'arguments written as a text',
          () => unmarshal('string', 'messages.tool_calls.function.arguments', 'api.ToolCallFunctionArguments'),
          {
            source: `${API}, ToolCallFunctionArguments is a map`,
            refused: withField('messages[].tool_calls[].function.arguments', '{"city":"Oslo"}'),
          },
        ),
        noValue(
          'messages[].images[]',
          (image) => typeof image !== 'string' || !/^[A-Za-z0-9+/=\s]*$/.test(image),
          'pictures that are not base64',
          () => ({ message: 'illegal base64 data at input byte 4' }),
          {
            source: `${API}, ImageData is bytes`,
            refused: withField('messages[role=user].images', ['data:image/png;base64,iVBO']),
          },
        ),
        onlyValues(
          'messages[].role',
          words('system user assistant tool'),
          ({ value }) => ({
            message: `invalid role: ${String(value)}, role must be one of [system, user, assistant, tool]`,
          }),
          {
            source: 'ollama/ollama docs/openapi.yaml, ChatMessage',
            refused: messages({ role: 'developer', content: 'x' }, USER),
            accepted: messages({ role: 'system', content: 'x' }, USER),
          },
        ),
        noValue(
          'options.stop',
          (stop) => stop !== null && !Array.isArray(stop),
          '`stop` that is no list',
          () => ({ message: 'option "stop" must be of type array' }),
          {
            source: 'ollama/ollama, api/types.go, Options.FromMap',
            refused: withTop({ options: { stop: 'x' } }),
            accepted: withTop({ options: { stop: ['x'] } }),
          },
        ),
        ...words('temperature top_p').map((name) =>
          noValue(
            `options.${name}`,
            (value) => value !== null && typeof value !== 'number',
            `\`${name}\` that is no number`,
            () => ({ message: `option "${name}" must be of type float32` }),
            {
              source: 'ollama/ollama, api/types.go, Options.FromMap',
              refused: withTop({ options: { [name]: '1' } }),
              accepted: withTop({ options: { [name]: 1 } }),
            },
          ),
        ),
        ...words('num_predict num_ctx seed top_k').map((name) =>
          noValue(
            `options.${name}`,
            (value) => value !== null && typeof value !== 'number',
            `\`${name}\` that is no number`,
            () => ({ message: `option "${name}" must be of type integer` }),
            {
              source: 'ollama/ollama, api/types.go, Options.FromMap',
              refused: withTop({ options: { [name]: '1' } }),
              accepted: withTop({ options: { [name]: 1 } }),
            },
          ),
        ),
        noValue(
          'think',
          (value) => typeof value === 'string' && !['low', 'medium', 'high', 'max'].includes(value),
          'levels of thinking that it does not know',
          ({ value }) => ({
            message: `invalid think value: "${String(value)}" (must be "high", "medium", "low", "max", true, or false)`,
          }),
          {
            source: 'ollama/ollama, api/types.go, ThinkValue',
            tag: 'values',
            refused: withTop({ think: 'minimal' }),
            accepted: withTop({ think: 'low' }),
          },
        ),
        noValue(
          'think',
          (value) => value === true || typeof value === 'string',
          'thinking, at models that do not',
          (_place, { model }) => ({ message: `"${model}" does not support thinking` }),
          {
            source: 'ollama/ollama, server/routes.go',
            when: ({ model }) => /^(llama3|gemma2|gemma3|mistral|phi3|qwen2)/.test(model),
            refused: withTop({ think: true, tools: undefined }, { model: 'llama3.2' }),
            accepted: withTop({ think: false }, { model: 'llama3.2' }),
          },
        ),
        noField(
          'tools',
          [],
          (_place, { model }) => ({ message: `registry.ollama.ai/library/${model} does not support tools` }),
          {
            source: 'github.com/kenlasko/monize/pull/405; github.com/ollama/ollama/issues/6027',
            when: ({ model, body }) =>
              /^(gemma[23]|phi3|llama3:|stablelm|deepseek-r1)/.test(model) &&
              Array.isArray(body.tools) &&
              body.tools.length > 0,
            tag: 'models without',
            refused: withTop({ tools: [chatTool('weather')] }, { model: 'gemma3' }),
            accepted: withTop({ tools: [] }, { model: 'gemma3' }),
          },
        ),
        noValue(
          'format',
          (value) => typeof value === 'string' && value !== 'json' && value !== '',
          'forms of answers other than `json` or a schema',
          ({ value }) => ({
            message: `invalid format: "${String(value)}"; expected "json" or a valid JSON Schema object`,
          }),
          {
            source: 'ollama/ollama, llm/server.go',
            refused: withTop({ format: 'json_object' }),
            accepted: withTop({ format: 'json' }),
          },
        ),
        noValue(
          'tools[].function.parameters.properties',
          (value) => value !== null && !isObject(value),
          'properties that are no object',
          () => unmarshal('array', 'tools.function.parameters.properties', 'map[string]api.ToolProperty'),
          {
            source: `${API}, ToolFunctionParameters`,
            refused: withField('tools[].function.parameters', { type: 'object', properties: [] }),
          },
        ),
      ],
    },
  },
};
