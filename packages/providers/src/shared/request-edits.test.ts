import { GatewayError, type JsonObject, type UpstreamOperationName } from '@portico/core';
import { describe, expect, it } from 'vitest';
import { target } from '../../test/read-stream.js';
import { passThrough, type WireRules } from './pass-through.js';

function encode(
  rules: WireRules,
  request: JsonObject,
  changes = {},
  operation: UpstreamOperationName = 'chat.completions',
) {
  const to = target(changes);
  // Frozen all the way down: whatever changes a client's request fails here.
  const body = passThrough(operation, { providerName: 'acme' }, rules).encode(
    frozen({ model: 'group', ...request }),
    to,
  );
  return { body: body as Loose, warnings: to.warnings };
}

// biome-ignore lint/suspicious/noExplicitAny: bodies are looked into freely, and what is claimed of them is asserted.
type Loose = any;

function frozen<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(frozen);
  return value;
}

describe('a request to an upstream of our own wire', () => {
  it('carries everything, known or not, and only names the model anew (R-XL-4)', () => {
    const request = {
      messages: [{ role: 'user', content: 'hi', x: 1 }],
      top_k: 5,
      extra: { deep: [null] },
      stop: null,
    };
    expect(encode({}, request).body).toEqual({ ...request, model: 'some-model' });
  });

  it('asks for usage in a stream, beside what else the client asks of it', () => {
    const stream = { stream: true };
    expect(encode({}, stream, stream).body.stream_options).toEqual({ include_usage: true });
    const options = { stream_options: { include_obfuscation: false, include_usage: false } };
    expect(encode({}, { ...stream, ...options }, stream).body.stream_options).toEqual({
      include_obfuscation: false,
      include_usage: true,
    });
    expect(encode({}, {}).body).not.toHaveProperty('stream_options');
    expect(encode({}, {}, {}, 'embeddings').body).not.toHaveProperty('stream_options');
  });

  it('does not ask for usage once that was refused, nor where it comes by itself (f44)', () => {
    const stream = { stream: true, stream_options: { include_usage: true } };
    expect(encode({}, stream, { stream: true, mayAskUsage: false }).body).not.toHaveProperty('stream_options');
    expect(encode({ usage: 'unasked' }, stream, { stream: true }).body).not.toHaveProperty('stream_options');
  });
});

