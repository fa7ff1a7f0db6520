import type { JsonObject } from '@portico/core';
import { describe, expect, it } from 'vitest';
import { target } from '../../test/read-stream.js';
import { chatCompletions } from './chat-completions.js';

describe('the tools of a chat, told to Anthropic', () => {
  it('are functions with a schema, strict where both sides allow it', () => {
    const closed = {
      type: 'object',
      properties: { city: { type: 'string' } },
      required: ['city'],
      additionalProperties: false,
    };
    const tools = [
      { type: 'function', function: { name: 'weather', description: 'Tells it.', parameters: closed, strict: true } },
      { type: 'function', function: { name: 'now' } },
    ];
    expect(encode({ tools }).tools).toEqual([
      { name: 'weather', description: 'Tells it.', input_schema: closed, strict: true },
      { name: 'now', input_schema: { type: 'object', properties: {} } },
    ]);
    expect(encode({ tools }, { model: 'claude-sonnet-4-20250514' }).tools?.[0]).not.toHaveProperty('strict');
  });

  it('are not strict where the vendor would refuse the whole request for it', () => {
    const bounded = { type: 'object', properties: { n: { type: 'integer', minimum: 1 } }, additionalProperties: false };
    const open = { type: 'object', properties: { n: { type: 'integer' } } };
    for (const parameters of [bounded, open]) {
      expect(encode({ tools: [fn('f', { parameters, strict: true })] }).tools?.[0]).toEqual({
        name: 'f',
        input_schema: parameters,
      });
    }
    const closed = { type: 'object', properties: { n: { type: 'integer' } }, additionalProperties: false };
    const many = Array.from({ length: 21 }, (_, index) => fn(`f${index}`, { parameters: closed, strict: true }));
    const { tools, warnings } = encode({ tools: many });
    expect(tools?.some(({ strict }) => strict)).toBe(false);
    expect(warnings).toEqual(['"strict" was left out: this API accepts at most 20 strict tools.']);
  });

  it('have an object without alternatives at the root of their schema (R-XL-2)', () => {
    const schemaOf = (parameters: JsonObject) => encode({ tools: [fn('f', { parameters })] }).tools?.[0]?.input_schema;
    expect(schemaOf({})).toEqual({ type: 'object', properties: {} });
    expect(schemaOf({ properties: { a: {} } })).toEqual({ type: 'object', properties: { a: {} } });
    expect(schemaOf({ $ref: '#/$defs/A', $defs: { A: { type: 'object', properties: { a: {} } } } })).toEqual({
      type: 'object',
      properties: { a: {} },
      $defs: { A: { type: 'object', properties: { a: {} } } },
    });
    expect(
      schemaOf({
        oneOf: [
          { type: 'object', properties: { kind: { const: 'a' }, x: { type: 'string' } }, required: ['kind', 'x'] },
          { type: 'object', properties: { kind: { const: 'b' } }, required: ['kind'] },
        ],
      }),
    ).toEqual({
      type: 'object',
      properties: { kind: { anyOf: [{ const: 'a' }, { const: 'b' }] }, x: { type: 'string' } },
      required: ['kind'],
    });
    expect(
      schemaOf({
        allOf: [{ properties: { a: {} }, required: ['a'] }, { $ref: '#/$defs/B' }],
        $defs: { B: { properties: { b: {} } } },
      }),
    ).toEqual({
      type: 'object',
      properties: { a: {}, b: {} },
      required: ['a'],
      $defs: { B: { properties: { b: {} } } },
    });
  });

  it("carry this wire's own fields, and tools of its own as they are", () => {
    const cache_control = { type: 'ephemeral' };
    const search = { type: 'web_search_20250305', name: 'web_search', max_uses: 2 };
    const { tools } = encode({ tools: [{ ...fn('f'), cache_control, defer_loading: true }, search] });
    expect(tools).toEqual([
      { name: 'f', input_schema: { type: 'object', properties: {} }, defer_loading: true, cache_control },
      search,
    ]);
  });

  it('may be the deprecated functions', () => {
    const { tools, tool_choice } = encode({
      functions: [{ name: 'f', parameters: { type: 'object' } }],
      function_call: { name: 'f' },
    });
    expect(tools).toEqual([{ name: 'f', input_schema: { type: 'object' } }]);
    expect(tool_choice).toEqual({ type: 'tool', name: 'f' });
  });

  it('cannot take free text: refused, or left out', () => {
    const tools = [{ type: 'custom', custom: { name: 'run' } }, fn('f')];
    expect(() => encode({ tools })).toThrow(
      expect.objectContaining({ param: 'tools[0]', code: 'unsupported_parameter' }),
    );
    expect(encode({ tools }, { dropUnsupported: true }).tools).toHaveLength(1);
  });

  it.each([
    ['auto', { type: 'auto' }],
    ['none', { type: 'none' }],
    ['required', { type: 'any' }],
    [
      { type: 'function', function: { name: 'g' } },
      { type: 'tool', name: 'g' },
    ],
    [undefined, undefined],
    [null, undefined],
  ])('are chosen by %j', (tool_choice, expected) => {
    expect(encode({ tools: [fn('f'), fn('g')], tool_choice }).tool_choice).toEqual(expected);
  });

  it('are fewer where only some are allowed', () => {
    const allowed = (mode: string, name: string) => ({
      type: 'allowed_tools',
      allowed_tools: { mode, tools: [{ type: 'function', function: { name } }] },
    });
    const { tools, tool_choice } = encode({ tools: [fn('f'), fn('g')], tool_choice: allowed('required', 'g') });
    expect([tools?.map(({ name }) => name), tool_choice]).toEqual([['g'], { type: 'any' }]);
    expect(encode({ tools: [fn('f')], tool_choice: allowed('auto', 'f') }).tool_choice).toEqual({ type: 'auto' });
    expect(() => encode({ tools: [fn('f')], tool_choice: allowed('auto', 'x') })).toThrow(
      expect.objectContaining({ param: 'tool_choice' }),
    );
  });

  it.each([['sometimes'], [{ type: 'function' }], [{ type: 'function', function: { name: 'x' } }], [7]])(
    'are not chosen by %j',
    (tool_choice) => {
      expect(() => encode({ tools: [fn('f')], tool_choice })).toThrow(
        expect.objectContaining({ kind: 'invalid_input', param: 'tool_choice' }),
      );
    },
  );

  it('are called one at a time if the client wants that, and only if there are any', () => {
    const serial = { parallel_tool_calls: false };
    expect(encode({ tools: [fn('f')], ...serial }).tool_choice).toEqual({
      type: 'auto',
      disable_parallel_tool_use: true,
    });
    expect(encode({ tools: [fn('f')], tool_choice: 'required', ...serial }).tool_choice).toEqual({
      type: 'any',
      disable_parallel_tool_use: true,
    });
    expect(encode({ tools: [fn('f')], tool_choice: 'none', ...serial }).tool_choice).toEqual({ type: 'none' });
    expect(encode(serial)).not.toHaveProperty('tool_choice');
    expect(encode({ tools: [fn('f')], parallel_tool_calls: true })).not.toHaveProperty('tool_choice');
  });

  it('are remembered, uncallable, where the conversation has calls and the request no tools', () => {
    const messages = [
      { role: 'user', content: 'Go' },
      { role: 'assistant', tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }] },
      { role: 'tool', tool_call_id: 'a', content: 'x' },
    ];
    const { tools, tool_choice } = encode({ messages });
    expect(tools).toEqual([{ name: 'f', input_schema: { type: 'object', properties: {} } }]);
    expect(tool_choice).toEqual({ type: 'none' });
  });

  it('are offered and not forced where the model refuses that, and nothing else is offered', () => {
    const tools = [fn('f'), fn('g')];
    const named = encode(
      { tools, tool_choice: { type: 'function', function: { name: 'g' } } },
      { model: 'claude-fable-5' },
    );
    expect([named.tools?.map(({ name }) => name), named.tool_choice]).toEqual([['g'], { type: 'auto' }]);
    expect(named.warnings).toHaveLength(1);
    expect(encode({ tools, tool_choice: 'required' }, { model: 'claude-fable-5' }).tool_choice).toEqual({
      type: 'auto',
    });
  });

  it('hold a search of the web for who asks for one', () => {
    const approximate = { city: 'Rome', country: 'IT' };
    const { tools } = encode({
      web_search_options: { search_context_size: 'high', user_location: { type: 'approximate', approximate } },
    });
    expect(tools).toEqual([
      {
        type: 'web_search_20250305',
        name: 'web_search',
        max_uses: 10,
        user_location: { type: 'approximate', ...approximate },
      },
    ]);
    expect(encode({ web_search_options: {} }).tools?.[0]?.max_uses).toBe(5);
  });
});

interface Encoded {
  readonly tools?: JsonObject[];
  readonly tool_choice?: JsonObject;
  readonly warnings: string[];
}

function encode(request: JsonObject, changes: { model?: string; dropUnsupported?: boolean } = {}): Encoded {
  const to = target({ model: 'claude-sonnet-4-5', ...changes });
  return {
    ...chatCompletions.encode({ messages: [{ role: 'user', content: 'Hi' }], ...request }, to),
    warnings: to.warnings,
  };
}

function fn(name: string, fields: object = {}) {
  return { type: 'function', function: { name, ...fields } };
}
