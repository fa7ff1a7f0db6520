import { isObject } from '../../answers/json-object.js';
import {
  ANSWER,
  CALL,
  callsNeedResults,
  messages,
  noOrder,
  RESULT,
  resultsNeedCalls,
  saysNothing,
  USER,
} from '../checks/chat-order.js';
import { chatTool, needsTools } from '../checks/chat-tools.js';
import {
  atMost,
  inRange,
  mustMatch,
  notEmpty,
  noValue,
  onlyFields,
  onlyValues,
  rule,
  type Say,
} from '../checks/fields.js';
import { withField, withTop } from '../examples.js';
import { type JsonObject, placesOf, words } from '../json-places.js';
import type { Complaint, StrictRule } from '../strict-rule.js';

/** The fields of chat that a vendor knows, level by level. Levels that are left out are not checked. */
export interface KnownFields {
  readonly body?: string;
  readonly system?: string;
  readonly user?: string;
  readonly assistant?: string;
  readonly tool?: string;
  readonly text?: string;
  readonly image?: string;
  readonly call?: string;
  readonly calledFunction?: string;
  readonly offered?: string;
  readonly offeredFunction?: string;
}

const LEVELS: Readonly<Record<keyof KnownFields, string>> = {
  body: '',
  system: 'messages[role=system]',
  user: 'messages[role=user]',
  assistant: 'messages[role=assistant]',
  tool: 'messages[role=tool]',
  text: 'messages[].content[type=text]',
  image: 'messages[].content[type=image_url]',
  call: 'messages[].tool_calls[]',
  calledFunction: 'messages[].tool_calls[].function',
  offered: 'tools[]',
  offeredFunction: 'tools[].function',
};

/** One rule for each level of known fields. */
export function knownFields(known: KnownFields, say: Say, source: string): StrictRule[] {
  return Object.entries(known as Readonly<Record<string, string>>).map(([level, names]) =>
    onlyFields(LEVELS[level as keyof KnownFields], words(names), say, { source }),
  );
}

/** Fields of the body that a vendor names as unsupported. `null` says nothing, and passes. */
export function unsupportedFields(samples: Readonly<Record<string, unknown>>, say: Say, source: string): StrictRule[] {
  return Object.entries(samples).map(([name, sample]) =>
    noValue(name, (value) => value !== null, `\`${name}\``, say, {
      source,
      tag: 'unsupported',
      refused: withTop({ [name]: sample }),
    }),
  );
}

/** The roles that a vendor knows. */
export function knownRoles(roles: string, say: Say, source: string): StrictRule {
  return onlyValues('messages[].role', words(roles), say, {
    source,
    refused: messages({ role: words(roles).includes('developer') ? 'narrator' : 'developer', content: 'x' }, USER),
    accepted: messages({ role: 'system', content: 'x' }, USER),
  });
}

/** Kinds of parts that a vendor knows. */
export function knownParts(types: string, say: Say, source: string): StrictRule {
  const known = words(types);
  return onlyValues('messages[].content[].type', known, say, {
    source,
    refused: messages({
      role: 'user',
      content: [
        {
          type: known.includes('image_url') ? 'not_a_part' : 'image_url',
          image_url: { url: 'https://example.com/a.png' },
        },
      ],
    }),
    accepted: messages({ role: 'user', content: [{ type: 'text', text: 'x' }] }),
  });
}

/** Content that must be a text. */
export function textOnly(roles: string, say: Say, source: string): StrictRule {
  return noValue(`messages[role=${roles}].content`, Array.isArray, `lists of parts in \`${roles}\` messages`, say, {
    source,
    tag: 'list',
    refused: messages(
      USER,
      CALL,
      { role: 'tool', tool_call_id: 'a1B2c3D4e', content: [{ type: 'text', text: 'x' }] },
      { role: 'assistant', content: [{ type: 'text', text: 'x' }] },
      { role: 'user', content: [{ type: 'text', text: 'x' }] },
    ),
    accepted: messages(USER),
  });
}

/** Calls and results that do not fit each other, in one vendor's words. */
export function callsAndResults(
  wording: {
    readonly stray: (id: string, at: number) => Complaint;
    readonly open?: (ids: readonly string[], at: number) => Complaint;
  },
  source: string,
  call: JsonObject = CALL,
): StrictRule[] {
  const accepted = messages(USER, call, RESULT);
  return [
    resultsNeedCalls(wording.stray, { source, accepted }),
    ...(wording.open === undefined
      ? []
      : [callsNeedResults(wording.open, { source, refused: messages(USER, call, USER), accepted })]),
  ];
}

/** An assistant's message that says and calls nothing. */
export function assistantSpeaks(say: (at: number) => Complaint, source: string): StrictRule {
  return noOrder(
    'assistant says nothing',
    'an assistant’s message with neither content nor calls',
    (message) => saysNothing(message),
    (_message, at) => say(at),
    {
      source,
      refused: messages(USER, { role: 'assistant', content: '' }, USER),
      accepted: messages(USER, ANSWER, USER),
    },
  );
}

/** At least one message. */
export function hasMessages(say: Say, source: string): StrictRule {
  return notEmpty('messages', [], say, { source });
}

/** At most so many tools. */
export function atMostTools(most: number, say: Say, source: string): StrictRule {
  return atMost('tools', most, chatTool('weather'), say, {
    source,
    refused: withTop({ tools: Array.from({ length: most + 1 }, (_, at) => chatTool(`tool_${at}`)) }),
    accepted: withTop({
      tools: Array.from({ length: most }, (_, at) => chatTool(at === 0 ? 'weather' : `tool_${at}`)),
    }),
  });
}

