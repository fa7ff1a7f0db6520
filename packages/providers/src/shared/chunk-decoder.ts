import { type FailureKind, GatewayError, isJsonObject, type JsonObject } from '@portico/core';
import { type StreamDecoder, type StreamSink, usageOfAnswer } from '@portico/core/provider';
import { ChunkTemplate } from './chunk-template.js';
import { errorFactsOf } from './error-facts.js';
import { parseJson } from './parse-json.js';
import type { RepairChoice } from './repair-answer.js';
import { KnownCalls, repairToolCalls } from './repair-tool-calls.js';

export interface ChunkRules {
  /** Whether the answer is in `choices[].delta` or in `choices[].text`. */
  readonly piece: 'delta' | 'text';
  /** The provider's name, for messages. */
  readonly providerName: string;
  /** The failure of an error in the stream: parsed if it was JSON, and the original text. */
  classify(body: unknown, text: string): GatewayError;
  readonly repair: RepairChoice | undefined;
  /** Changes what is beside the choices, and the choices with it. */
  readonly repairChunk?: ((chunk: JsonObject, isFirst: boolean) => void) | undefined;
  /** Moves counts to where clients look for them, in place. */
  readonly repairUsage?: ((usage: JsonObject) => void) | undefined;
}

/** Finish reasons that mean an interruption: the answer is not complete. */
const FAILED_FINISHES: Readonly<Record<string, FailureKind>> = {
  error: 'upstream_error',
  network_error: 'upstream_error',
  insufficient_system_resource: 'overloaded',
};

/**
 * Reads a stream of OpenAI chunks. Each is parsed once and forwarded as its original text; it is written again only
 * if it must change. With several choices (`n`), each has its own finish reason.
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
      // Usage until then is billed anyway (R-SP-4).
      if (isJsonObject(chunk) && isJsonObject(chunk.usage)) this.#sendUsage(chunk.usage, () => data, out);
      return this.#fail(this.#rules.classify(error ?? chunk, data), out);
    }
    if (!isJsonObject(chunk)) return out.malformed();

    const choices = Array.isArray(chunk.choices) ? (chunk.choices as unknown[]).filter(isJsonObject) : [];
    if (choices.length === 0) {
      // Only usage, or nothing: Azure starts with such a chunk, whose id and model are empty too, and clients
      // that expect a choice in every chunk fail on it.
      if (isJsonObject(chunk.usage)) this.#sendUsage(chunk.usage, (changed) => usageChunk(data, chunk, changed), out);
      return;
    }
    const { repairChunk } = this.#rules;
    repairChunk?.(chunk, this.#head === undefined);
    this.#head ??= headOf(chunk);
    const usage = takeUsage(chunk, choices);
    if (usage !== undefined) {
      this.#sendUsage(usage, () => JSON.stringify({ ...this.#head, choices: [], usage }), out);
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
    // Routers repeat the finish reason in the chunk with usage; a client gets it once.
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
        new GatewayError('upstream_error', `${this.#rules.providerName} ended its stream without an answer.`),
        out,
      );
    }
    if (unfinished.length > 0) {
      if (unfinished.some(([, state]) => hasHalfCall(state))) {
        const what = `${this.#rules.providerName} ended its stream in the middle of a tool call.`;
        return this.#fail(new GatewayError('upstream_error', what), out);
      }
      // The stream is complete, but without a finish reason (f38).
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
    if (typeof reason !== 'string' || !Object.hasOwn(FAILED_FINISHES, reason)) return undefined;
    const kind = FAILED_FINISHES[reason] ?? 'upstream_error';
    return new GatewayError(
      kind,
      `${this.#rules.providerName} ended its answer early with the finish reason "${reason}".`,
    );
  }

  #repair(choice: JsonObject): boolean {
    let changed = false;
    if (this.#rules.piece === 'delta' && !isJsonObject(choice.delta)) {
      // Azure's late content filter results have none, and clients that expect one fail.
      choice.delta = {};
      changed = true;
    }
    if (choice.finish_reason === '') {
      // Clients take any text for the end.
      choice.finish_reason = null;
      changed = true;
    }
    const { tool_calls: calls } = (choice.delta ?? {}) as JsonObject; // just made one if it was not
    if (Array.isArray(calls) && calls.length > 0) {
      const state = this.#stateOf(indexOf(choice));
      state.calls ??= new KnownCalls();
      changed = repairToolCalls(calls, state.calls) || changed;
    }
    return this.#rules.repair === undefined ? changed : this.#rules.repair(choice) || changed;
  }

  #sendUsage(usage: JsonObject, json: (changed: boolean) => string, out: StreamSink): void {
    const { repairUsage } = this.#rules;
    repairUsage?.(usage);
    const read = usageOfAnswer(usage);
    if (read !== undefined) out.usage(read, json(repairUsage !== undefined));
  }

  /** Records one choice; true if it carries a part of the answer. */
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
  /** Its last finish reason; undefined while it is streaming. */
  finish: unknown;
  /** Its tool calls so far. */
  calls: KnownCalls | undefined;
}

function indexOf({ index }: JsonObject): number {
  return typeof index === 'number' ? index : 0;
}

/** Fields of a delta, besides text, that carry a part of the answer. */
const CARRIERS = ['tool_calls', 'function_call', 'audio', 'images', 'annotations', 'reasoning_details'];

/** The error in a chunk, as a body. */
function errorIn(chunk: unknown): unknown {
  if (!isJsonObject(chunk)) return undefined;
  if (chunk.error) return chunk;
  if (isJsonObject(chunk.x_groq) && chunk.x_groq.error) return chunk.x_groq;
  const mayBeBare = !Array.isArray(chunk.choices) && chunk.usage === undefined;
  return mayBeBare && errorFactsOf(chunk) !== undefined ? chunk : undefined;
}

// Data of several lines is legal, but it is forwarded with one `data:`.
function oneLine(data: string, chunk: JsonObject): string {
  return data.includes('\n') ? JSON.stringify(chunk) : data;
}

// Clients expect choices in it, even an empty list.
function usageChunk(data: string, chunk: JsonObject, changed: boolean): string {
  if (Array.isArray(chunk.choices) && !changed) return oneLine(data, chunk);
  return JSON.stringify({ ...chunk, choices: [] });
}

/** Removes usage from a chunk that has content too, so that a client gets it once and only if it asked for it (f40). */
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
