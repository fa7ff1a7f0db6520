import { isJsonObject, type JsonObject } from '@portico/core';
import type { EncodeTarget } from '@portico/core/provider';
import { append } from '../shared/append.js';
import { callArguments } from '../shared/call-arguments.js';
import { invalid } from '../shared/drop-parameter.js';
import type { ModelFamily } from './model-families.js';
import { blocksOfContent, cacheControlOf, type ReadPart, textBlocks } from './parts-from-chat.js';
import { replayedBlocks } from './replayed-blocks.js';
import { isSignedThinking } from './signed-thinking.js';
import { type ToolIds, toolIds } from './tool-ids.js';

/**
 * A conversation in the format of this API: the system prompt separately, then alternating turns that begin with the
 * user.
 */
export interface Conversation {
  readonly system: readonly JsonObject[];
  readonly turns: readonly Turn[];
  /** Names of the tools that were called in it. */
  readonly calledTools: ReadonlySet<string>;
}

export interface Turn {
  readonly role: 'user' | 'assistant' | 'system';
  readonly content: JsonObject[];
}

/** How a conversation is read for Bedrock's Converse, which has the same content in another format. */
export interface ConverseRules {
  readonly readPart: ReadPart;
  /** An id of a tool call in the format that the model accepts. */
  readonly formatId: (clientId: string) => string;
}

/** A placeholder where the API requires user text and the client has none. */
const PLACEHOLDER: JsonObject = { type: 'text', text: '.' };

/**
 * Reads the messages of a chat. Neighbours with one role become one turn, tool results are moved to the beginning of
 * the turn after their calls, and empty texts are dropped.
 */
export function conversationFromChat(
  messages: readonly JsonObject[],
  family: ModelFamily,
  target: EncodeTarget,
  converse?: ConverseRules,
): Conversation {
  const draft = new Draft(target, converse);
  const places = family.systemMidway ? placesForSystem(messages) : [];
  for (const [index, message] of messages.entries()) {
    const path = `messages[${index}]`;
    switch (message.role) {
      case 'system':
      case 'developer':
        draft.system(message, path, places[index] === true);
        break;
      case 'user':
        draft.user(message, path);
        break;
      case 'assistant':
        draft.assistant(message, path);
        break;
      case 'tool':
      case 'function':
        draft.toolResult(message, path);
        break;
      default:
        throw invalid(`${path}.role`, `"${path}.role" must be system, developer, user, assistant or tool.`);
    }
  }
  return draft.finish();
}

/** For each message whether a system message is allowed there: the API accepts one only at the end of a user turn. */
function placesForSystem(messages: readonly JsonObject[]): boolean[] {
  const places: boolean[] = [];
  let next: unknown = 'assistant';
  for (let index = messages.length - 1; index >= 0; index -= 1) {
    const role = messages[index]?.role;
    places[index] = next === 'assistant';
    if (role !== 'system' && role !== 'developer') next = role;
  }
  return places;
}

/** A turn that is being built. The API requires results first, wherever the client has them in the turn. */
interface OpenTurn extends Turn {
  readonly results: JsonObject[];
}

class Draft {
  readonly #target: EncodeTarget;
  readonly #ids: ToolIds;
  readonly #converse: ConverseRules | undefined;
  readonly #system: JsonObject[] = [];
  readonly #turns: OpenTurn[] = [];
  readonly #calledTools = new Set<string>();
  /** Calls without a result yet: the API's id, and where the client made the call. */
  readonly #open = new Map<string, string>();
  /** Deprecated `function_call`s have no id; they are counted instead. */
  #functionCalls = 0;

  constructor(target: EncodeTarget, converse: ConverseRules | undefined) {
    this.#target = target;
    this.#converse = converse;
    this.#ids = toolIds(converse?.formatId);
  }