/** No empty list of tools. */
export function noEmptyTools(say: Say, source: string): StrictRule {
  return notEmpty('tools', [], say, { source });
}

/** `tool_choice` needs tools. */
export function choiceNeedsTools(say: Say, source: string): StrictRule {
  return needsTools('tool_choice', 'auto', say, { source });
}

/** What `tool_choice` may be, when it is a text. */
export function choices(list: string, say: Say, source: string): StrictRule {
  const known = words(list);
  return noValue(
    'tool_choice',
    (value) => typeof value === 'string' && !known.includes(value),
    `\`tool_choice\` other than ${list}`,
    say,
    {
      source,
      tag: 'values',
      refused: withTop({ tool_choice: ['required', 'any', 'not_a_choice'].find((choice) => !known.includes(choice)) }),
      accepted: withTop({ tool_choice: 'auto' }),
    },
  );
}

/** `tool_choice` that names a tool. */
export function noNamedChoice(say: Say, source: string): StrictRule {
  return noValue('tool_choice', isObject, '`tool_choice` that names a tool', say, {
    source,
    tag: 'named',
    refused: withTop({ tool_choice: { type: 'function', function: { name: 'weather' } } }),
    accepted: withTop({ tool_choice: 'auto' }),
  });
}

/** The form of a tool's name. */
export function toolNames(form: RegExp, badName: string, say: Say, source: string): StrictRule {
  return mustMatch('tools[].function.name', form, badName, say, { source });
}

/** Arguments that are not JSON. */
export function argumentsAreJson(say: Say, source: string): StrictRule {
  const call = (text: string) =>
    messages(
      USER,
      { ...CALL, tool_calls: [{ id: 'a1B2c3D4e', type: 'function', function: { name: 'weather', arguments: text } }] },
      { role: 'tool', tool_call_id: 'a1B2c3D4e', content: 'Rain' },
    );
  return noValue(
    'messages[].tool_calls[].function.arguments',
    (text) => typeof text === 'string' && !isJson(text),
    'arguments that are not JSON',
    say,
    {
      source,
      refused: call(''),
      accepted: call('{}'),
    },
  );
}

/** Whether a text is JSON. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** `stream_options` needs `stream`. */
export function optionsNeedStream(say: () => Complaint, source: string): StrictRule {
  return rule(
    'stream_options without stream',
    '`stream_options` in a request that is not streamed',
    { source },
    {
      refused: withTop({ stream_options: { include_usage: true } }),
      accepted: withTop({ stream_options: { include_usage: true }, stream: true }),
      check: ({ body }) => (isObject(body.stream_options) && body.stream !== true ? say() : undefined),
    },
  );
}

/** Bounds of numbers at the top of the body. */
export function bounds(
  ranges: Readonly<Record<string, readonly [number, number]>>,
  say: Say,
  source: string,
): StrictRule[] {
  return Object.entries(ranges).map(([name, [least, most]]) => inRange(name, least, most, say, { source }));
}

/** At most so many stop sequences. */
export function stops(most: number, say: Say, source: string): StrictRule {
  return atMost('stop', most, 'x', say, {
    source,
    when: ({ body }) => Array.isArray(body.stop),
    refused: withTop({ stop: Array.from({ length: most + 1 }, (_, at) => `s${at}`) }),
    accepted: withTop({ stop: Array.from({ length: most }, (_, at) => `s${at}`) }),
  });
}

/** What `response_format.type` may be. */
export function formats(list: string, say: Say, source: string): StrictRule {
  const known = words(list);
  return onlyValues('response_format.type', known, say, {
    source,
    refused: withTop({
      response_format: {
        type: ['json_schema', 'json_object', 'not_a_form'].find((type) => !known.includes(type)),
        json_schema: { name: 'a', schema: {} },
      },
    }),
    accepted: withTop({ response_format: { type: 'text' } }),
  });
}

/** JSON mode in a conversation that does not ask for JSON. */
export function jsonIsSaid(say: () => Complaint, source: string): StrictRule {
  return rule(
    'json_object without the word',
    'JSON mode in a conversation without the word “json”',
    { source },
    {
      refused: withTop({ response_format: { type: 'json_object' }, tools: undefined, messages: [USER] }),
      accepted: withTop({
        response_format: { type: 'json_object' },
        tools: undefined,
        messages: [{ role: 'user', content: 'Answer in JSON.' }],
      }),
      check: ({ body }) => {
        const isWanted = isObject(body.response_format) && body.response_format.type === 'json_object';
        return isWanted && !/json/i.test(JSON.stringify(body.messages) ?? '') ? say() : undefined;
      },
    },
  );
}

/** Marks for the cache, wherever they stand. */
export function noMarks(say: Say, source: string): StrictRule[] {
  const mark = { type: 'ephemeral' };
  return ['messages[]', 'messages[].content[]', 'tools[]'].map((at) =>
    noValue(`${at}.cache_control`, () => true, `marks for the cache at \`${at}\``, say, {
      source,
      refused: withField(`${at}.cache_control`, mark),
    }),
  );
}

/** Whether the last of the messages is the assistant's with thoughts, or none of its calls lacks them. */
export function callsWithout(body: Readonly<Record<string, unknown>>, field: string): number {
  const place = placesOf(body, 'messages[role=assistant]').find(({ value }) => {
    if (!isObject(value) || !Array.isArray(value.tool_calls) || value.tool_calls.length === 0) return false;
    return typeof value[field] !== 'string';
  });
  return place === undefined ? -1 : Number(place.path[1]);
}
