import type { JsonObject } from '@portico/core';
import { describe, expect, it } from 'vitest';
import { collected, type Loose, readEvents, target } from '../../test/read-stream.js';
import { gemini, vertex } from '../index.js';
import { ANSWER_FUNCTION } from './structured-output.js';

const NEWEST = 'gemini-3-flash-preview';
const OLDER = 'gemini-2.5-flash';
const OLDEST = 'gemini-2.0-flash';
const parameters = {
  type: 'object',
  properties: { a: { type: 'string' } },
  required: ['a'],
  additionalProperties: false,
};
const fn = { type: 'function', function: { name: 'f', description: 'Does f.', parameters, strict: true } };
const bare = { type: 'function', function: { name: 'g', parameters: { type: 'object', properties: {} } } };
const schema = { type: 'object', properties: { name: { type: 'string', pattern: '^x' } }, required: ['name'] };
const response_format = { type: 'json_schema', json_schema: { name: 'n', schema, strict: true } };

describe('tools', () => {
  it('are declared together, with their schema in the form the model takes, and without an empty one', () => {
    expect(encode({ tools: [fn, bare] }).body.tools).toEqual([
      {
        functionDeclarations: [{ name: 'f', description: 'Does f.', parametersJsonSchema: parameters }, { name: 'g' }],
      },
    ]);
    const { additionalProperties: _closed, ...open } = parameters;
    expect(encode({ tools: [fn] }, OLDEST).body.tools[0].functionDeclarations[0].parameters).toEqual(open);
  });

  it('say which keywords of their schema are not enforced (R-XL-2)', () => {
    const { warnings } = encode({ tools: [{ type: 'function', function: { name: 'f', parameters: schema } }] });
    expect(warnings).toEqual([
      '"tools[0].function": keywords that this API does not enforce were removed from the schema: pattern.',
    ]);
  });

  it("of the vendor's own stand each in an entry of its own, announced where the client's are beside them", () => {
    const tools = [fn, { googleSearch: {} }, { code_execution: {} }];
    const declared = expect.objectContaining({ functionDeclarations: [expect.objectContaining({ name: 'f' })] });
    const expected = [declared, { googleSearch: {} }, { code_execution: {} }];
    const { tools: told, toolConfig } = encode({ tools }, NEWEST).body;
    expect([told, toolConfig]).toEqual([expected, { includeServerSideToolInvocations: true }]);
    expect(encode({ tools }, NEWEST, vertex).body.toolConfig).toBeUndefined();
    expect(encode({ web_search_options: {} }).body.tools).toEqual([{ googleSearch: {} }]);
  });

  it.each([
    ['auto', { mode: 'AUTO' }],
    ['none', { mode: 'NONE' }],
    ['required', { mode: 'ANY' }],
    [
      { type: 'function', function: { name: 'f' } },
      { mode: 'ANY', allowedFunctionNames: ['f'] },
    ],
  ])('are chosen among by %j', (tool_choice, functionCallingConfig) => {
    expect(encode({ tools: [fn, bare], tool_choice }).body.toolConfig).toEqual({ functionCallingConfig });
  });

  it('are offered only as far as they are allowed', () => {
    const allowed_tools = { mode: 'required', tools: [{ type: 'function', function: { name: 'g' } }] };
    const { tools, toolConfig } = encode({
      tools: [fn, bare],
      tool_choice: { type: 'allowed_tools', allowed_tools },
    }).body;
    expect([tools, toolConfig]).toEqual([
      [{ functionDeclarations: [{ name: 'g' }] }],
      { functionCallingConfig: { mode: 'ANY' } },
    ]);
  });

  it('may be the deprecated functions', () => {
    const { body, warnings } = encode({ functions: [bare.function], function_call: { name: 'g' } });
    expect(body.tools).toEqual([{ functionDeclarations: [{ name: 'g' }] }]);
    expect(body.toolConfig.functionCallingConfig.allowedFunctionNames).toEqual(['g']);
    expect(warnings).toEqual(['"functions" is deprecated: calls come back as "tool_calls".']);
  });

  it.each([
    [{ tools: 'f' }, 'tools'],
    [{ tools: [7] }, 'tools[0]'],
    [{ tools: [{ type: 'function', function: {} }] }, 'tools[0].function'],
    [{ tools: [fn], tool_choice: 'perhaps' }, 'tool_choice'],
    [{ tools: [fn], tool_choice: { function: { name: 'x' } } }, 'tool_choice'],
    [{ tools: [fn], tool_choice: { type: 'function' } }, 'tool_choice'],
    [{ tools: [fn], tool_choice: { allowed_tools: { tools: [] } } }, 'tool_choice'],
  ])('%j are refused with the place of what is wrong', (given, param) => {
    expect(() => encode(given)).toThrow(expect.objectContaining({ kind: 'invalid_input', param }));
  });
});