  system(message: JsonObject, path: string, mayStay: boolean): void {
    const blocks = this.#blocksOf(message, path);
    if (blocks.length === 0) return;
    const last = this.#turns.at(-1);
    if (last === undefined || !(mayStay && last.role !== 'assistant')) {
      if (last !== undefined) this.#target.warn('A system message in the middle was moved to the beginning.');
      append(this.#system, blocks);
    } else if (last.role === 'system') {
      append(last.content, blocks);
    } else {
      this.#turns.push({ role: 'system', results: [], content: blocks });
    }
  }

  user(message: JsonObject, path: string): void {
    append(this.#userTurn().content, this.#blocksOf(message, path));
    if (typeof message.name === 'string') this.#target.warn('The "name" of a user was left out: this API has none.');
  }

  assistant(message: JsonObject, path: string): void {
    if (this.#turns.at(-1)?.role !== 'assistant') this.#expectNoOpenCall();
    const blocks = this.#assistantBlocks(message, path);
    if (blocks.length === 0) return;
    const turn = this.#turns.at(-1);
    if (turn?.role === 'assistant') {
      append(turn.content, blocks);
      return;
    }
    if (turn === undefined) this.#userTurn();
    this.#turns.push({ role: 'assistant', results: [], content: blocks });
  }

  toolResult(message: JsonObject, path: string): void {
    const clientId = message.role === 'function' ? functionCallId(this.#functionCalls) : message.tool_call_id;
    const id = typeof clientId === 'string' ? this.#ids.result(clientId) : undefined;
    if (id === undefined || !this.#open.delete(id)) {
      throw invalid(`${path}.tool_call_id`, `"${path}" answers no tool call of the assistant message before it.`);
    }
    const block: JsonObject = { type: 'tool_result', tool_use_id: id };
    const { content } = message;
    if (typeof content === 'string') {
      if (content !== '') block.content = content;
    } else {
      const blocks = blocksOfContent(content, `${path}.content`, this.#converse?.readPart);
      if (blocks.length > 0) block.content = blocks;
    }
    if (message.is_error === true) block.is_error = true;
    append(this.#userTurn().results, marked([block], message));
  }

  finish(): Conversation {
    this.#expectNoOpenCall();
    if (this.#turns.length === 0) this.#userTurn();
    const turns = this.#turns.map(({ role, results, content }): Turn => {
      const blocks = [...results, ...content];
      return { role, content: blocks.length > 0 ? blocks : [PLACEHOLDER] };
    });
    return { system: this.#system, turns, calledTools: this.#calledTools };
  }

  #blocksOf(message: JsonObject, path: string): JsonObject[] {
    return marked(blocksOfContent(message.content, `${path}.content`, this.#converse?.readPart), message);
  }

  #userTurn(): OpenTurn {
    const last = this.#turns.at(-1);
    if (last?.role === 'user') return last;
    const turn: OpenTurn = { role: 'user', results: [], content: [] };
    this.#turns.push(turn);
    return turn;
  }

  #assistantBlocks(message: JsonObject, path: string): JsonObject[] {
    const replayed = replayedBlocks(message, this.#converse !== undefined);
    if (replayed !== undefined) {
      const blocks = replayed.map((block) =>
        block.type === 'tool_use' ? { ...block, id: this.#openCall(idOf(block), block.name, path) } : block,
      );
      return marked(blocks, message);
    }
    const content = blocksOfContent(message.content, `${path}.content`, this.#converse?.readPart);
    const blocks = [...this.#thinking(message), ...content];
    if (typeof message.refusal === 'string') blocks.push(...textBlocks(message.refusal));
    const calls = Array.isArray(message.tool_calls) ? (message.tool_calls as unknown[]) : [];
    calls.forEach((call, index) => {
      blocks.push(this.#toolUse(call, `${path}.tool_calls[${index}]`));
    });
    if (isJsonObject(message.function_call)) {
      this.#functionCalls += 1;
      const call = { id: functionCallId(this.#functionCalls), function: message.function_call };
      blocks.push(this.#toolUse(call, `${path}.function_call`));
    }
    return marked(blocks, message);
  }

  /** Signed thinking, unchanged; nothing else may be sent back instead (R-XL-1). */
  #thinking(message: JsonObject): JsonObject[] {
    const given = Array.isArray(message.thinking_blocks) ? (message.thinking_blocks as unknown[]) : [];
    const blocks = given.filter(isSignedThinking);
    if (blocks.length < given.length || (given.length === 0 && Boolean(message.reasoning_content))) {
      this.#target.warn('Reasoning of an earlier turn was left out: it has no signature of this vendor.');
    }
    return blocks;
  }

  #toolUse(call: unknown, path: string): JsonObject {
    const called = isJsonObject(call) ? (call.function ?? call.custom) : undefined;
    if (!isJsonObject(call) || !isJsonObject(called) || typeof called.name !== 'string') {
      throw invalid(path, `"${path}" must hold a "function" with a "name".`);
    }
    const id = this.#openCall(idOf(call), called.name, path);
    const input = call.custom === undefined ? callArguments(called.arguments, this.#target) : { input: called.input };
    return { type: 'tool_use', id, name: called.name, input, ...cacheMark(call) };
  }

  #openCall(clientId: string, name: unknown, path: string): string {
    const id = this.#ids.call(clientId);
    this.#open.set(id, path);
    if (typeof name === 'string') this.#calledTools.add(name);
    return id;
  }

  #expectNoOpenCall(): void {
    const [path] = this.#open.values();
    if (path === undefined) return;
    throw invalid(
      path,
      `"${path}" has no tool message that answers it. Every tool call needs one before the next turn.`,
    );
  }
}

/** A cache mark on the whole message is one on its last block; thinking cannot have one. */
function marked(blocks: JsonObject[], message: JsonObject): JsonObject[] {
  const mark = cacheMark(message);
  const last = blocks.findLastIndex(({ type }) => type !== 'thinking' && type !== 'redacted_thinking');
  return mark === undefined || last < 0 ? blocks : blocks.with(last, { ...blocks[last], ...mark });
}

function cacheMark(holder: JsonObject): JsonObject | undefined {
  const cacheControl = cacheControlOf(holder);
  return cacheControl === undefined ? undefined : { cache_control: cacheControl };
}

function idOf({ id }: JsonObject): string {
  return typeof id === 'string' ? id : '';
}

function functionCallId(count: number): string {
  return `function_call_${count}`;
}
