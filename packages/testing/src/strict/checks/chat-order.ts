import { isObject } from '../../answers/json-object.js';
import { withTop } from '../examples.js';
import { type JsonObject, objectsOf } from '../json-places.js';
import type { Complaint, ExampleOf, StrictRule } from '../strict-rule.js';
import { type RuleOptions, rule } from './fields.js';

/** The messages of a chat, for examples. Ids have nine letters and digits, which every vendor takes. */
export const SYSTEM: JsonObject = { role: 'system', content: 'You help.' };
export const USER: JsonObject = { role: 'user', content: 'What is the weather in Oslo?' };
export const CALL: JsonObject = {
  role: 'assistant',
  content: '',
  tool_calls: [{ id: 'a1B2c3D4e', type: 'function', function: { name: 'weather', arguments: '{"city":"Oslo"}' } }],
};
export const RESULT: JsonObject = { role: 'tool', tool_call_id: 'a1B2c3D4e', content: 'Rain' };
export const ANSWER: JsonObject = { role: 'assistant', content: 'It rains in Oslo.' };

/** The plain request with other messages. */
export function messages(...list: readonly JsonObject[]): ExampleOf {
  return withTop({ messages: list });
}

/** Refuses an order of messages: `isWrong` is asked of each, with the one before it. */
export function noOrder(
  id: string,
  refuses: string,
  isWrong: (message: JsonObject, before: JsonObject | undefined, at: number, all: readonly JsonObject[]) => boolean,
  say: (message: JsonObject, at: number, before: JsonObject | undefined) => Complaint,
  options: RuleOptions,
): StrictRule {
  return rule(id, refuses, options, {
    check: ({ body }) => {
      const all = objectsOf(body.messages);
      const at = all.findIndex((message, index) => isWrong(message, all[index - 1], index, all));
      const wrong = all[at];
      return wrong && say(wrong, at, all[at - 1]);
    },
  });
}

/** Refuses results of tools that no message before them called. */
export function resultsNeedCalls(say: (id: string, at: number) => Complaint, options: RuleOptions): StrictRule {
  return noOrder(
    'tool results without calls',
    'a `tool` message whose call is not in the assistant’s message before it',
    (message, _before, at, all) => message.role === 'tool' && !callsBefore(all, at).includes(idOf(message)),
    (message, at) => say(idOf(message), at),
    { refused: messages(USER, RESULT), accepted: messages(USER, CALL, RESULT), ...options },
  );
}

/** Refuses calls of tools that are not all answered before somebody else speaks. */
export function callsNeedResults(
  say: (ids: readonly string[], at: number) => Complaint,
  options: RuleOptions,
): StrictRule {
  return rule('calls without results', 'tool calls that are not answered by the `tool` messages behind them', options, {
    refused: messages(USER, CALL, { role: 'user', content: 'And in Rome?' }),
    accepted: messages(USER, CALL, RESULT),
    check: ({ body }) => {
      const all = objectsOf(body.messages);
      for (const [at, message] of all.entries()) {
        const open = openCalls(all, at, message);
        if (open.length > 0) return say(open, at);
      }
      return undefined;
    },
  });
}

/** Refuses the system's messages anywhere but at the beginning. */
export function systemFirst(say: (at: number) => Complaint, options: RuleOptions): StrictRule {
  return noOrder(
    'system in the middle',
    'a `system` message behind another message',
    (message, before) => message.role === 'system' && before !== undefined,
    (_message, at) => say(at),
    {
      refused: messages(SYSTEM, USER, ANSWER, SYSTEM, USER),
      accepted: messages(SYSTEM, USER, ANSWER, USER),
      ...options,
    },
  );
}

/** Refuses one role right behind another. */
export function notAfter(
  role: string,
  before: string,
  say: (at: number) => Complaint,
  options: RuleOptions & { readonly refused: ExampleOf },
): StrictRule {
  return noOrder(
    `${role} after ${before}`,
    `a \`${role}\` message right behind a \`${before}\` message`,
    (message, last) => message.role === role && last?.role === before,
    (_message, at) => say(at),
    options,
  );
}

/** Refuses conversations whose last message is of another role. */
export function lastRole(roles: readonly string[], say: (role: string) => Complaint, options: RuleOptions): StrictRule {
  return rule('last role', `a last message that is not of ${roles.map((one) => `\`${one}\``).join(' or ')}`, options, {
    refused: messages(USER, ANSWER),
    accepted: messages(USER, ANSWER, USER),
    check: ({ body }) => {
      const role = objectsOf(body.messages).at(-1)?.role;
      return typeof role === 'string' && !roles.includes(role) ? say(role) : undefined;
    },
  });
}

/** Refuses conversations in which no user speaks. */
export function needsUser(say: () => Complaint, options: RuleOptions): StrictRule {
  return rule('no user', 'a conversation without a `user` message', options, {
    refused: messages(SYSTEM),
    accepted: messages(SYSTEM, USER),
    check: ({ body }) => {
      const all = objectsOf(body.messages);
      return all.length > 0 && !all.some(({ role }) => role === 'user') ? say() : undefined;
    },
  });
}

/** Whether an assistant's message says and calls nothing. */
export function saysNothing(message: JsonObject): boolean {
  const { content, tool_calls: calls } = message;
  const isEmpty =
    content === undefined || content === null || content === '' || (Array.isArray(content) && content.length === 0);
  return message.role === 'assistant' && isEmpty && !(Array.isArray(calls) && calls.length > 0);
}

/** The ids of a message's calls. */
function callIdsOf(message: JsonObject | undefined): string[] {
  return objectsOf(message?.tool_calls).map(({ id }) => String(id));
}

function callsBefore(all: readonly JsonObject[], at: number): string[] {
  let before = at - 1;
  while (all[before]?.role === 'tool') before -= 1;
  return callIdsOf(all[before]);
}

function openCalls(all: readonly JsonObject[], at: number, message: JsonObject): string[] {
  const answered = new Set<string>();
  for (let next = at + 1; all[next]?.role === 'tool'; next += 1) answered.add(idOf(all[next]));
  return callIdsOf(message).filter((id) => !answered.has(id));
}

function idOf(message: JsonObject | undefined): string {
  return isObject(message) ? String(message.tool_call_id) : '';
}
