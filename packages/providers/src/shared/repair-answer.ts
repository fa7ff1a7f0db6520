import { isJsonObject, type JsonObject } from '@portico/core';
import { repairArguments } from './repair-tool-calls.js';

/** How a vendor's answers differ from OpenAI's. */
export interface AnswerRules {
  /** The vendor's reasoning is in `reasoning`; it is copied to `reasoning_content`, where clients look for it. */
  readonly reasoningField?: 'reasoning' | undefined;
  /** `content` may be a list of parts or an object where clients expect text. */
  readonly contentParts?: true | undefined;
  /** The vendor's finish reasons, by OpenAI's. */
  readonly finishReasons?: Readonly<Record<string, string>> | undefined;
  /** Whole answers may have null fields, including the finish reason, where OpenAI's have none. */
  readonly emptyFields?: true | undefined;
  /** Reasoning is counted in the total and not in `completion_tokens`, where clients look for it. */
  readonly reasoningBeside?: true | undefined;
  /** The pages on which an answer is based are beside the choices; they are added as annotations too. */
  readonly sources?: true | undefined;
}

/**
 * Changes one choice, whole or of a stream, in place; undefined if a vendor's answers need no repair. True: something
 * was changed.
 */
export type RepairChoice = (choice: JsonObject) => boolean;

/** Created once for a vendor. */
export function repairChoice(rules: AnswerRules): RepairChoice | undefined {
  const repairs: RepairChoice[] = [];
  if (rules.contentParts) repairs.push((choice) => onMessage(choice, flattenContent));
  if (rules.contentParts) repairs.push((choice) => onMessage(choice, repairWholeCalls));
  if (rules.reasoningField) repairs.push((choice) => onMessage(choice, showReasoning));
  if (rules.emptyFields) repairs.push(fillFinish);
  const { finishReasons } = rules;
  if (finishReasons) repairs.push((choice) => translateFinish(choice, finishReasons));
  if (repairs.length === 0) return undefined;
  return (choice) => {
    let changed = false;
    for (const repair of repairs) changed = repair(choice) || changed;
    return changed;
  };
}

/** Adds reasoning that is counted separately from the output, in place. */
export function foldReasoning(usage: JsonObject): void {
  const { prompt_tokens: prompt, completion_tokens: completion, total_tokens: total } = usage;
  const details = usage.completion_tokens_details;
  const reasoning = isJsonObject(details) ? details.reasoning_tokens : undefined;
  if (![prompt, completion, total, reasoning].every((count) => typeof count === 'number')) return;
  const [read, written, all, thought] = [prompt, completion, total, reasoning] as [number, number, number, number]; // just checked
  if (thought > 0 && all === read + written + thought) usage.completion_tokens = written + thought;
}

function onMessage(choice: JsonObject, repair: (message: JsonObject) => boolean): boolean {
  const message = choice.delta ?? choice.message;
  return isJsonObject(message) && repair(message);
}

function showReasoning(message: JsonObject): boolean {
  const { reasoning } = message;
  if (typeof reasoning !== 'string' || reasoning === '' || message.reasoning_content) return false;
  message.reasoning_content = reasoning;
  return true;
}

function flattenContent(message: JsonObject): boolean {
  const { content } = message;
  if (!Array.isArray(content)) {
    if (!isJsonObject(content)) return false;
    // A structured answer that the vendor has already parsed.
    message.content = JSON.stringify(content);
    return true;
  }
  const parts = (content as unknown[]).filter(isJsonObject);
  const thinking = parts.map(thinkingOf).join('');
  message.content = parts.map((part) => (typeof part.text === 'string' ? part.text : '')).join('');
  if (thinking !== '') message.reasoning_content = thinking;
  const signed = parts.flatMap(signedThinking);
  if (signed.length > 0) message.thinking_blocks = signed;
  return true;
}

/** Claude's thoughts on Databricks, which must go back unchanged, in the form in which clients keep them. */
function signedThinking({ summary }: JsonObject): JsonObject[] {
  const pieces = Array.isArray(summary) ? (summary as unknown[]).filter(isJsonObject) : [];
  return pieces.flatMap(({ text, signature }) =>
    typeof signature === 'string' && signature !== '' ? [{ type: 'thinking', thinking: text ?? '', signature }] : [],
  );
}

// Mistral: {type: "thinking", thinking: [{text}]}; Databricks: {type: "reasoning", summary: [{text}]}.
function thinkingOf(part: JsonObject): string {
  const pieces = part.thinking ?? part.summary;
  if (!Array.isArray(pieces)) return '';
  return pieces
    .map((piece: unknown) => (isJsonObject(piece) && typeof piece.text === 'string' ? piece.text : ''))
    .join('');
}

function translateFinish(choice: JsonObject, finishReasons: Readonly<Record<string, string>>): boolean {
  const reason = choice.finish_reason;
  const translated =
    typeof reason === 'string' && Object.hasOwn(finishReasons, reason) ? finishReasons[reason] : undefined;
  if (translated === undefined) return false;
  choice.finish_reason = translated;
  return true;
}

function repairWholeCalls({ tool_calls: calls }: JsonObject): boolean {
  let changed = false;
  for (const call of Array.isArray(calls) ? (calls as unknown[]) : []) {
    if (!isJsonObject(call)) continue;
    changed = repairArguments(call) || changed;
    if (call.type === 'function' || !isJsonObject(call.function)) continue;
    call.type = 'function';
    changed = true;
  }
  return changed;
}

// In a stream an empty reason means that it continues.
function fillFinish(choice: JsonObject): boolean {
  const { message } = choice;
  if (!isJsonObject(message)) return false;
  const calls = (Array.isArray(message.tool_calls) ? (message.tool_calls as unknown[]) : []).filter(isJsonObject);
  for (const [holder, name, sign] of [
    [message, 'function_call', 'name'],
    [message, 'audio', 'id'],
    ...calls.map((call) => [call, 'custom', 'name'] as const),
  ] as const) {
    const held = holder[name];
    if (isJsonObject(held) && held[sign] === '') delete holder[name];
  }
  if (choice.finish_reason === '') choice.finish_reason = calls.length > 0 ? 'tool_calls' : 'stop';
  return true;
}
