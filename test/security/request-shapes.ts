import type { JsonObject } from '@portico/core';

/** What a caller may send much of: `n` items, or a text of some characters for each. */
export type Shape = (n: number) => JsonObject;

const times = <Item>(n: number, make: (index: number) => Item): Item[] =>
  Array.from({ length: n }, (_, at) => make(at));
const text = (content: string) => ({ type: 'text', text: content });
const user = (content: unknown, more: JsonObject = {}) => ({ role: 'user', content, ...more });
const said = (content: unknown, more: JsonObject = {}) => ({ role: 'assistant', content, ...more });
const call = (id: string, given: unknown = '{}', name = 'f') => ({
  id,
  type: 'function',
  function: { name, arguments: given },
});
const result = (id: string, content: unknown = 'done') => ({ role: 'tool', tool_call_id: id, content });
const tool = (name: string, parameters: unknown = { type: 'object', properties: {} }, more: JsonObject = {}) => ({
  type: 'function',
  function: { name, parameters, ...more },
});
const talk = (...messages: readonly unknown[]): JsonObject => ({ messages: [user('Hello'), ...messages] });
const asked = (content: unknown): JsonObject => ({ messages: [user(content)] });
const file = (filename: string, data = 'data:application/pdf;base64,QUJD') => ({
  type: 'file',
  file: { filename, file_data: data },
});
const image = (url: string) => ({ type: 'image_url', image_url: { url } });
const PIXEL = 'data:image/png;base64,iVBORw0KGgo=';
const id = (at: number) => `call_${at}`;
const schema = (parameters: unknown): JsonObject => ({
  messages: [user('Hello')],
  tools: [tool('f', parameters)],
  response_format: { type: 'json_schema', json_schema: { name: 'a', strict: true, schema: parameters } },
});
const object = (properties: JsonObject, more: JsonObject = {}) => ({
  type: 'object',
  properties,
  additionalProperties: false,
  ...more,
});
const named = (n: number, make: (at: number) => unknown) => Object.fromEntries(times(n, (at) => [`p${at}`, make(at)]));

/** Texts that a regular expression, or a search from the beginning again and again, may take too long over. */
const TEXTS: Readonly<Record<string, (n: number) => string>> = {
  spaces: (n) => `a${' '.repeat(n)}b`,
  'line breaks': (n) => `a${'\r\n'.repeat(n)}b`,
  letters: (n) => 'a'.repeat(n),
  dots: (n) => `a${'.'.repeat(n)}`,
  slashes: (n) => '/'.repeat(n),
  backslashes: (n) => '\\'.repeat(n),
  quotes: (n) => '"'.repeat(n),
  brackets: (n) => '{['.repeat(n / 2),
  'broken JSON': (n) => `{"a":"${'\\"'.repeat(n)}`,
  semicolons: (n) => `data:${';'.repeat(n)},x`,
  'base64 in lines': (n) => `data:image/png;base64,${'QUJD \n'.repeat(n)}`,
  percents: (n) => `data:image/png;base64,${'%41'.repeat(n)}%`,
  'spaces before base64': (n) => `data:image/png${'; '.repeat(n)}base64,QUJD`,
  'half surrogates': (n) => '\ud800'.repeat(n),
  tags: (n) => '<think>'.repeat(n),
};

