import { isJsonObject, type JsonObject } from '@portico/core';

/** What a vendor's answers spell differently from OpenAI's. */
export interface AnswerRules {
  /** The vendor's reasoning is in `reasoning`; it is given as `reasoning_content` too, which is what clients look for. */
  readonly reasoningField?: 'reasoning' | undefined;
  /** `content` may be a list of parts or an object where clients expect text. */
  readonly contentParts?: true | undefined;
  /** The vendor's finish reasons, by OpenAI's. */
  readonly finishReasons?: Readonly<Record<string, string>> | undefined;
}

/** Changes one choice, whole or of a stream, in place; undefined where a vendor's answers need no repair. True: something was changed. */
export type RepairChoice = (choice: JsonObject) => boolean;

/** Made once for a vendor. */
export function repairChoice(rules: AnswerRules): RepairChoice | undefined {
  const repairs: RepairChoice[] = [];
  if (rules.contentParts) repairs.push((choice) => onMessage(choice, flattenContent));
  if (rules.reasoningField) repairs.push((choice) => onMessage(choice, showReasoning));
  const { finishReasons } = rules;
  if (finishReasons) repairs.push((choice) => translateFinish(choice, finishReasons));
  if (repairs.length === 0) return undefined;
  return (choice) => {
    let changed = false;
    for (const repair of repairs) changed = repair(choice) || changed;
    return changed;
  };
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
  return true;
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
