import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JsonObject } from '@portico/core';
import { readCase } from '@portico/testing';
import { describe, expect, it } from 'vitest';
import { target } from '../../test/read-stream.js';
import { chatCompletions } from './chat-completions.js';

const shared = process.env.PORTICO_SHARED ?? fileURLToPath(new URL('../../../../../shared', import.meta.url));
const fixtures = join(shared, 'fixtures');
const absent = !existsSync(join(fixtures, 'pairs.json'));
const reason = absent ? ' (skipped: no recorded traffic here, set PORTICO_SHARED)' : '';

describe(`questions that were recorded in both wires${reason}`, () => {
  it.skipIf(absent)('are encoded to mean what their author wrote for this one', () => {
    const known = JSON.parse(readFileSync(new URL('pair-differences.json', import.meta.url), 'utf8')) as Differences;
    const found: Differences = {};
    let compared = 0;
    for (const [pair, chat, messages] of pairs()) {
      const model = typeof messages.model === 'string' ? messages.model : 'claude-haiku-4-5';
      const encoded = chatCompletions.encode(chat, target({ model, stream: messages.stream === true }));
      compared += 1;
      for (const [path, sides] of differences(meaningOf(encoded), meaningOf(messages))) {
        found[pair] ??= {};
        found[pair][path] = known[pair]?.[path] ?? `UNLISTED: ${sides}`;
      }
    }
    expect(compared).toBeGreaterThan(40);
    expect(found).toEqual(known);
  });
});

// biome-ignore lint/suspicious/noExplicitAny: bodies are compared field by field, whatever they hold.
type Loose = any;

/** Why what we send differs from what a person wrote for the same question: by pair, by field. */
type Differences = Record<string, Record<string, string>>;

/** Requests of one turn of one pair: to a chat wire, and to this one. */
function pairs(): [string, JsonObject, JsonObject][] {
  const file = JSON.parse(readFileSync(join(fixtures, 'pairs.json'), 'utf8')) as Record<
    string,
    Record<string, Asked[]>
  >;
  return Object.entries(file).flatMap(([pair, asked]) =>
    (asked['chat-completions'] ?? []).flatMap((chat) =>
      [...(asked.anthropic ?? []), ...(asked['vertex-anthropic'] ?? [])]
        .filter(({ turn }) => turn === chat.turn)
        .map(({ id }): [string, JsonObject, JsonObject] => [
          `${pair} ${chat.turn}`,
          readCase(fixtures, chat.id).request.body as JsonObject,
          readCase(fixtures, id).request.body as JsonObject,
        ]),
    ),
  );
}

interface Asked {
  readonly id: string;
  readonly turn: number;
}

/** What a request asks for, without ids, bounds and how an earlier answer was worded: those are each recording's own. */
function meaningOf(body: Loose): JsonObject {
  const ids: string[] = [];
  const idOf = (id: string) => (ids.includes(id) ? ids : [...ids.splice(ids.length, 0, id), ...ids]).indexOf(id);
  const blocks = (content: Loose): Loose[] =>
    typeof content === 'string' ? [{ type: 'text', text: content }] : content;
  return {
    system: blocks(body.system ?? []),
    messages: body.messages.map(({ role, content }: Loose) => ({
      role,
      content: blocks(content).map((block: Loose) => {
        const { cache_control } = block;
        if (block.type === 'tool_use') return { type: block.type, id: idOf(block.id), name: block.name };
        if (block.type === 'tool_result') return { ...block, tool_use_id: idOf(block.tool_use_id) };
        return role === 'assistant' ? { type: block.type, cache_control } : block;
      }),
    })),
    tools: body.tools,
    tool_choice: body.tool_choice,
    thinking: body.thinking,
    output_config: body.output_config,
    sampling: [body.temperature, body.top_p, body.top_k],
    stop_sequences: body.stop_sequences,
    metadata: body.metadata,
    service_tier: body.service_tier,
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
