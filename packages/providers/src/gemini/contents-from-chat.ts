import { isJsonObject, type JsonObject } from '@portico/core';
import type { EncodeTarget } from '@portico/core/provider';
import { append } from '../shared/append.js';
import { callArguments } from '../shared/call-arguments.js';
import { invalid } from '../shared/drop-parameter.js';
import type { GeminiVariant } from './gemini-variant.js';
import type { ModelFamily } from './model-families.js';
import { filePart, partsOfContent, textParts } from './parts-from-chat.js';
import { callIdsOf, replayedParts } from './replayed-parts.js';
import { signedTextParts } from './signed-text.js';
import { NO_SIGNATURE, plainCallId, signatureOfField, signatureOfPart } from './thought-signatures.js';

/**
 * A conversation in the format of this API: instructions separately, then alternating turns that begin with the user.
 */
export interface Conversation {
  readonly instructions: readonly JsonObject[];
  readonly contents: readonly Turn[];
}

interface Turn {
  readonly role: 'user' | 'model';
  readonly parts: readonly JsonObject[];
}

/** A placeholder where the API requires user text and the client has none. */
const PLACEHOLDER: JsonObject = { text: '.' };

/**
 * Reads the messages of a chat. Neighbours with one role become one turn; tool results are moved to the beginning of
 * the turn after their calls and in the order of those, because older models match them only by order.
 * `ownInstruction` is an additional one, not from a message.
 */
export function contentsFromChat(
  messages: readonly JsonObject[],
  family: ModelFamily,
  variant: GeminiVariant,
  target: EncodeTarget,
  ownInstruction?: string,
): Conversation {
  const draft = new Draft(family, variant, target);
  if (ownInstruction !== undefined) draft.instruct({ content: ownInstruction }, '');
  for (const [index, message] of messages.entries()) {
    const path = `messages[${index}]`;
    switch (message.role) {
      case 'system':
      case 'developer':
        draft.instruct(message, path);
        break;
      case 'user':
        draft.user(message, path);
        break;
      case 'assistant':
        draft.model(message, path);
        break;
      case 'tool':
      case 'function':
        draft.result(message, path);
        break;
      default:
        throw invalid(`${path}.role`, `"${path}.role" must be system, developer, user, assistant or tool.`);
    }
  }
  return draft.finish();
}

/** A turn that is being built. Results of calls come before everything else of the next turn. */
interface OpenTurn {
  readonly role: Turn['role'];
  readonly parts: JsonObject[];
  /** Results by the index of their call; files in results that the model only accepts beside them. */
  readonly results: JsonObject[];
  readonly resultFiles: JsonObject[];
  /** Whether a part of it is a tool call. */
  calls: boolean;
}

interface OpenCall {
  /** The client's id, without a signature in it. */
  readonly id: string;
  /** The id in the API's own call, which the result repeats; undefined if it has none. */
  readonly wireId: string | undefined;
  readonly name: string;
  /** Where the client made the call. */
  readonly path: string;
  isAnswered: boolean;
}

class Draft {
  readonly #family: ModelFamily;
  readonly #variant: GeminiVariant;
  readonly #target: EncodeTarget;
  readonly #instructions: JsonObject[] = [];
  readonly #turns: OpenTurn[] = [];
  /** The calls of the latest turn of the model. */
  #calls: OpenCall[] = [];
  /** Where they are in `#calls`, and how many of an id have their result: two calls may have one id. */
  readonly #placesById = new Map<string, { readonly places: number[]; answered: number }>();
  /** Deprecated `function_call`s have no id; they are counted instead. */
  #functionCalls = 0;

  constructor(family: ModelFamily, variant: GeminiVariant, target: EncodeTarget) {
    this.#family = family;
    this.#variant = variant;
    this.#target = target;
  }

