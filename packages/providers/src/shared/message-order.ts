import { isJsonObject, type JsonObject } from '@portico/core';
import type { EncodeTarget } from '@portico/core/provider';

// Chat templates of models accept roles in certain orders only, and servers refuse the others.

/** What stands between a result of a tool and the next message of the user. The shortest that the model could say. */
const ACKNOWLEDGED = { role: 'assistant', content: 'OK' };

/** Adds a message of the assistant wherever the user's follows that of a tool. */
export function separateUserFromTool(body: JsonObject): void {
  if (!Array.isArray(body.messages)) return;
  const messages = body.messages as unknown[];
  const follows = (message: unknown, at: number) => roleOf(message) === 'user' && roleOf(messages[at - 1]) === 'tool';
  if (!messages.some(follows)) return;
  body.messages = messages.flatMap((message, at) => (follows(message, at) ? [ACKNOWLEDGED, message] : [message]));
}

/**
 * Leaves one system message, at the beginning: those that follow it directly are joined with it, and a later one
 * becomes the user's, in its place, joined with the user's message beside it: some templates want the roles to
 * alternate.
 */
export function keepSystemFirst(body: JsonObject, target: EncodeTarget): void {
  if (!Array.isArray(body.messages)) return;
  const messages = body.messages as unknown[];
  if (!messages.some((message, at) => at > 0 && isSystem(message))) return;
  const kept: unknown[] = [];
  let joinsNext = false;
  for (const message of messages) {
    const last = kept.at(-1);
    const isLater = isSystem(message) && !(kept.length === 0 || (kept.length === 1 && isSystem(last)));
    if (isLater)
      target.warn('A later system message became one of the user: the model takes one only at the beginning.');
    const told = isLater ? { ...(message as JsonObject), role: 'user' } : message; // a system message is an object
    const role = roleOf(told);
    const joins =
      isJsonObject(last) && roleOf(last) === role && (role === 'system' || (role === 'user' && (isLater || joinsNext)));
    if (joins)
      kept[kept.length - 1] = joined(last, told as JsonObject); // has a role, so it is an object
    else kept.push(told);
    joinsNext = isLater;
  }
  body.messages = kept;
}

/** Two messages of the same role as one. */
export function joined(first: JsonObject, second: JsonObject): JsonObject {
  const [before, after] = [first.content, second.content];
  if (typeof before === 'string' && typeof after === 'string') return { ...first, content: `${before}\n\n${after}` };
  return { ...first, content: [...partsOf(before), ...partsOf(after)] };
}

function partsOf(content: unknown): unknown[] {
  if (Array.isArray(content)) return content;
  return typeof content === 'string' && content !== '' ? [{ type: 'text', text: content }] : [];
}

function isSystem(message: unknown): boolean {
  const role = roleOf(message);
  return role === 'system' || role === 'developer';
}

function roleOf(message: unknown): unknown {
  return isJsonObject(message) ? message.role : undefined;
}
