import type { Call } from '../call.js';
import { isJsonObject } from '../encoding/json.js';
import type { StickyKey } from '../routes/strategy.js';

/** What related calls have in common. The principal is always part of it: caches are not shared between principals. */
export function stickyKeyOf(call: Call, kind: StickyKey): string {
  const { body, principal } = call;
  if (kind === 'principal') return principal.id;
  if (kind === 'session') return JSON.stringify([principal.id, sessionOf(call)]);
  const messages = Array.isArray(body.messages) ? body.messages : Array.isArray(body.input) ? body.input : [];
  const text = new ResumeState();
  for (const part of [body.system, body.instructions, body.tools, ...(messages as unknown[]).slice(0, 2)])
    text.add(part);
  // Written so that no two owners and prompts are one text, and no user is taken for a team of that name.
  const owner = principal.team === undefined ? { user: principal.id } : { team: principal.team };
  return `${JSON.stringify(owner)}${text.written}`;
}

function sessionOf({ body, headers }: Call): string | undefined {
  const { metadata } = body;
  const named = isJsonObject(metadata) ? metadata.session_id : undefined;
  for (const id of [headers.get('x-session-id'), named, body.prompt_cache_key, body.user]) {
    if (typeof id === 'string' && id !== '') return id;
  }
  return undefined;
}

/** Vendors cache prompts in blocks of about a thousand tokens: later text does not distinguish conversations. */
const ENOUGH = 4_000;

class ResumeState {
  written = '';

  add(value: unknown): void {
    if (this.written.length >= ENOUGH) return;
    if (typeof value === 'string') this.written += value.slice(0, ENOUGH - this.written.length);
    else if (Array.isArray(value)) for (const item of value) this.add(item);
    else if (isJsonObject(value)) for (const key in value) this.add(value[key]);
  }
}