  instruct(message: JsonObject, path: string): void {
    const parts = partsOfContent(message.content, `${path}.content`, this.#variant);
    if (parts.some(({ text }) => text === undefined)) {
      throw invalid(`${path}.content`, `"${path}.content" must be text: this API accepts no files as instructions.`);
    }
    if (parts.length > 0 && this.#turns.length > 0) {
      this.#target.warn('A system message in the middle was moved to the beginning.');
    }
    append(this.#instructions, parts);
  }

  user(message: JsonObject, path: string): void {
    append(this.#userTurn().parts, partsOfContent(message.content, `${path}.content`, this.#variant));
    if (typeof message.name === 'string') this.#target.warn('The "name" of a user was left out: this API has none.');
  }

  model(message: JsonObject, path: string): void {
    const last = this.#turns.at(-1);
    const isNext = last?.role === 'model';
    if (!isNext) this.#closeCalls();
    const parts = this.#modelParts(message, path);
    if (parts.length === 0) return;
    const calls = parts.some((part) => part.functionCall);
    if (isNext) {
      append(last.parts, parts);
      last.calls ||= calls;
      return;
    }
    if (this.#turns.length === 0) this.#userTurn();
    this.#turns.push({ role: 'model', parts, results: [], resultFiles: [], calls });
  }

  result(message: JsonObject, path: string): void {
    const clientId = message.role === 'function' ? functionCallId(this.#functionCalls) : message.tool_call_id;
    const id = typeof clientId === 'string' ? plainCallId(clientId) : undefined;
    const waiting = id === undefined ? undefined : this.#placesById.get(id);
    const place = waiting?.places[waiting.answered] ?? -1;
    const call = this.#calls[place];
    if (waiting === undefined || call === undefined) {
      throw invalid(`${path}.tool_call_id`, `"${path}" answers no tool call of the assistant message before it.`);
    }
    call.isAnswered = true;
    waiting.answered += 1;
    const { texts, files } = this.#resultParts(message.content, `${path}.content`);
    // Always text, even if it looks like data: the tool returned text.
    const told = texts.length > 1 ? texts : (texts[0] ?? '');
    const turn = this.#userTurn();
    turn.results[place] = {
      functionResponse: {
        ...(call.wireId === undefined ? {} : { id: call.wireId }),
        name: call.name,
        response: message.is_error === true ? { error: told } : { result: told },
        ...(this.#family.mediaInResults && files.length > 0 ? { parts: files } : {}),
      },
    };
    if (!this.#family.mediaInResults) append(turn.resultFiles, files);
  }

  finish(): Conversation {
    this.#closeCalls();
    if (this.#turns.length === 0) this.#userTurn();
    const hasOwnPlace = this.#family.systemInstruction;
    const first = this.#turns[0];
    const contents = this.#turns.map((turn): Turn => {
      const { role, parts, results, resultFiles } = turn;
      const before = turn === first && !hasOwnPlace ? this.#instructions : [];
      const all = [...results, ...resultFiles, ...before, ...parts];
      return { role, parts: all.length > 0 ? all : [PLACEHOLDER] };
    });
    return { instructions: hasOwnPlace ? this.#instructions : [], contents };
  }

  #userTurn(): OpenTurn {
    const last = this.#turns.at(-1);
    if (last?.role === 'user') return last;
    const turn: OpenTurn = { role: 'user', parts: [], results: [], resultFiles: [], calls: false };
    this.#turns.push(turn);
    return turn;
  }

  #modelParts(message: JsonObject, path: string): JsonObject[] {
    if (Array.isArray(message.thinking_blocks) && message.thinking_blocks.length > 0) {
      this.#target.warn("Reasoning of an earlier turn was left out: it is signed by another vendor's model.");
    }
    const replayed = replayedParts(message);
    const parts = replayed === undefined ? this.#rebuiltParts(message, path) : this.#replay(replayed, message, path);
    return this.#family.signsCalls ? this.#signed(parts) : parts;
  }

  #replay(parts: readonly JsonObject[], message: JsonObject, path: string): JsonObject[] {
    const ids = callIdsOf(message);
    let calls = 0;
    for (const { functionCall } of parts) {
      if (!isJsonObject(functionCall)) continue;
      const { id, name } = functionCall;
      const wireId = typeof id === 'string' ? id : undefined;
      // The names are those of `tool_calls`.
      this.#addCall({ id: ids[calls] ?? '', wireId, name: name as string, path, isAnswered: false });
      calls += 1;
    }
    const images = listOf(message.images);
    return parts
      .filter((part) => part.thought !== true || signatureOfPart(part) !== undefined)
      .map((part) =>
        typeof part.image === 'number' ? this.#imagePart(images[part.image], `${path}.images[${part.image}]`) : part,
      );
  }

  #rebuiltParts(message: JsonObject, path: string): JsonObject[] {
    const { provider_specific_fields: own } = message;
    const content = message.content ?? '';
    const parts =
      typeof content === 'string'
        ? signedTextParts(content, isJsonObject(own) ? own.text_signatures : undefined)
        : partsOfContent(content, `${path}.content`, this.#variant);
    if (typeof message.refusal === 'string') parts.push(...textParts(message.refusal));
    for (const [index, image] of listOf(message.images).entries()) {
      parts.push(this.#imagePart(image, `${path}.images[${index}]`));
    }
    for (const [index, call] of listOf(message.tool_calls).entries()) {
      parts.push(this.#callPart(call, `${path}.tool_calls[${index}]`));
    }
    if (isJsonObject(message.function_call)) {
      this.#functionCalls += 1;
      const call = { id: functionCallId(this.#functionCalls), function: message.function_call };
      parts.push(this.#callPart(call, `${path}.function_call`));
    }
    return parts;
  }

  /** An image of an earlier answer, as `answer-to-chat.ts` sent it. */
  #imagePart(image: unknown, path: string): JsonObject {
    const url = isJsonObject(image) && isJsonObject(image.image_url) ? image.image_url.url : undefined;
    if (!isJsonObject(image) || typeof url !== 'string') {
      throw invalid(path, `"${path}" must hold an "image_url" with a "url".`);
    }
    return withSignature(filePart(url, undefined, `${path}.image_url.url`, this.#variant), signatureOfField(image));
  }

  #callPart(call: unknown, path: string): JsonObject {
    const called = isJsonObject(call) ? (call.function ?? call.custom) : undefined;
    if (!isJsonObject(call) || !isJsonObject(called) || typeof called.name !== 'string') {
      throw invalid(path, `"${path}" must hold a "function" with a "name".`);
    }
    const id = typeof call.id === 'string' ? plainCallId(call.id) : '';
    const wireId = this.#family.signsCalls && id !== '' ? id : undefined;
    this.#addCall({ id, wireId, name: called.name, path, isAnswered: false });
    const args = call.custom === undefined ? callArguments(called.arguments, this.#target) : { input: called.input };
    const functionCall = { ...(wireId === undefined ? {} : { id: wireId }), name: called.name, args };
    return withSignature({ functionCall }, signatureOfField(call));
  }

  /** The first call of a turn must have its signature; if the client lost it, the vendor is asked to skip the check. */
  #signed(parts: JsonObject[]): JsonObject[] {
    const first = parts.findIndex(({ functionCall }) => isJsonObject(functionCall));
    const call = parts[first];
    const last = this.#turns.at(-1);
    const isLater = last?.role === 'model' && last.calls;
    if (call === undefined || isLater || signatureOfPart(call) !== undefined) return parts;
    this.#target.warn(
      'An earlier tool call came back without its thought signature; the model continues without its earlier thoughts.',
    );
    return parts.with(first, withSignature(call, NO_SIGNATURE));
  }

  #closeCalls(): void {
    const open = this.#calls.find((call) => !call.isAnswered);
    if (open !== undefined) {
      throw invalid(
        open.path,
        `"${open.path}" has no tool message that answers it. Every tool call needs one before the next turn.`,
      );
    }
    this.#calls = [];
    this.#placesById.clear();
  }

  #addCall(call: OpenCall): void {
    const same = this.#placesById.get(call.id);
    if (same === undefined) this.#placesById.set(call.id, { places: [this.#calls.length], answered: 0 });
    else same.places.push(this.#calls.length);
    this.#calls.push(call);
  }

  #resultParts(content: unknown, path: string): { texts: string[]; files: JsonObject[] } {
    if (typeof content === 'string') return { texts: [content], files: [] };
    const parts = partsOfContent(content, path, this.#variant);
    const texts = parts.flatMap(({ text }) => (typeof text === 'string' ? [text] : []));
    return { texts, files: parts.filter(({ text }) => text === undefined) };
  }
}

function withSignature(part: JsonObject, thoughtSignature: string | undefined): JsonObject {
  return thoughtSignature === undefined ? part : { ...part, thoughtSignature };
}

function functionCallId(count: number): string {
  return `function_call_${count}`;
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
