import type { JsonObject } from '@portico/core';
import { describe, expect, it } from 'vitest';
import { readEvents, target } from '../../test/read-stream.js';
import { chatCompletions } from './chat-completions.js';
import { ANSWER_TOOL } from './structured-output.js';

const person = {
  type: 'object',
  properties: { name: { type: 'string' }, age: { type: 'integer' } },
  required: ['name', 'age'],
  additionalProperties: false,
};
const OLDER = 'claude-sonnet-4-20250514';

describe('an answer of a form that was asked for', () => {
  it('is enforced by the vendor where the model allows that', () => {
    const { output_config, tools, warnings } = encode(person);
    expect([output_config, tools, warnings]).toEqual([
      { format: { type: 'json_schema', schema: person } },
      undefined,
      [],
    ]);
  });

  it('stands beside an effort and tools', () => {
    const { output_config, tools, tool_choice } = encode(person, 'claude-opus-4-6', {
      reasoning_effort: 'low',
      tools: [fn],
    });
    expect(output_config).toEqual({ effort: 'low', format: { type: 'json_schema', schema: person } });
    expect([(tools as JsonObject[]).length, tool_choice]).toEqual([1, undefined]);
  });

  it('has a schema that closes its objects, and tells of bounds that nobody enforces (R-XL-2)', () => {
    const { output_config, warnings } = encode({
      type: 'object',
      properties: {
        age: { type: 'integer', minimum: 0, description: 'In years.' },
        mail: { type: 'string', format: 'email', pattern: '^(?!x)' },
        code: { type: 'string', format: 'isbn', pattern: '^[a-z]+$' },
        tags: { type: 'array', items: { type: 'string', maxLength: 5 }, minItems: 1, maxItems: 3 },
        pet: { oneOf: [{ type: 'object', properties: { cat: { const: true } } }, { type: 'null' }] },
      },
    });
    expect((output_config as JsonObject).format).toEqual({
      type: 'json_schema',
      schema: {
        type: 'object',
        properties: {
          age: { type: 'integer', description: 'In years.\n\n{minimum: 0}' },
          mail: { type: 'string', format: 'email', description: '{pattern: "^(?!x)"}' },
          code: { type: 'string', pattern: '^[a-z]+$', description: '{format: "isbn"}' },
          tags: {
            type: 'array',
            items: { type: 'string', description: '{maxLength: 5}' },
            minItems: 1,
            description: '{maxItems: 3}',
          },
          pet: {
            anyOf: [
              { type: 'object', properties: { cat: { const: true } }, additionalProperties: false },
              { type: 'null' },
            ],
          },
        },
        additionalProperties: false,
      },
    });
    expect(warnings).toEqual([
      '"response_format": minimum, pattern, format, maxLength, maxItems are only described to the model, not enforced.',
    ]);
  });

  it.each([
    ['maps', { type: 'object', properties: { scores: { type: 'object', additionalProperties: { type: 'number' } } } }],
    ['objects of any form', { type: 'object', properties: { extra: { type: 'object' } } }],
    ['recursion', { type: 'object', properties: { next: { $ref: '#' } } }],
    [
      'recursion in a definition',
      {
        $ref: '#/$defs/Node',
        $defs: {
          Node: { type: 'object', properties: { children: { type: 'array', items: { $ref: '#/$defs/Node' } } } },
        },
      },
    ],
  ])('comes as the input of a tool where the vendor cannot enforce it: %s', (_what, schema) => {
    const { output_config, tools, tool_choice } = encode(schema);
    expect(output_config).toBeUndefined();
    expect((tools as JsonObject[]).map(({ name }) => name)).toEqual([ANSWER_TOOL]);
    expect(tool_choice).toEqual({ type: 'tool', name: ANSWER_TOOL, disable_parallel_tool_use: true });
  });

  it('may use a definition twice without being recursive', () => {
    const schema = {
      type: 'object',
      properties: { one: { $ref: '#/$defs/P' }, other: { $ref: '#/$defs/P' } },
      $defs: { P: { ...person } },
    };
    expect(encode(schema).output_config).toBeDefined();
  });

  it('comes as the input of a tool from older models, beside the tools of the client', () => {
    const alone = encode(person, OLDER);
    expect(alone.tools).toEqual([
      {
        name: ANSWER_TOOL,
        description: 'Gives the final answer. Always answer by calling this, never in text. A person.',
        input_schema: person,
      },
    ]);
    const beside = encode(person, OLDER, { tools: [fn] });
    expect((beside.tools as JsonObject[]).map(({ name }) => name)).toEqual(['f', ANSWER_TOOL]);
    expect(beside.tool_choice).toEqual({ type: 'any', disable_parallel_tool_use: true });
    const without = encode(person, OLDER, { tools: [fn], tool_choice: 'none' });
    expect(without.tool_choice).toMatchObject({ type: 'tool', name: ANSWER_TOOL });
    const named = { type: 'function', function: { name: 'f' } };
    expect(encode(person, OLDER, { tools: [fn], tool_choice: named }).tool_choice).toEqual({ type: 'tool', name: 'f' });
    const thinking = encode(person, OLDER, { reasoning_effort: 'low' });
    expect([thinking.thinking, thinking.warnings.length]).toEqual([undefined, 1]);
  });

  it('that came as the input of a tool is content to the client, and no call', () => {
    const answer = chatCompletions.decode?.(
      {
        id: 'msg_1',
        content: [
          { type: 'text', text: 'Here:' },
          { type: 'tool_use', id: 't', name: ANSWER_TOOL, input: { name: 'Ada', age: 36 } },
        ],
        stop_reason: 'tool_use',
      },
      target(),
    );
    expect(answer?.choices).toEqual([
      {
        index: 0,
        message: { role: 'assistant', content: '{"name":"Ada","age":36}', refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      },
    ]);
  });

  it('streams as content', () => {
    const { chunks } = readEvents(chatCompletions, [
      { type: 'message_start', message: { id: 'msg_1' } },
      {
        type: 'content_block_start',
        index: 0,
        content_block: { type: 'tool_use', id: 't', name: ANSWER_TOOL, input: {} },
      },
      { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '{"name":' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '"Ada"}' } },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: 'tool_use' } },
      { type: 'message_stop' },
    ]);
    const choices = chunks.flatMap(
      (chunk) => chunk.choices as { delta: { content?: string }; finish_reason: string | null }[],
    );
    expect(choices.map(({ delta }) => delta.content ?? '').join('')).toBe('{"name":"Ada"}');
    expect(choices.some(({ delta }) => 'tool_calls' in delta)).toBe(false);
    expect(choices.at(-1)?.finish_reason).toBe('stop');
  });

  it('is asked for in words where there is no schema', () => {
    const { system, warnings } = encodeFormat({ type: 'json_object' });
    expect(system).toEqual([
      { type: 'text', text: 'Answer with one JSON object and nothing else: no other text, no code fence.' },
    ]);
    expect(warnings).toHaveLength(1);
    expect(encodeFormat({ type: 'json_schema', json_schema: { name: 'any' } }).system).toEqual(system);
  });

  it('is text by default, and refused where nobody knows the form', () => {
    expect(encodeFormat({ type: 'text' })).toMatchObject({ warnings: [] });
    for (const [format, param] of [
      ['json', 'response_format'],
      [{ type: 'xml' }, 'response_format.type'],
      [{ type: 'json_schema' }, 'response_format.json_schema'],
    ] as const) {
      expect(() => encodeFormat(format)).toThrow(expect.objectContaining({ kind: 'invalid_input', param }));
    }
  });
});

const fn = { type: 'function', function: { name: 'f' } };

function encode(schema: JsonObject, model = 'claude-sonnet-4-5', request: JsonObject = {}) {
  const format = {
    type: 'json_schema',
    json_schema: { name: 'person', description: 'A person.', schema, strict: true },
  };
  return encodeFormat(format, model, request);
}

function encodeFormat(response_format: unknown, model = 'claude-sonnet-4-5', request: JsonObject = {}) {
  const to = target({ model });
  const body = chatCompletions.encode({ messages: [{ role: 'user', content: 'Hi' }], response_format, ...request }, to);
  return { ...body, warnings: to.warnings } as JsonObject & { warnings: string[] };
}
