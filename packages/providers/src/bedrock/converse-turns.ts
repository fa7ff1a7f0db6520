import type { JsonObject } from '@portico/core';
import { append } from '../shared/append.js';
import { type ConverseBlocks, PLACEHOLDER } from './converse-blocks.js';
import type { ModelFamily } from './model-families.js';

/** A message of Converse. */
export interface ConverseTurn {
  readonly role: 'user' | 'assistant';
  readonly content: readonly JsonObject[];
}

/**
 * Converts Messages turns to Converse turns. If a model does not support tool results and other content in one turn,
 * it is split in two with an assistant message between: turns with one role would be joined again by the vendor.
 */
export function converseTurns(
  turns: readonly JsonObject[],
  family: ModelFamily,
  blocks: ConverseBlocks,
): readonly ConverseTurn[] {
  return turns.flatMap(({ role, content }) => {
    if (role === 'assistant')
      return [
        turn(
          'assistant',
          (content as JsonObject[]).flatMap((one) => blocks.of(one)),
        ),
      ];
    return userTurns(content as JsonObject[], family, blocks); // `messagesRequest` made it a list of blocks
  });
}

function userTurns(content: readonly JsonObject[], family: ModelFamily, blocks: ConverseBlocks): ConverseTurn[] {
  const results: JsonObject[] = [];
  const others: JsonObject[] = [];
  for (const block of content) {
    if (block.type !== 'tool_result') {
      append(others, blocks.of(block));
      continue;
    }
    const { result, beside } = blocks.result(block);
    append(results, result);
    append(others, beside);
  }
  if (results.length === 0) return [turn('user', others)];
  if (others.length === 0) return [turn('user', results)];
  if (others.every((one) => mayStandBeside(one, family))) return [turn('user', [...results, ...others])];
  return [turn('user', results), turn('assistant', [PLACEHOLDER]), turn('user', others)];
}

function mayStandBeside(block: JsonObject, family: ModelFamily): boolean {
  switch (family.besideResults) {
    case 'anything':
      return true;
    case 'nothing':
      return false;
    default:
      return !('document' in block || 'video' in block || 'audio' in block);
  }
}

function turn(role: ConverseTurn['role'], content: readonly JsonObject[]): ConverseTurn {
  // Documents need text beside them, and no turn may be empty.
  const needsText =
    content.length === 0 || (content.some((block) => 'document' in block) && !content.some((block) => 'text' in block));
  return { role, content: needsText ? [...content, PLACEHOLDER] : content };
}
