import {
  type FailureKind,
  GatewayError,
  isJsonObject,
  type JsonObject,
  type StreamDecoder,
  type StreamSink,
  usageOfAnswer,
} from '@portico/core';
import { ChunkTemplate } from './chunk-template.js';
import { errorFactsOf } from './error-facts.js';
import { KnownCalls, mendCalls } from './mend-calls.js';
import { parseJson } from './parse-json.js';
import type { RepairChoice } from './repair-answer.js';

export interface ChunkRules {
  /** Whether the answer is in `choices[].delta` or in `choices[].text`. */
  readonly piece: 'delta' | 'text';
  /** The provider's name, for messages. */
  readonly who: string;
  /** Which failure an error inside the stream is: parsed where it was JSON, and as it came. */
  classify(body: unknown, text: string): GatewayError;
  readonly repair: RepairChoice | undefined;
  /** Changes what stands beside the choices, and the choices with it. */
  readonly repairChunk?: ((chunk: JsonObject, isFirst: boolean) => void) | undefined;
  /** Puts counts where clients look for them, in place. */
  readonly repairUsage?: ((usage: JsonObject) => void) | undefined;
}

/** Finish reasons by which vendors say that they broke off: the answer is not complete. */
const BROKEN_FINISHES: Readonly<Record<string, FailureKind>> = {
  error: 'upstream_error',
  network_error: 'upstream_error',
  insufficient_system_resource: 'overloaded',
};

/**
 * Reads a stream of OpenAI chunks. Each is parsed once and handed on as the text it came in; it is written anew only
 * where it must change. Of many choices (`n`), each has its own finish.
 */
export class ChunkDecoder implements StreamDecoder {
  readonly #rules: ChunkRules;
  readonly #choices = new Map<number, ChoiceState>();
  #head: JsonObject | undefined;
  #sawContent = false;
  #over = false;
  readonly #template: ChunkTemplate;

  constructor(rules: ChunkRules) {
    this.#rules = rules;
    this.#template = new ChunkTemplate(rules.piece);
  }

  plainCharacters(event: Uint8Array): number {
    return this.#over ? 0 : this.#template.charactersOf(event);
  }