describe('an answer of a form that was asked for', () => {
  it.each([
    [NEWEST, 'responseJsonSchema'],
    [OLDER, 'responseJsonSchema'],
  ])('is enforced for %s by %s', (model, field) => {
    const { generationConfig } = encode({ response_format }, model).body;
    expect(generationConfig).toEqual({
      responseMimeType: 'application/json',
      [field]: { ...schema, properties: { name: { type: 'string', description: '{pattern: "^x"}' } } },
    });
  });

  it("is enforced by the wire's own form of a schema for the oldest", () => {
    expect(encode({ response_format }, OLDEST).body.generationConfig.responseSchema).toEqual(schema);
  });

  it('is JSON of any form where no schema is given', () => {
    const json = { responseMimeType: 'application/json' };
    expect(encode({ response_format: { type: 'json_object' } }).body.generationConfig).toEqual(json);
    const none = { type: 'json_schema', json_schema: { name: 'n' } };
    expect(encode({ response_format: none }).body.generationConfig).toEqual(json);
  });

  it('goes together with tools where the model allows it, and comes by a call where it does not', () => {
    const newest = encode({ response_format, tools: [fn] }, NEWEST).body;
    expect([newest.generationConfig.responseMimeType, newest.toolConfig]).toEqual(['application/json', undefined]);
    const { generationConfig, tools, toolConfig } = encode({ response_format, tools: [fn] }, OLDER).body;
    expect(generationConfig).toBeUndefined();
    expect(tools[0].functionDeclarations.map(({ name }: Loose) => name)).toEqual(['f', ANSWER_FUNCTION]);
    expect(toolConfig).toEqual({ functionCallingConfig: { mode: 'ANY' } });
  });

  it('keeps a tool that was demanded, and calls none where none may be called', () => {
    const chosen = (tool_choice: unknown) =>
      encode({ response_format, tools: [fn], tool_choice }, OLDER).body.toolConfig;
    expect(chosen({ function: { name: 'f' } })).toEqual({
      functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['f'] },
    });
    expect(chosen('none')).toEqual({
      functionCallingConfig: { mode: 'ANY', allowedFunctionNames: [ANSWER_FUNCTION] },
    });
  });

  it('is the content, whichever way it came', () => {
    const frame = {
      candidates: [
        {
          content: { parts: [{ functionCall: { name: ANSWER_FUNCTION, args: { name: 'x' } } }] },
          finishReason: 'STOP',
        },
      ],
    };
    const whole: Loose = codecOf().decode?.(frame, target());
    const told = { role: 'assistant', content: '{"name":"x"}' };
    expect(whole.choices[0]).toMatchObject({ message: told, finish_reason: 'stop' });
    expect(whole.choices[0].message).not.toHaveProperty('tool_calls');
    expect(collected(readEvents(codecOf(), [frame]).chunks)).toEqual({ message: told, finish: 'stop' });
  });

  it('is asked for in words where JSON and tools do not go together', () => {
    const { body, warnings } = encode({ response_format: { type: 'json_object' }, tools: [fn] }, OLDER);
    expect(body.systemInstruction.parts[0].text).toMatch(/one JSON object/);
    expect(warnings).toEqual([expect.stringContaining('requested in the prompt')]);
  });

  it.each([
    ['json', 'response_format'],
    [{ type: 'xml' }, 'response_format.type'],
    [{ type: 'json_schema' }, 'response_format.json_schema'],
  ])('%j is refused', (asked, param) => {
    expect(() => encode({ response_format: asked })).toThrow(expect.objectContaining({ kind: 'invalid_input', param }));
  });
});

function codecOf(provider = gemini) {
  return provider.codecs['chat.completions'] as NonNullable<(typeof provider.codecs)['chat.completions']>;
}

function encode(given: JsonObject, model = OLDER, provider = gemini): Loose {
  const to = target({ model });
  const messages = [{ role: 'user', content: 'Hello' }];
  return { body: codecOf(provider).encode({ messages, ...given }, to), warnings: to.warnings };
}
