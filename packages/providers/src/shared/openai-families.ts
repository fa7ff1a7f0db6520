import { isJsonObject, type JsonObject } from '@portico/core';
import type { EncodeTarget } from '@portico/core/provider';
import { dropOrRefuse } from './request-edits.js';

/** What a family of OpenAI's models supports. */
interface OpenAiFamily {
  /** Matches names that are this, or begin with this and a hyphen. */
  readonly prefix: string;
  /** Whether it reasons if the request does not set it; `'never'` if it cannot. */
  readonly reasons: 'by default' | 'when asked' | 'never';
  /** Whether `reasoning_effort: "none"` is accepted. */
  readonly canDisable: boolean;
  /** False if `stop` is rejected. */
  readonly stop?: false;
}

/** First match wins. Found by an independent client library against the live API in July 2026. */
const FAMILIES: readonly OpenAiFamily[] = [
  family('gpt-5.6', 'by default', true),
  family('gpt-5.5-pro', 'by default', false),
  family('gpt-5.5', 'by default', true),
  family('gpt-5.4-pro', 'by default', false),
  family('gpt-5.4', 'when asked', true),
  family('gpt-5.3-chat', 'by default', false),
  family('gpt-5.3', 'when asked', true),
  family('gpt-5.2-pro', 'by default', false),
  family('gpt-5.2-chat', 'by default', false),
  family('gpt-5.2', 'when asked', true),
  family('gpt-5.1-chat', 'by default', false),
  family('gpt-5.1-codex', 'by default', false),
  family('gpt-5.1', 'when asked', true),
  family('gpt-5-chat', 'never', false),
  family('gpt-5', 'by default', false),
  { ...family('o1-mini', 'by default', false), stop: false },
  family('o1', 'by default', false),
  family('o3-mini', 'by default', false),
  { ...family('o3', 'by default', false), stop: false },
  { ...family('o4-mini', 'by default', false), stop: false },
];

/** What reasoning models reject, and the default value that is accepted. */
const SAMPLING: readonly (readonly [name: string, neutral: unknown])[] = [
  ['temperature', 1],
  ['top_p', 1],
  ['presence_penalty', 0],
  ['frequency_penalty', 0],
  ['logit_bias', undefined],
  ['logprobs', false],
  ['top_logprobs', 0],
];

/**
 * Adapts a chat request to the family of OpenAI's model: `max_tokens` by its current name, and no sampling parameters
 * while it reasons. Requests to models that the table does not have are not changed.
 */
export function adaptToOpenAiFamily(body: JsonObject, target: EncodeTarget, providerName: string): void {
  const { baseModel } = target;
  if (/^(?:gpt-5|o\d)/.test(baseModel)) renameMaxTokens(body);
  const found = FAMILIES.find(({ prefix }) => baseModel === prefix || baseModel.startsWith(`${prefix}-`));
  if (found === undefined) return;
  if (found.stop === false && hasValue(body.stop)) {
    dropOrRefuse(body, 'stop', target, providerName, `is not accepted by ${baseModel}`);
  }
  if (!isReasoning(found, body.reasoning_effort)) return;
  for (const [name, neutral] of SAMPLING) {
    const value = body[name];
    if (!hasValue(value) || value === neutral) continue;
    dropOrRefuse(body, name, target, providerName, `is not accepted by ${baseModel} while it reasons`);
  }
}

function family(prefix: string, reasons: OpenAiFamily['reasons'], canDisable: boolean): OpenAiFamily {
  return { prefix, reasons, canDisable };
}

function renameMaxTokens(body: JsonObject): void {
  const { max_tokens: maxTokens } = body;
  if (maxTokens === undefined) return;
  delete body.max_tokens;
  body.max_completion_tokens ??= maxTokens;
}

function isReasoning({ reasons, canDisable }: OpenAiFamily, effort: unknown): boolean {
  if (reasons === 'never') return false;
  if (effort === undefined || effort === null) return reasons === 'by default';
  return !(effort === 'none' && canDisable);
}

function hasValue(value: unknown): boolean {
  if (value === undefined || value === null) return false;
  return !isJsonObject(value) || Object.keys(value).length > 0;
}
