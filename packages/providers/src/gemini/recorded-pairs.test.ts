import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JsonObject } from '@portico/core';
import { readCase } from '@portico/testing';
import { describe, expect, it } from 'vitest';
import { type Loose, target } from '../../test/read-stream.js';
import { gemini } from './index.js';

const shared = process.env.PORTICO_SHARED ?? fileURLToPath(new URL('../../../../../shared', import.meta.url));
const fixtures = join(shared, 'fixtures');
const absent = !existsSync(join(fixtures, 'pairs.json'));
const reason = absent ? ' (skipped: no recorded traffic here, set PORTICO_SHARED)' : '';

describe(`questions that were recorded in the chat wire and in Google's${reason}`, () => {
  it.skipIf(absent)('are encoded to mean what their author wrote for this one', () => {
    const known = JSON.parse(readFileSync(new URL('pair-differences.json', import.meta.url), 'utf8')) as Differences;
    const found: Differences = {};
    let compared = 0;
    for (const { pair, chat, model, theirs } of pairs()) {
      const encoded = gemini.codecs['chat.completions']?.encode(chat, target({ model }));
      compared += 1;
      for (const [path, sides] of differences(meaningOf(encoded), meaningOf(theirs))) {
        found[pair] ??= {};
        found[pair][path] = known[pair]?.[path] ?? `UNLISTED: ${sides}`;
      }
    }
    expect(compared).toBeGreaterThan(50);
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

/** Requests of one turn of one pair: to a chat wire, and to this one. */
function pairs(): Pair[] {
  const file = JSON.parse(readFileSync(join(fixtures, 'pairs.json'), 'utf8')) as Record<
    string,
    Record<string, { readonly id: string; readonly turn: number }[]>
  >;
  return Object.entries(file).flatMap(([pair, asked]) =>
    (asked['chat-completions'] ?? []).flatMap((chat) =>
      (asked.google ?? [])
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
function meaningOf(body: Loose): JsonObject {
  return {
    system: body.systemInstruction?.parts,
    contents: body.contents.map(({ role, parts }: Loose) => ({
      role,
      parts: parts.map((part: Loose) => {
        if (part.functionCall) return { functionCall: part.functionCall.name, isSigned: 'thoughtSignature' in part };
        if (part.functionResponse) return { functionResponse: { ...part.functionResponse, id: undefined } };
        return role === 'model' ? { kind: Object.keys(part).sort().join(' ') } : part;
      }),
    })),
    tools: body.tools?.map(({ functionDeclarations, ...tool }: Loose) => ({
      ...tool,
      declared: functionDeclarations?.map(declared),
    })),
    toolConfig: body.toolConfig,
    generationConfig: body.generationConfig ?? {},
  };
}

/** Both fields for parameters say the same, and types may be in capitals. */
function declared({ parameters, parametersJsonSchema, ...rest }: Loose): JsonObject {
  return { ...rest, parameters: lowerCaseTypes(parametersJsonSchema ?? parameters) };
}

function lowerCaseTypes(schema: Loose): Loose {
  if (Array.isArray(schema)) return schema.map(lowerCaseTypes);
  if (typeof schema !== 'object' || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([name, value]) => [
      name,
      name === 'type' && typeof value === 'string' ? value.toLowerCase() : lowerCaseTypes(value),
    ]),
  );
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