  event(data: string, name: string | undefined, out: StreamSink): void {
    if (this.#over || data === '') return;
    if (data.startsWith('[DONE]')) return this.#terminal(out);
    const chunk = parseJson(data);
    const error = errorIn(chunk);
    if (name === 'error' || error !== undefined) {
      // What was used until then is billed all the same (R-SP-4).
      if (isJsonObject(chunk) && isJsonObject(chunk.usage)) this.#tellUsage(chunk.usage, () => data, out);
      return this.#fail(this.#rules.classify(error ?? chunk, data), out);
    }
    if (!isJsonObject(chunk)) return out.malformed();

    const choices = Array.isArray(chunk.choices) ? (chunk.choices as unknown[]).filter(isJsonObject) : [];
    if (choices.length === 0) {
      // Nothing but usage, or nothing at all: Azure opens with such a chunk, whose id and model are empty too, and clients
      // that look for a choice in every chunk break on it.
      if (isJsonObject(chunk.usage)) this.#tellUsage(chunk.usage, (changed) => usageChunk(data, chunk, changed), out);
      return;
    }
    const { repairChunk } = this.#rules;
    repairChunk?.(chunk, this.#head === undefined);
    this.#head ??= headOf(chunk);
    const usage = takeUsage(chunk, choices);
    if (usage !== undefined) {
      this.#tellUsage(usage, () => JSON.stringify({ ...this.#head, choices: [], usage }), out);
    }
    let changed = usage !== undefined || repairChunk !== undefined;
    let content = false;
    for (const choice of choices) {
      const failure = this.#failureIn(choice);
      if (failure !== undefined) return this.#fail(failure, out);
      changed = this.#repair(choice) || changed;
      content = this.#read(choice, out) || content;
    }
    this.#sawContent ||= content;
    // Routers repeat the finish in the chunk that brings usage; a client is told once.
    if (!changed && choices.length === 1 && this.#choices.size === 1)
      this.#template.learn(data, choices[0] as JsonObject);
    const repeats = usage !== undefined && !content && this.#unfinished().length === 0;
    if (!repeats) out.chunk(changed ? JSON.stringify(chunk) : oneLine(data, chunk), content);
  }

  end(out: StreamSink): void {
    // Not every vendor sends [DONE]; an answer whose every choice has its finish reason is complete without (f37).
    if (this.#over || this.#choices.size === 0 || this.#unfinished().length > 0) return;
    this.#done(out);
  }

  #terminal(out: StreamSink): void {
    const unfinished = this.#unfinished();
    if (!this.#sawContent) {
      return this.#fail(
        new GatewayError('upstream_error', `${this.#rules.who} ended its stream without an answer.`),
        out,
      );
    }
    if (unfinished.length > 0) {
      if (unfinished.some(([, state]) => hasHalfCall(state))) {
        const what = `${this.#rules.who} ended its stream in the middle of a tool call.`;
        return this.#fail(new GatewayError('upstream_error', what), out);
      }
      // The stream says that it is whole, but not why it ended (f38).
      out.chunk(JSON.stringify({ ...this.#head, choices: unfinished.map(this.#finish) }), true);
    }
    this.#done(out);
  }

  readonly #finish = ([index, { calls }]: readonly [number, ChoiceState]): JsonObject => ({
    index,
    ...(this.#rules.piece === 'delta' ? { delta: {} } : { text: '' }),
    finish_reason: calls === undefined ? 'stop' : 'tool_calls',
  });

  #unfinished(): [number, ChoiceState][] {
    return [...this.#choices].filter(([, state]) => state.finish === undefined);
  }

  #done(out: StreamSink): void {
    this.#over = true;
    out.done();
  }

  #fail(failure: GatewayError, out: StreamSink): void {
    this.#over = true;
    out.fail(failure);
  }

  #failureIn(choice: JsonObject): GatewayError | undefined {
    if (choice.error) return this.#rules.classify({ error: choice.error }, '');
    const reason = choice.finish_reason;
    if (typeof reason !== 'string' || !Object.hasOwn(BROKEN_FINISHES, reason)) return undefined;
    const kind = BROKEN_FINISHES[reason] ?? 'upstream_error';
    return new GatewayError(kind, `${this.#rules.who} broke off its answer with the finish reason "${reason}".`);
  }

  #repair(choice: JsonObject): boolean {
    let changed = false;
    if (this.#rules.piece === 'delta' && !isJsonObject(choice.delta)) {
      // Azure's late findings of its content filter come without one, and clients that look for it break.
      choice.delta = {};
      changed = true;
    }
    const { tool_calls: calls } = (choice.delta ?? {}) as JsonObject; // just made one where it was none
    if (Array.isArray(calls) && calls.length > 0) {
      const state = this.#stateOf(indexOf(choice));
      state.calls ??= new KnownCalls();
      changed = mendCalls(calls, state.calls) || changed;
    }
    return this.#rules.repair === undefined ? changed : this.#rules.repair(choice) || changed;
  }