/** Requests of the chat wire. */
export const chatShapes: Readonly<Record<string, Shape>> = {
  'messages of a user': (n) => talk(...times(n, () => user('a'))),
  'messages of the model': (n) => talk(...times(n, () => said('a'))),
  'turns one by one': (n) => talk(...times(n, (at) => (at % 2 ? user('a') : said('a')))),
  'system messages': (n) => talk(...times(n, () => ({ role: 'system', content: 'a' }))),
  'system messages between others': (n) =>
    talk(...times(n, (at) => (at % 2 ? { role: 'developer', content: 'a' } : user('a')))),
  'text parts': (n) => asked(times(n, () => text('a'))),
  'text parts of the model': (n) => talk(said(times(n, () => text('a'))), user('a')),
  'parts of a kind that nobody knows': (n) => asked(times(n, () => ({ type: 'z' }))),
  'parts with marks for a cache': (n) =>
    asked(times(n, () => ({ ...text('a'), cache_control: { type: 'ephemeral' } }))),
  images: (n) => asked(times(n, () => image(PIXEL))),
  'images of the model': (n) => talk(said('a', { images: times(n, () => image(PIXEL)) }), user('a')),
  'files of one name': (n) => asked(times(n, () => file('report.pdf'))),
  'files of one name and numbers': (n) => asked(times(n, (at) => file(at % 2 ? 'report.pdf' : `report ${at}.pdf`))),
  sounds: (n) => asked(times(n, () => ({ type: 'input_audio', input_audio: { data: 'QUJD', format: 'wav' } }))),
  'users with names': (n) => talk(...times(n, (at) => user('a', { name: `u${at}` }))),
  'calls and results in order': (n) =>
    talk(said(null, { tool_calls: times(n, (at) => call(id(at))) }), ...times(n, (at) => result(id(at)))),
  'calls and results in reverse': (n) =>
    talk(said(null, { tool_calls: times(n, (at) => call(id(at))) }), ...times(n, (at) => result(id(n - 1 - at)))),
  'calls of one id': (n) => talk(said(null, { tool_calls: times(n, () => call('a')) }), ...times(n, () => result('a'))),
  'calls without results': (n) => talk(said(null, { tool_calls: times(n, (at) => call(id(at))) }), user('a')),
  'results without calls': (n) => talk(...times(n, (at) => result(id(at)))),
  'a call in each turn': (n) =>
    talk(...times(n, (at) => (at % 2 ? result(id(at - 1)) : said(null, { tool_calls: [call(id(at))] })))),
  'a call in each of many messages': (n) =>
    talk(...times(n, (at) => said(null, { tool_calls: [call(id(at))] })), ...times(n, (at) => result(id(at)))),
  'texts, then calls in many messages': (n) =>
    talk(
      ...times(n, () => said('a')),
      ...times(n, (at) => said(null, { tool_calls: [call(id(at))] })),
      ...times(n, (at) => result(id(at))),
    ),
  'old calls of functions': (n) =>
    talk(
      ...times(n, (at) =>
        at % 2
          ? { role: 'function', name: 'f', content: 'a' }
          : said(null, { function_call: { name: 'f', arguments: '{}' } }),
      ),
    ),
  'parts of a result': (n) =>
    talk(
      said(null, { tool_calls: [call('a')] }),
      result(
        'a',
        times(n, () => text('a')),
      ),
    ),
  'images of a result': (n) =>
    talk(
      said(null, { tool_calls: [call('a')] }),
      result(
        'a',
        times(n, () => image(PIXEL)),
      ),
    ),
  'files of results': (n) =>
    talk(
      said(null, { tool_calls: times(n, (at) => call(id(at))) }),
      ...times(n, (at) => result(id(at), [file('a.pdf')])),
    ),
  'arguments with many fields': (n) =>
    talk(said(null, { tool_calls: [call('a', JSON.stringify(named(n, () => 1)))] }), result('a')),
  'thinking blocks': (n) =>
    talk(
      said('a', { thinking_blocks: times(n, () => ({ type: 'thinking', thinking: 'a', signature: 'b' })) }),
      user('a'),
    ),
  'thinking in each of many messages': (n) =>
    talk(
      ...times(n, () =>
        said('a', { reasoning_content: 'b', thinking_blocks: [{ type: 'thinking', thinking: 'a', signature: 'b' }] }),
      ),
      user('a'),
    ),
  'details of reasoning': (n) =>
    talk(said('a', { reasoning_details: times(n, () => ({ type: 'reasoning.text', text: 'a' })) }), user('a')),
  annotations: (n) =>
    talk(
      said('a'.repeat(n), {
        annotations: times(n, (at) => ({
          type: 'url_citation',
          url_citation: { url: 'https://a.example', title: 'a', start_index: at, end_index: at + 1 },
        })),
      }),
      user('a'),
    ),
  'signed stretches of text': (n) =>
    talk(
      said('a'.repeat(n), {
        provider_specific_fields: {
          text_signatures: times(n, (at) => ({ start: at, end: at + 1, signature: 'QUJD' })),
        },
      }),
      user('a'),
    ),
  'tools of one name': (n) => ({ ...asked('a'), tools: times(n, () => tool('f')) }),
  'tools of many names': (n) => ({
    ...asked('a'),
    tools: times(n, (at) => tool(`f${at}`, object({ a: { type: 'string' } }), { strict: true })),
  }),
  'tools that nobody knows': (n) => ({ ...asked('a'), tools: times(n, (at) => ({ type: `t${at}` })) }),
  'tools, one of which is chosen': (n) => ({
    ...asked('a'),
    tools: times(n, (at) => tool(`f${at}`)),
    tool_choice: { type: 'function', function: { name: `f${n - 1}` } },
  }),
  'tools, some of which are allowed': (n) => ({
    ...asked('a'),
    tools: times(n, (at) => tool(`f${at}`)),
    tool_choice: {
      type: 'allowed_tools',
      allowed_tools: { mode: 'auto', tools: times(n, (at) => ({ type: 'function', function: { name: `f${at}` } })) },
    },
  }),
  'tools and calls of them': (n) => ({
    ...talk(
      said(null, { tool_calls: times(n, (at) => call(id(at), '{}', `f${at}`)) }),
      ...times(n, (at) => result(id(at))),
    ),
    tools: times(n, (at) => tool(`f${at}`)),
  }),
  'old functions': (n) => ({
    ...asked('a'),
    functions: times(n, (at) => ({ name: `f${at}`, parameters: { type: 'object' } })),
    function_call: { name: `f${n - 1}` },
  }),
  'properties of a schema': (n) =>
    schema(
      object(
        named(n, () => ({ type: 'string', minLength: 1 })),
        { required: times(n, (at) => `p${at}`) },
      ),
    ),
  'values of a schema': (n) => schema(object({ a: { enum: times(n, (at) => `v${at}`) } })),
  'alternatives of a schema': (n) =>
    schema(object({ a: { anyOf: times(n, (at) => object({ [`p${at}`]: { type: 'string' } })) } })),
  'alternatives at the root of a schema': (n) =>
    schema({ anyOf: times(n, (at) => object({ [`p${at}`]: { type: 'string' } }, { required: [`p${at}`] })) }),
  'parts of a schema that all hold': (n) =>
    schema({
      allOf: times(n, (at) => object({ [`p${at}`]: { type: 'string' } }, { required: [`p${at}`], description: 'a' })),
    }),
  'parts of a schema that all hold, with the same values': (n) =>
    schema(object({ a: { allOf: times(n, () => ({ enum: ['a', 'b'], minLength: 1, description: 'a' })) } })),
  'references of parts that all hold': (n) =>
    schema({ allOf: times(n, (at) => ({ $ref: `#/$defs/p${at}` })), $defs: named(n, () => ({})) }),
  'definitions of a schema': (n) =>
    schema({ ...object({ a: { $ref: '#/$defs/p0' } }), $defs: named(n, () => ({ type: 'string' })) }),
  'references of a schema to one definition': (n) =>
    schema({ ...object(named(n, () => ({ $ref: '#/$defs/a' }))), $defs: { a: { type: 'string', description: 'a' } } }),
  'a chain of references': (n) =>
    schema({
      ...object({ a: { $ref: '#/$defs/p0' } }),
      $defs: named(Math.min(n, 400), (at) =>
        at === Math.min(n, 400) - 1 ? { type: 'string' } : object({ a: { $ref: `#/$defs/p${at + 1}` } }),
      ),
    }),
  'references that double': (n) =>
    schema({
      ...object({ a: { $ref: '#/$defs/p0' } }),
      $defs: named(60, (at) =>
        at === 59
          ? { enum: times(n, (value) => `v${value}`) }
          : object({ a: { $ref: `#/$defs/p${at + 1}` }, b: { $ref: `#/$defs/p${at + 1}` } }),
      ),
    }),
  'references that double in parts that all hold': () =>
    schema({
      ...object({ a: { $ref: '#/$defs/p0' } }),
      $defs: named(60, (at) =>
        at === 59 ? { type: 'string' } : { allOf: [{ $ref: `#/$defs/p${at + 1}` }, { $ref: `#/$defs/p${at + 1}` }] },
      ),
    }),
  'steps of a reference': (n) => schema({ ...object({ a: { $ref: `#${'/a'.repeat(n)}` } }) }),
  'keywords that nobody knows': (n) => schema(object({ a: { type: 'string', ...named(n, (at) => at) } })),
  'a schema as deep as bodies may be': (n) => {
    let inner: JsonObject = object(named(n, () => ({ type: 'string', pattern: 'a' })));
    for (let level = 0; level < 60; level += 1) inner = object({ a: inner });
    return schema(inner);
  },
  'alternatives within alternatives': (n) => {
    let inner: JsonObject = { anyOf: times(n, () => ({ type: 'string' })) };
    for (let level = 0; level < 60; level += 1)
      inner = { description: 'a', anyOf: [inner, { type: 'null' }], title: 'a' };
    return schema(object({ a: inner }));
  },
  'stop sequences': (n) => ({ ...asked('a'), stop: times(n, (at) => `s${at}`) }),
  biases: (n) => ({ ...asked('a'), logit_bias: named(n, () => 1) }),
  metadata: (n) => ({ ...asked('a'), metadata: named(n, () => 'a') }),
  'fields that nobody knows': (n) => ({ ...asked('a'), ...named(n, () => 1) }),
  modalities: (n) => ({ ...asked('a'), modalities: times(n, () => 'text') }),
  documents: (n) => ({ ...asked('a'), documents: times(n, (at) => ({ id: `d${at}`, data: { text: 'a' } })) }),
  ...Object.fromEntries(
    Object.entries(TEXTS).flatMap(([kind, make]): [string, Shape][] => [
      [`${kind} as content`, (n) => talk(said(make(n)), { role: 'system', content: make(n) }, user(make(n)))],
      [`${kind} as the address of an image`, (n) => asked([image(make(n))])],
      [`${kind} as a file and its name`, (n) => asked([file(make(n), make(n)), file(make(n))])],
      [
        `${kind} as arguments and id`,
        (n) => talk(said(null, { tool_calls: [call(make(n), make(n))] }), result(make(n), make(n))),
      ],
      [
        `${kind} as names and descriptions`,
        (n) => ({
          ...asked('a'),
          user: make(n),
          stop: make(n),
          tools: [
            tool(
              make(n),
              { type: 'object', description: make(n), pattern: make(n), $ref: make(n) },
              { description: make(n) },
            ),
          ],
        }),
      ],
    ]),
  ),
};

