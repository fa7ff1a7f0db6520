import { isJsonObject, type JsonObject } from '@portico/core';
import { invalid } from '../shared/drop-parameter.js';

/** A conversation as one prompt, which these models accept: turns after the first are labelled with their role. */
export function promptFromChat(messages: readonly JsonObject[]): JsonObject {
  const system: string[] = [];
  const turns: { readonly providerName: string; readonly text: string }[] = [];
  for (const [index, { role, content }] of messages.entries()) {
    const text = textOf(content, `messages[${index}]`);
    if (role === 'system' || role === 'developer') system.push(text);
    else turns.push({ providerName: role === 'assistant' ? 'Assistant' : 'User', text });
  }
  const [only, ...more] = turns;
  const told = turns.map(({ providerName, text }) => `${providerName}: ${text}`).join('\n\n');
  return {
    prompt: more.length === 0 ? (only?.text ?? '') : `${told}\n\nAssistant:`,
    ...(system.length > 0 ? { system_prompt: system.join('\n\n') } : {}),
  };
}

function textOf(content: unknown, path: string): string {
  if (content === null || content === undefined) return '';
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) throw invalid(`${path}.content`, `"${path}.content" must be text or a list of parts.`);
  return (content as unknown[])
    .map((part, index) => {
      if (isJsonObject(part) && typeof part.text === 'string') return part.text;
      throw invalid(
        `${path}.content[${index}]`,
        `"${path}.content[${index}]" must be text: the API accepts nothing else.`,
      );
    })
    .join('');
}