  #tellUsage(usage: JsonObject, json: (changed: boolean) => string, out: StreamSink): void {
    const { repairUsage } = this.#rules;
    repairUsage?.(usage);
    const read = usageOfAnswer(usage);
    if (read !== undefined) out.usage(read, json(repairUsage !== undefined));
  }

  /** Takes note of one choice; true where it carries a part of the answer. */
  #read(choice: JsonObject, out: StreamSink): boolean {
    const state = this.#stateOf(indexOf(choice));
    const finishes = Boolean(choice.finish_reason) && choice.finish_reason !== state.finish;
    if (finishes) state.finish = choice.finish_reason;
    const piece = (this.#rules.piece === 'delta' ? choice.delta : choice) as JsonObject; // `#repair` made the delta an object
    const characters =
      lengthOf(piece.content) +
      (lengthOf(piece.reasoning_content) || lengthOf(piece.reasoning)) +
      lengthOf(piece.refusal) +
      lengthOf(piece.text) +
      noteCalls(piece, state);
    if (characters > 0) out.produced(characters);
    return characters > 0 || finishes || CARRIERS.some((name) => isFilled(piece[name]));
  }

  #stateOf(index: number): ChoiceState {
    let state = this.#choices.get(index);
    if (state === undefined) {
      state = { finish: undefined, calls: undefined };
      this.#choices.set(index, state);
    }
    return state;
  }
}

interface ChoiceState {
  /** Its last finish reason; undefined while it goes on. */
  finish: unknown;
  /** Its tool calls so far. */
  calls: KnownCalls | undefined;
}

function indexOf({ index }: JsonObject): number {
  return typeof index === 'number' ? index : 0;
}

/** Fields of a delta, besides text, that carry a part of the answer. */
const CARRIERS = ['tool_calls', 'function_call', 'audio', 'images', 'annotations', 'reasoning_details'];

/** The error that a chunk is instead of an answer, as a body. */
function errorIn(chunk: unknown): unknown {
  if (!isJsonObject(chunk)) return undefined;
  if (chunk.error) return chunk;
  if (isJsonObject(chunk.x_groq) && chunk.x_groq.error) return chunk.x_groq;
  const mayBeBare = !Array.isArray(chunk.choices) && chunk.usage === undefined;
  return mayBeBare && errorFactsOf(chunk) !== undefined ? chunk : undefined;
}

// Data of several lines is legal, but it leaves here behind one `data:`.
function oneLine(data: string, chunk: JsonObject): string {
  return data.includes('\n') ? JSON.stringify(chunk) : data;
}

// Clients look for choices in it, be they none.
function usageChunk(data: string, chunk: JsonObject, changed: boolean): string {
  if (Array.isArray(chunk.choices) && !changed) return oneLine(data, chunk);
  return JSON.stringify({ ...chunk, choices: [] });
}

/** Takes the usage out of a chunk that carries content too, so that a client sees it once and only if it asked (f40). */
function takeUsage(chunk: JsonObject, choices: readonly JsonObject[]): JsonObject | undefined {
  let found: JsonObject | undefined;
  for (const choice of choices) found = takeFrom(choice) ?? found;
  if (isJsonObject(chunk.x_groq)) found = takeFrom(chunk.x_groq) ?? found;
  return takeFrom(chunk) ?? found;
}

function takeFrom(holder: JsonObject): JsonObject | undefined {
  const { usage } = holder;
  if (!isJsonObject(usage)) return undefined;
  delete holder.usage;
  return usage;
}

function headOf({ id, object, created, model }: JsonObject): JsonObject {
  return { id, object, created, model };
}

function noteCalls(piece: JsonObject, state: ChoiceState): number {
  if (isJsonObject(piece.function_call)) return lengthOf(piece.function_call.arguments);
  if (!Array.isArray(piece.tool_calls)) return 0;
  let characters = 0;
  for (const call of piece.tool_calls as unknown[]) {
    if (!isJsonObject(call)) continue;
    const text = isJsonObject(call.function) ? call.function.arguments : undefined;
    if (typeof text !== 'string') continue;
    characters += text.length;
    if (typeof call.index === 'number') {
      state.calls?.texts.set(call.index, (state.calls.texts.get(call.index) ?? '') + text);
    }
  }
  return characters;
}

function hasHalfCall({ calls }: ChoiceState): boolean {
  return calls !== undefined && [...calls.texts.values()].some((text) => text !== '' && parseJson(text) === undefined);
}

function lengthOf(value: unknown): number {
  return typeof value === 'string' ? value.length : 0;
}

function isFilled(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : isJsonObject(value);
}
