import type { JsonObject } from '@portico/core';
import fc from 'fast-check';

/** What the calls in it call. */
export const TOOL = { type: 'function', function: { name: 'f' } };

export const words = fc.string({ minLength: 1, maxLength: 12 });
const callId = fc.oneof(fc.stringMatching(/^[a-zA-Z0-9-]{1,20}$/), words).filter((id) => !id.includes('__thought__'));

const said = fc.oneof(
  fc.record({ role: fc.constantFrom('system', 'developer', 'user', 'assistant'), content: words }),
  fc.record({
    role: fc.constant('user'),
    content: fc.array(fc.record({ type: fc.constant('text'), text: words }), { minLength: 1 }),
  }),
);

/** A turn of the assistant with calls, and their results in any order. */
const called = fc
  .record({ content: fc.option(words), ids: fc.uniqueArray(callId, { minLength: 1, maxLength: 4 }), results: words })
  .chain(({ content, ids, results }) =>
    fc.shuffledSubarray(ids, { minLength: ids.length }).map((order): JsonObject[] => [
      {
        role: 'assistant',
        content,
        tool_calls: ids.map((id) => ({
          id,
          type: 'function',
          function: { name: 'f', arguments: JSON.stringify({ id }) },
        })),
      },
      ...order.map((id) => ({ role: 'tool', tool_call_id: id, content: `${results} ${id}` })),
    ]),
  );

/** A conversation of the chat wire that any vendor can hold: text, calls, and the results of all of them. */
export const conversation = fc
  .array(
    fc.oneof(
      said.map((message): JsonObject[] => [message]),
      called,
    ),
    { maxLength: 8 },
  )
  .map((turns): JsonObject[] => [{ role: 'user', content: 'Hello' }, ...turns.flat()]);