/** Requests of the wire of messages. */
export const messageShapes: Readonly<Record<string, Shape>> = {
  'messages of a user': (n) => ({ max_tokens: 9, ...talk(...times(n, () => user('a'))) }),
  'turns one by one': (n) => ({ max_tokens: 9, ...talk(...times(n, (at) => (at % 2 ? user('a') : said('a')))) }),
  'text blocks': (n) => ({
    max_tokens: 9,
    system: times(n, () => text('a')),
    ...talk(said(times(n, () => text('a'))), user(times(n, () => text('a')))),
  }),
  'calls and results in reverse': (n) => ({
    max_tokens: 9,
    ...talk(
      said(times(n, (at) => ({ type: 'tool_use', id: id(at), name: 'f', input: {} }))),
      user(times(n, (at) => ({ type: 'tool_result', tool_use_id: id(n - 1 - at), content: [text('a')] }))),
    ),
  }),
  'blocks of a result': (n) => ({
    max_tokens: 9,
    ...talk(
      said([{ type: 'tool_use', id: 'a', name: 'f', input: {} }]),
      user([
        {
          type: 'tool_result',
          tool_use_id: 'a',
          content: times(n, (at) =>
            at % 2 ? text('a') : { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'QUJD' } },
          ),
        },
      ]),
    ),
  }),
  'thinking blocks': (n) => ({
    max_tokens: 9,
    ...talk(said(times(n, () => ({ type: 'thinking', thinking: 'a', signature: 'b' }))), user('a')),
  }),
  images: (n) => ({
    max_tokens: 9,
    ...talk(
      user(times(n, () => ({ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'QUJD' } }))),
    ),
  }),
  documents: (n) => ({
    max_tokens: 9,
    ...talk(
      user(
        times(n, () => ({
          type: 'document',
          title: 'a',
          source: { type: 'text', media_type: 'text/plain', data: 'a' },
        })),
      ),
    ),
  }),
  tools: (n) => ({
    max_tokens: 9,
    ...asked('a'),
    tools: times(n, (at) => ({ name: `f${at}`, input_schema: { type: 'object' } })),
    tool_choice: { type: 'tool', name: `f${n - 1}` },
  }),
  'stop sequences': (n) => ({ max_tokens: 9, ...asked('a'), stop_sequences: times(n, (at) => `s${at}`) }),
  'fields that nobody knows': (n) => ({ max_tokens: 9, ...asked('a'), ...named(n, () => 1) }),
  ...Object.fromEntries(
    Object.entries(TEXTS).map(([kind, make]): [string, Shape] => [
      `${kind} everywhere`,
      (n) => ({
        max_tokens: 9,
        system: make(n),
        ...talk(
          said([text(make(n)), { type: 'tool_use', id: make(n), name: make(n), input: { a: make(n) } }]),
          user([
            { type: 'tool_result', tool_use_id: make(n), content: make(n) },
            { type: 'image', source: { type: 'url', url: make(n) } },
          ]),
        ),
      }),
    ]),
  ),
};

