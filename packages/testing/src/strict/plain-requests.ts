import { CALL, RESULT, SYSTEM, USER } from './checks/chat-order.js';
import { chatTool } from './checks/chat-tools.js';
import type { JsonObject } from './json-places.js';

const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const WEATHER = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };

/** A picture in a user's message. */
const PICTURE = { type: 'image_url', image_url: { url: `data:image/png;base64,${PIXEL}` } };

/** What a vendor's chat takes beside the words. */
export interface ChatExtent {
  /** Pictures in the user's message. */
  readonly pictures?: boolean;
  /** Content as a list of parts. */
  readonly parts?: boolean;
  readonly tools?: boolean;
  /** What the assistant's call must carry, such as its thoughts. */
  readonly call?: JsonObject;
}

/** A chat with a system message, a question, a call of a tool and its result. */
export function plainChat(model: string, { pictures, parts = true, tools = true, call }: ChatExtent = {}): JsonObject {
  const question = { ...USER, content: parts ? [{ type: 'text', text: USER.content }] : USER.content };
  const seen = pictures ? { ...question, content: [{ type: 'text', text: USER.content }, PICTURE] } : question;
  if (!tools) return { model, messages: [SYSTEM, seen] };
  return { model, messages: [SYSTEM, seen, { ...CALL, ...call }, RESULT], tools: [chatTool('weather', WEATHER)] };
}

/** The same as Anthropic's Messages. */
export function plainMessages(model: string, pictures = true): JsonObject {
  const text = { type: 'text', text: 'What is the weather in Oslo?' };
  const picture = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PIXEL } };
  return {
    model,
    max_tokens: 4000,
    system: [{ type: 'text', text: 'You help.' }],
    messages: [
      { role: 'user', content: pictures ? [text, picture] : [text] },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'a1B2c3D4e', name: 'weather', input: { city: 'Oslo' } }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a1B2c3D4e', content: 'Rain' }] },
    ],
    tools: [{ name: 'weather', description: 'A tool.', input_schema: WEATHER }],
  };
}

/** The same as a request of the Responses API. */
export function plainResponses(model: string): JsonObject {
  return {
    model,
    input: [
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'What is the weather in Oslo?' },
          { type: 'input_image', image_url: PICTURE.image_url.url },
        ],
      },
      { type: 'function_call', call_id: 'call_1', name: 'weather', arguments: '{"city":"Oslo"}' },
      { type: 'function_call_output', call_id: 'call_1', output: 'Rain' },
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'It rains.' }] },
      { role: 'user', content: 'Thanks' },
    ],
    tools: [{ type: 'function', name: 'weather', description: 'A tool.', parameters: WEATHER, strict: false }],
  };
}

/** The same as a request to Gemini. */
export function plainGenerate(): JsonObject {
  return {
    systemInstruction: { parts: [{ text: 'You help.' }] },
    contents: [
      {
        role: 'user',
        parts: [{ text: 'What is the weather in Oslo?' }, { inlineData: { mimeType: 'image/png', data: PIXEL } }],
      },
      { role: 'model', parts: [{ functionCall: { name: 'weather', args: { city: 'Oslo' } } }] },
      { role: 'user', parts: [{ functionResponse: { name: 'weather', response: { result: 'Rain' } } }] },
    ],
    tools: [{ functionDeclarations: [{ name: 'weather', description: 'A tool.', parameters: WEATHER }] }],
    generationConfig: { maxOutputTokens: 1000 },
  };
}

/** The same as a request to Bedrock's Converse. */
export function plainConverse(): JsonObject {
  return {
    system: [{ text: 'You help.' }],
    messages: [
      {
        role: 'user',
        content: [{ text: 'What is the weather in Oslo?' }, { image: { format: 'png', source: { bytes: PIXEL } } }],
      },
      {
        role: 'assistant',
        content: [{ toolUse: { toolUseId: 'a1B2c3D4e', name: 'weather', input: { city: 'Oslo' } } }],
      },
      { role: 'user', content: [{ toolResult: { toolUseId: 'a1B2c3D4e', content: [{ text: 'Rain' }] } }] },
    ],
    inferenceConfig: { maxTokens: 1000 },
    toolConfig: { tools: [{ toolSpec: { name: 'weather', description: 'A tool.', inputSchema: { json: WEATHER } } }] },
  };
}