describe('a vendor that departs from it', () => {
  it('has fields by another name', () => {
    const rules = {
      renames: { max_completion_tokens: 'max_tokens' },
      embeddingRenames: { dimensions: 'output_dimension' },
    };
    expect(encode(rules, { max_completion_tokens: 7 }).body).toEqual({ model: 'some-model', max_tokens: 7 });
    expect(encode(rules, { max_tokens: 9, max_completion_tokens: 7 }).body.max_tokens).toBe(7);
    expect(encode(rules, { dimensions: 8 }, {}, 'embeddings').body).toEqual({
      model: 'some-model',
      output_dimension: 8,
    });
    expect(encode(rules, { dimensions: 8 }).body.dimensions).toBe(8);
  });

  it('is sent what it does not support unless the deployment drops that, with a warning', () => {
    const rules = { unsupported: ['store', 'seed'] };
    expect(encode(rules, { store: true }).body.store).toBe(true);
    const dropped = encode(rules, { store: true, n: 1 }, { dropUnsupported: true });
    expect(dropped.body).toEqual({ model: 'some-model', n: 1 });
    expect(dropped.warnings).toEqual(['"store" was dropped: acme does not support it.']);
  });

  it('is not told its own defaults where it refuses to be', () => {
    const rules = { defaults: { encoding_format: 'float' } };
    expect(encode(rules, { encoding_format: 'float' }, {}, 'embeddings').body).not.toHaveProperty('encoding_format');
    expect(encode(rules, { encoding_format: 'base64' }, {}, 'embeddings').body.encoding_format).toBe('base64');
  });

  it('knows no developer', () => {
    const messages = [
      { role: 'developer', content: 'be brief' },
      { role: 'user', content: 'hi' },
    ];
    expect(encode({ developerRole: false }, { messages }).body.messages).toEqual([
      { role: 'system', content: 'be brief' },
      messages[1],
    ]);
  });

  it('knows no names and no nulls, but for the content of a message that calls tools', () => {
    const messages = [{ role: 'assistant', name: 'bot', content: null, function_call: null, tool_calls: [] }];
    const { body } = encode({ names: false, nulls: false }, { messages, stop: null });
    expect(body).toEqual({ model: 'some-model', messages: [{ role: 'assistant', content: null, tool_calls: [] }] });
  });

  it('knows text only as a string', () => {
    const text = (value: string) => ({ type: 'text', text: value });
    const image = { type: 'image_url', image_url: { url: 'data:' } };
    const messages = [
      { role: 'user', content: [text('a'), text('b')] },
      { role: 'user', content: [text('a'), image] },
    ];
    expect(encode({ textParts: false }, { messages }).body.messages).toEqual([
      { role: 'user', content: 'ab' },
      messages[1],
    ]);
  });

  it('knows no strict functions', () => {
    const tools = [
      { type: 'function', function: { name: 'f', strict: true } },
      { type: 'custom', custom: { name: 'g' } },
    ];
    expect(encode({ strict: false }, { tools }).body.tools).toEqual([
      { type: 'function', function: { name: 'f' } },
      tools[1],
    ]);
  });

  it('says "any" for a tool that must be called', () => {
    expect(encode({ toolChoiceRequired: 'any' }, { tool_choice: 'required' }).body.tool_choice).toBe('any');
    expect(encode({ toolChoiceRequired: 'any' }, { tool_choice: 'none' }).body.tool_choice).toBe('none');
  });

  it('cannot be made to call a tool: refused, or dropped where that is allowed', () => {
    const rules = { toolChoiceRequired: false } as const;
    expect(() => encode(rules, { tool_choice: 'required' })).toThrow(GatewayError);
    expect(() => encode(rules, { tool_choice: 'required' })).toThrow(
      /"tool_choice" "required" is not supported by acme/,
    );
    expect(encode(rules, { tool_choice: 'required' }, { dropUnsupported: true }).body).not.toHaveProperty(
      'tool_choice',
    );
    expect(encode(rules, { tool_choice: 'auto' }).body.tool_choice).toBe('auto');
  });

  it('cannot be held to a schema: refused, or JSON without one where that is allowed', () => {
    const rules = { jsonSchema: false } as const;
    const request = { response_format: { type: 'json_schema', json_schema: { name: 'a', schema: {} } } };
    expect(() => encode(rules, request)).toThrow(/"response_format" of type "json_schema" is not supported by acme/);
    const loose = encode(rules, request, { dropUnsupported: true });
    expect([loose.body.response_format, loose.warnings.length]).toEqual([{ type: 'json_object' }, 1]);
  });

  it('is asked for a model by its whole name', () => {
    const rules = { modelPrefix: 'accounts/acme/models/' };
    expect(encode(rules, {}, { model: 'llama' }).body.model).toBe('accounts/acme/models/llama');
    expect(encode(rules, {}, { model: 'accounts/me/models/llama' }).body.model).toBe('accounts/me/models/llama');
  });

  it('has rules for some of its models alone', () => {
    const rules: WireRules = { families: [{ prefix: 'old-', rules: { developerRole: false } }] };
    const messages = [{ role: 'developer', content: 'x' }];
    expect(encode(rules, { messages }, { model: 'old-1' }).body.messages[0].role).toBe('system');
    expect(encode(rules, { messages }, { model: 'new-1' }).body.messages[0].role).toBe('developer');
  });

  it('wants ids of tool calls in its own form, and gets the same for call and result', () => {
    const messages = ['call_abcdefghijklmnop', 'toolu_01A', 'Abc123xyZ'].flatMap((id) => [
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id, type: 'function', function: { name: 'f', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: id, content: 'x' },
    ]);
    const sent = encode({ toolCallIds: 'nine characters' }, { messages }).body.messages;
    const ids = sent.map((message: Loose) => message.tool_call_id ?? message.tool_calls[0].id);
    expect(ids[0]).toMatch(/^[a-z0-9]{9}$/);
    expect(ids).toEqual([ids[0], ids[0], ids[2], ids[2], 'Abc123xyZ', 'Abc123xyZ']);
    expect(ids[0]).not.toBe(ids[2]);
  });

  it('gets reasoning back under the name it gave it', () => {
    const messages = [
      { role: 'assistant', content: 'a', reasoning: 'hm', reasoning_content: 'hm' },
      { role: 'assistant', reasoning_content: 'so' },
    ];
    const sent = encode({ reasoningField: 'reasoning' }, { messages }).body.messages;
    expect(sent).toEqual([
      { role: 'assistant', content: 'a', reasoning: 'hm' },
      { role: 'assistant', reasoning: 'so' },
    ]);
  });

  it("never sees the signatures of another vendor's model, and the client is told once (R-XL-1)", () => {
    const turn = {
      role: 'assistant',
      content: 'a',
      thinking_blocks: [{ type: 'thinking', signature: 'c2ln' }],
      tool_calls: [
        { id: 'c', function: { name: 'f', arguments: '{}' }, extra_content: { google: { thought_signature: 'c2ln' } } },
      ],
    };
    const messages = [turn, { role: 'user', content: 'b' }, turn];
    const { body, warnings } = encode({ foreignFields: ['thinking_blocks'] }, { messages });
    expect(JSON.stringify(body)).not.toContain('c2ln');
    expect(body.messages[0].tool_calls[0].function.name).toBe('f');
    expect(warnings).toEqual([
      expect.stringContaining('"messages[].thinking_blocks" was dropped'),
      expect.stringContaining('"messages[].tool_calls[].provider_specific_fields" was dropped'),
    ]);
  });
});

describe('a whole answer', () => {
  it('passes through as bytes where there is nothing to repair', () => {
    expect(passThrough('chat.completions', { providerName: 'acme' }).decode).toBeUndefined();
    const embeddings = passThrough('embeddings', { providerName: 'acme' });
    expect(embeddings.isAsAsked?.({ data: [{ embedding: [0.5] }] }, {})).toBe(true);
  });

  it('may hold an error under status 200', () => {
    const codec = passThrough(
      'chat.completions',
      { providerName: 'acme', codes: { '1008': 'quota_exhausted' } },
      { errorsInAnswers: true },
    );
    const decode = (answer: JsonObject) => codec.decode?.(answer, target());
    expect(() => decode({ base_resp: { status_code: 1008, status_msg: 'x' } })).toThrow(/quota or credit is used up/);
    expect(() => decode({ choices: [{ error: { code: 502, message: 'x' } }] })).toThrow(/acme failed to answer/);
    const fine = { choices: [{ message: { content: 'a' } }], base_resp: { status_code: 0 } };
    expect(decode(fine)).toEqual(fine);
  });
});