/** Requests of the Responses wire. */
export const responsesShapes: Readonly<Record<string, Shape>> = {
  messages: (n) => ({ input: times(n, (at) => (at % 2 ? said('a') : user('a'))) }),
  'messages of the model': (n) => ({ input: times(n, () => said([{ type: 'output_text', text: 'a' }])) }),
  parts: (n) => ({ input: [user(times(n, () => ({ type: 'input_text', text: 'a' })))] }),
  'images and files': (n) => ({
    input: [
      user(
        times(n, (at) =>
          at % 2
            ? { type: 'input_image', image_url: PIXEL }
            : { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,QUJD' },
        ),
      ),
    ],
  }),
  calls: (n) => ({
    input: [
      ...times(n, (at) => ({ type: 'function_call', call_id: id(at), name: 'f', arguments: '{}' })),
      ...times(n, (at) => ({ type: 'function_call_output', call_id: id(n - 1 - at), output: 'a' })),
    ],
  }),
  'calls that are answered one by one': (n) => ({
    input: times(n, (at) =>
      at % 2
        ? { type: 'function_call_output', call_id: id(at - 1), output: 'a' }
        : { type: 'function_call', call_id: id(at), name: 'f', arguments: '{}' },
    ),
  }),
  'free calls': (n) => ({
    input: times(n, (at) => ({ type: 'custom_tool_call', call_id: id(at), name: 'f', input: 'a' })),
  }),
  'parts of an output': (n) => ({
    input: [
      { type: 'function_call', call_id: 'a', name: 'f', arguments: '{}' },
      {
        type: 'function_call_output',
        call_id: 'a',
        output: times(n, (at) =>
          at % 2 ? { type: 'input_text', text: 'a' } : { type: 'input_image', image_url: PIXEL },
        ),
      },
    ],
  }),
  reasoning: (n) => ({
    input: times(n, () => ({
      type: 'reasoning',
      summary: [{ type: 'summary_text', text: 'a' }],
      encrypted_content: 'QUJD',
    })),
  }),
  'summaries of reasoning': (n) => ({
    input: [{ type: 'reasoning', summary: times(n, () => ({ type: 'summary_text', text: 'a' })) }, said('a')],
  }),
  'items that nobody knows': (n) => ({ input: times(n, (at) => ({ type: `z${at}` })) }),
  'searches of tools': (n) => ({
    input: times(n, (at) => ({
      type: 'tool_search_output',
      execution: 'client',
      call_id: id(at),
      tools: [{ type: 'function', name: `f${at}`, parameters: {} }],
    })),
  }),
  tools: (n) => ({
    input: 'a',
    tools: times(n, (at) => ({ type: 'function', name: `f${at}`, parameters: { type: 'object' } })),
    tool_choice: { type: 'function', name: `f${n - 1}` },
  }),
  'tools in groups': (n) => ({
    input: 'a',
    tools: times(n / 10, (at) => ({
      type: 'namespace',
      name: `n${at}`,
      description: 'a',
      tools: times(10, (one) => ({ type: 'function', name: `f${one}` })),
    })),
  }),
  'tools in groups within groups': (n) => {
    let tools: JsonObject[] = times(n, (at) => ({ type: 'function', name: `f${at}` }));
    for (let level = 0; level < 60; level += 1) tools = [{ type: 'namespace', name: 'n', description: 'a', tools }];
    return { input: 'a', tools };
  },
  'tools that are allowed': (n) => ({
    input: 'a',
    tools: times(n, (at) => ({ type: 'function', name: `f${at}` })),
    tool_choice: {
      type: 'allowed_tools',
      mode: 'auto',
      tools: times(n, (at) => ({ type: 'function', name: `f${at}` })),
    },
  }),
  include: (n) => ({ input: 'a', include: times(n, () => 'a') }),
  'fields that nobody knows': (n) => ({ input: 'a', ...named(n, () => 1) }),
  ...Object.fromEntries(
    Object.entries(TEXTS).map(([kind, make]): [string, Shape] => [
      `${kind} everywhere`,
      (n) => ({
        instructions: make(n),
        input: [
          user(make(n)),
          { type: 'reasoning', summary: [], encrypted_content: make(n) },
          { type: 'function_call', call_id: make(n), name: make(n), namespace: make(n), arguments: make(n) },
          { type: 'function_call_output', call_id: make(n), output: make(n) },
          user([{ type: 'input_image', image_url: make(n) }]),
        ],
      }),
    ]),
  ),
};
