import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JsonObject } from '@portico/core';
import { readCase } from '@portico/testing';
import { describe, expect, it } from 'vitest';
import { type Loose, target } from '../../test/read-stream.js';
import { bedrock } from './index.js';

const shared = process.env.PORTICO_SHARED ?? fileURLToPath(new URL('../../../../../shared', import.meta.url));
const fixtures = join(shared, 'fixtures');
const absent = !existsSync(join(fixtures, 'pairs.json'));
const reason = absent ? ' (skipped: no recorded traffic here, set PORTICO_SHARED)' : '';

describe(`questions that were recorded in the chat wire and in Bedrock's${reason}`, () => {
  it.skipIf(absent).each([
    ['bedrock', 'converse'],
    ['bedrock-anthropic', 'invoke'],
  ] as const)('are encoded to mean what their author wrote for %s', (dialect, route) => {
    const known = JSON.parse(readFileSync(new URL('pair-differences.json', import.meta.url), 'utf8'))[dialect];
    const found: Differences = {};
    let compared = 0;
    for (const { pair, chat, model, theirs } of pairs(dialect)) {
      compared += 1;
      const ours = encoded(chat, `${route}/${model || 'claude-haiku-4-5'}`);
      const meant = route === 'converse' ? meaningOfConverse : meaningOfMessages;
      const told = typeof ours === 'string' ? [['', ours] as const] : differences(meant(ours), meant(theirs));
      for (const [path, sides] of told) {
        found[pair] ??= {};
        found[pair][path] = known[pair]?.[path] ?? `UNLISTED: ${sides}`;
      }
    }
    expect(compared).toBeGreaterThan(10);
    expect(found).toEqual(known);
  });
});

/** Why what we send differs from what a person wrote for the same question: by pair, by field. */
type Differences = Record<string, Record<string, string>>;

interface Pair {
  readonly pair: string;
  readonly chat: JsonObject;
  readonly model: string;
  readonly theirs: JsonObject;
}

function encoded(chat: JsonObject, model: string): Loose {
  try {
    return bedrock.codecs['chat.completions']?.encode(chat, target({ model }));
  } catch (error) {
    return (error as Error).message;
  }
}

/** Requests of one turn of one pair: to a chat wire, and to this one. */
function pairs(dialect: string): Pair[] {
  const file = JSON.parse(readFileSync(join(fixtures, 'pairs.json'), 'utf8')) as Record<
    string,
    Record<string, { readonly id: string; readonly turn: number }[]>
  >;
  return Object.entries(file).flatMap(([pair, asked]) =>
    (asked['chat-completions'] ?? []).flatMap((chat) =>
      (asked[dialect] ?? [])
        .filter(({ turn }) => turn === chat.turn)
        .map(({ id }): Pair => {
          const theirs = readCase(fixtures, id);
          return {
            pair: `${pair} ${chat.turn}`,
            chat: readCase(fixtures, chat.id).request.body as JsonObject,
            model: theirs.model,
            theirs: theirs.request.body as JsonObject,
          };
        }),
    ),
  );
}

/** What a request asks for, without how an earlier answer was worded: that is each recording's own. */
function meaningOfConverse(body: Loose): JsonObject {
  const { modelId: _modelId, messages, ...rest } = body;
  return {
    ...rest,
    messages: messages.map(({ role, content }: Loose) => ({
      role,
      content: content.map((block: Loose) => {
        if (block.toolUse) return { toolUse: block.toolUse.name };
        if (block.toolResult) return { toolResult: block.toolResult.content };
        return role === 'assistant' ? { kind: Object.keys(block).join(' ') } : block;
      }),
    })),
  };
}

function meaningOfMessages(body: Loose): JsonObject {
  const { max_tokens: _bound, messages, ...rest } = body;
  return {
    ...rest,
    messages: messages.map(({ role, content }: Loose) => ({
      role,
      content: (typeof content === 'string' ? [{ type: 'text', text: content }] : content).map((block: Loose) => {
        if (block.type === 'tool_use') return { tool: block.name };
        if (block.type === 'tool_result') return { result: block.content };
        return role === 'assistant' ? { kind: block.type } : block;
      }),
    })),
  };
}

/** Where two values differ: the path, and both sides. */
function differences(ours: Loose, theirs: Loose, path = ''): [string, string][] {
  if (JSON.stringify(ours) === JSON.stringify(theirs)) return [];
  const areBoth = (is: (value: unknown) => boolean) => is(ours) && is(theirs);
  const isObject = (value: unknown) => typeof value === 'object' && value !== null;
  if (!areBoth(isObject) || Array.isArray(ours) !== Array.isArray(theirs)) {
    return [[path, `${JSON.stringify(ours)?.slice(0, 120)} / ${JSON.stringify(theirs)?.slice(0, 120)}`]];
  }
  const names = [...new Set([...Object.keys(ours), ...Object.keys(theirs)])];
  return names.flatMap((name) => differences(ours[name], theirs[name], path === '' ? name : `${path}.${name}`));
}
